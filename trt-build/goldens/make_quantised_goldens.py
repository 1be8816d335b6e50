"""Makes the committed quantised goldens: how large activations become, and what is computed when they and the weights are E4M3.

    python make_quantised_goldens.py             all sets
    python make_quantised_goldens.py --check     does transformers still answer as committed?

Needs make_goldens.py's packages; writes to ../src/test/resources/goldens/quantised. The conversations are those of the tiny
checkpoints. `largest:LAYER` is the largest magnitude in the layer's input over one conversation. The others are FP32
arithmetic in which every linear layer (but the patch embedding) has weights in torch.float8_e4m3fn with a scale for each
output channel, and inputs in torch.float8_e4m3fn with one scale, largest / 448.
"""

import sys

import torch
import transformers
from safetensors.torch import load_file, save_file

import make_goldens as base

OUT = base.OUT / "quantised"
NAMES = ["tiny-f32", "tiny-bf16", "tiny-fp8", "tiny-fp8-ragged"]
LARGEST = 448


def fp8(values, scale):
    return (values / scale).clamp(-LARGEST, LARGEST).to(torch.float8_e4m3fn).float() * scale


def linears(model):
    return {name: module for name, module in model.named_modules() if isinstance(module, torch.nn.Linear)}


def conversation(model, golden):
    """The golden's pictures and tokens, and then the tokens that were decoded, one by one."""
    sizes = model.config.vision_config
    patch_size = sizes.in_channels * sizes.temporal_patch_size * sizes.patch_size**2
    grid, ids = golden["grids"], golden["ids"][None]
    picture = torch.cat([base.pixels(int(r * c), patch_size, seed) for seed, (_, r, c) in enumerate(grid)])
    with torch.no_grad():
        seen = model.model.visual(picture, grid_thw=grid, return_dict=True)
        step = model(
            input_ids=ids, pixel_values=picture, image_grid_thw=grid, logits_to_keep=1,
            mm_token_type_ids=(ids == model.config.image_token_id).long(), use_cache=True)  # fmt: skip
        answers = {
            "features": torch.stack([seen.pooler_output, *seen.deepstack_features]),
            "prefill_logits": step.logits[0, -1],
        }
        logits = []
        for token in golden["decode_tokens"]:
            step = model(input_ids=token.view(1, 1), past_key_values=step.past_key_values, use_cache=True)
            logits.append(step.logits[0, -1])
    return answers | {"decode_logits": torch.stack(logits)}


def answers(name):
    golden = load_file(base.OUT / name / "golden.safetensors")
    model = base.model_from(base.OUT / name)
    largest = {}

    def observe(linear):
        def hook(module, args):
            largest[linear] = max(largest.get(linear, 0.0), args[0].abs().max().item())

        return hook

    hooks = [module.register_forward_pre_hook(observe(linear)) for linear, module in linears(model).items()]
    conversation(model, golden)
    for hook in hooks:
        hook.remove()
    for linear, module in linears(model).items():
        scale = torch.tensor(largest[linear]) / LARGEST
        weight = module.weight.detach()
        module.weight = torch.nn.Parameter(fp8(weight, weight.abs().amax(dim=1, keepdim=True) / LARGEST))
        module.register_forward_pre_hook(lambda module, args, scale=scale: (fp8(args[0], scale),))
    told = {"largest:" + linear: torch.tensor(value) for linear, value in largest.items()}
    return {k: v.clone().contiguous() for k, v in (told | conversation(model, golden)).items()}


def distance(now, committed):
    return ((now - committed).norm() / committed.norm()).item()


def check():
    """A number at the edge between two of E4M3 may fall to either side when sums are added in another order, and all that is
    computed from it moves with it: so some sets are equal, and the others as far off as quantising goes at most."""
    moved = []
    for name in NAMES:
        committed, now = load_file(OUT / f"{name}.safetensors"), answers(name)
        assert committed.keys() == now.keys(), name
        for key in committed:
            if key.startswith("largest:") and distance(now[key], committed[key]) > 1e-4:
                raise SystemExit(f"{name}: {key} is {now[key]}, committed {committed[key]}")
        moved.append(max(distance(now[key], committed[key]) for key in ("prefill_logits", "decode_logits")))
        print(name, f"{moved[-1]:.2g} from the committed, transformers", transformers.__version__)
    if min(moved) > 1e-4 or max(moved) > 0.25:
        raise SystemExit("none is as committed, or one is far off")


def main():
    torch.set_num_threads(1)
    if sys.argv[1:] == ["--check"]:
        check()
        return
    OUT.mkdir(parents=True, exist_ok=True)
    versions = {"torch": torch.__version__, "transformers": transformers.__version__}
    for name in NAMES:
        golden = load_file(base.OUT / name / "golden.safetensors")
        quantised = answers(name)
        save_file(quantised, OUT / f"{name}.safetensors", metadata=versions)
        exact, stored = golden["prefill_logits"], quantised["prefill_logits"]
        print(name, f"{len(quantised) - 3} layers, logits off by {(exact - stored).norm() / exact.norm():.3f} of their norm")


if __name__ == "__main__":
    main()
