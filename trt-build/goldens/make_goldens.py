"""Makes the committed goldens: tiny random checkpoints and what transformers answers for them.

    python make_goldens.py [NAME ...]               all sets, or the named ones
    python make_goldens.py --check                  do the committed checkpoints still answer as committed?
    python make_goldens.py --answers FOLDER FILE    what transformers answers for any Qwen3-VL checkpoint folder

Needs torch, transformers and safetensors; writes to ../src/test/resources/goldens. Everything comes from fixed seeds,
so a run with the same versions gives the same numbers, up to rounding. The versions are written into each set.

References are computed in FP32 throughout. Block-FP8 checkpoints are dequantised to FP32 first: on a CPU, transformers
itself would run them in BF16, and the comparison would measure that instead.
"""

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

import torch
import transformers
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from transformers import Qwen3VLConfig, Qwen3VLForConditionalGeneration

OUT = Path(__file__).resolve().parent.parent / "src/test/resources/goldens"
BLOCK = 128
VOCABULARY = 256
IMAGE, VIDEO, VISION_START, VISION_END = 250, 251, 248, 249


@dataclass
class Tiny:
    """One tiny checkpoint: its sizes, how it is stored and what is asked of it."""

    name: str
    hidden: int
    mlp: int
    heads: int
    kv_heads: int
    head: int
    sections: list
    vision_hidden: int
    vision_heads: int
    vision_mlp: int
    patch: int
    depth: int
    taps: list
    layers: int
    tied: bool
    dtype: torch.dtype = torch.float32
    fp8_scale: torch.dtype | None = None
    shards: int = 1
    prefixes: dict = field(default_factory=dict)
    grids: list = field(default_factory=list)  # (rows, columns) of patches, one for each picture
    vocabulary: int = VOCABULARY
    tokens: tuple = (IMAGE, VIDEO, VISION_START, VISION_END)
    rope: dict = field(default_factory=dict)  # beside theta and sections
    words: int = 6  # of text after each picture


TINY = [
    Tiny("tiny-f32", 64, 96, 4, 2, 32, [6, 5, 5], 32, 2, 80, 8, 3, [0, 1], 3, False, grids=[(6, 10), (8, 4)]),
    Tiny("tiny-bf16", 96, 128, 4, 1, 32, [8, 4, 4], 48, 2, 64, 8, 2, [1], 2, True, torch.bfloat16,
         shards=2, grids=[(10, 4)]),
    Tiny("tiny-fp8", 128, 256, 4, 4, 32, [6, 5, 5], 32, 2, 64, 16, 2, [0], 2, True, torch.float16,
         fp8_scale=torch.float32, grids=[(4, 12)]),
    Tiny("tiny-fp8-ragged", 96, 160, 4, 2, 32, [6, 5, 5], 32, 2, 64, 8, 2, [0], 2, False, torch.bfloat16,
         fp8_scale=torch.bfloat16,
         prefixes={"model.language_model.": "language_model.model.", "model.visual.": "visual.",
                   "lm_head.": "language_model.lm_head."},
         grids=[(8, 6)]),
    Tiny("tiny-yarn", 32, 48, 2, 1, 64, [12, 10, 10], 16, 2, 32, 8, 1, [0], 2, True, torch.bfloat16,
         grids=[(6, 10)], words=90, rope=dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=32)),
    Tiny("tiny-yarn-scaled", 32, 48, 2, 1, 64, [12, 10, 10], 16, 2, 32, 8, 1, [0], 2, True, torch.bfloat16,
         grids=[(4, 6)], words=120,
         rope=dict(rope_type="yarn", factor=3.0, original_max_position_embeddings=48, beta_fast=24.0, beta_slow=2.0,
                   mscale=0.8, mscale_all_dim=0.4, truncate=False)),
]  # fmt: skip


def config_of(tiny):
    text = dict(
        vocab_size=tiny.vocabulary, hidden_size=tiny.hidden, intermediate_size=tiny.mlp, num_hidden_layers=tiny.layers,
        num_attention_heads=tiny.heads, num_key_value_heads=tiny.kv_heads, head_dim=tiny.head, hidden_act="silu",
        max_position_embeddings=4096, rms_norm_eps=1e-6, tie_word_embeddings=tiny.tied,
        rope_parameters=dict(
            dict(rope_type="default", rope_theta=5e6, mrope_section=tiny.sections, mrope_interleaved=True), **tiny.rope),
        initializer_range=0.08)  # fmt: skip
    vision = dict(
        depth=tiny.depth, hidden_size=tiny.vision_hidden, intermediate_size=tiny.vision_mlp,
        num_heads=tiny.vision_heads, in_channels=3, patch_size=tiny.patch, spatial_merge_size=2, temporal_patch_size=2,
        out_hidden_size=tiny.hidden, num_position_embeddings=49, deepstack_visual_indexes=tiny.taps,
        initializer_range=0.08)  # fmt: skip
    picture, film, start, end = tiny.tokens
    return Qwen3VLConfig(
        text_config=text, vision_config=vision, image_token_id=picture, video_token_id=film,
        vision_start_token_id=start, vision_end_token_id=end, tie_word_embeddings=tiny.tied)  # fmt: skip


def model_of(tiny):
    """Random weights; norms and biases too, because ones and zeros would hide mistakes."""
    torch.manual_seed(7)
    model = Qwen3VLForConditionalGeneration(config_of(tiny)).float().eval()
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim == 1:
                noise = torch.randn(parameter.shape, generator=generator)
                parameter.copy_(1 + 0.2 * noise if "norm" in name and name.endswith("weight") else 0.05 * noise)
    model.set_attn_implementation("eager")
    return model


def quantise(weight, scale_dtype):
    """Block FP8 as the published checkpoints have it: weight = e4m3 * scale, one scale for 128 x 128."""
    rows, columns = weight.shape
    down, across = -(-rows // BLOCK), -(-columns // BLOCK)
    padded = torch.zeros(down * BLOCK, across * BLOCK)
    padded[:rows, :columns] = weight
    blocks = padded.view(down, BLOCK, across, BLOCK)
    scale = (blocks.abs().amax(dim=(1, 3)).clamp(min=1e-12) / 448).to(scale_dtype)
    wide = scale.float()[:, None, :, None]
    fp8 = (blocks / wide).clamp(-448, 448).to(torch.float8_e4m3fn)
    exact = (fp8.float() * wide).view(down * BLOCK, across * BLOCK)[:rows, :columns]
    return fp8.view(down * BLOCK, across * BLOCK)[:rows, :columns].contiguous(), scale, exact.contiguous()


def is_quantised(tiny, name):
    return tiny.fp8_scale is not None and "language_model.layers" in name and name.endswith("proj.weight")


def stored(tiny, model):
    """What goes to disk; the model is left with exactly those numbers in FP32."""
    tensors = {}
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if is_quantised(tiny, name):
                fp8, scale, exact = quantise(parameter, tiny.fp8_scale)
                tensors[name] = fp8
                tensors[name + "_scale_inv"] = scale
                parameter.copy_(exact)
            else:
                tensors[name] = parameter.detach().to(tiny.dtype).clone()
                parameter.copy_(tensors[name].float())
    return {renamed(tiny, name): tensor for name, tensor in tensors.items()}


def renamed(tiny, name):
    for old, new in tiny.prefixes.items():
        if name.startswith(old):
            return new + name[len(old):]
    return name


def save_checkpoint(tiny, model, folder):
    tensors = stored(tiny, model)
    names = sorted(tensors)
    config = json.loads(model.config.to_json_string(use_diff=False))
    config = {k: config[k] for k in config if k in KEPT or k.endswith("_token_id")}
    config["dtype"] = str(tiny.dtype).removeprefix("torch.")
    for part in ("text_config", "vision_config"):
        config[part] = {k: v for k, v in config[part].items() if k in KEPT_SIZES}
    if tiny.fp8_scale is not None:
        config["quantization_config"] = dict(
            quant_method="fp8", activation_scheme="dynamic", weight_block_size=[BLOCK, BLOCK],
            modules_to_not_convert=["lm_head", "model.visual"])  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config, indent=1, sort_keys=True) + "\n")
    if tiny.shards == 1:
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
        return
    weight_map = {}
    for shard in range(tiny.shards):
        file = f"model-{shard + 1:05d}-of-{tiny.shards:05d}.safetensors"
        part = {name: tensors[name] for name in names[shard :: tiny.shards]}
        save_file(part, folder / file, metadata={"format": "pt"})
        weight_map |= dict.fromkeys(part, file)
    index = {"metadata": {"total_size": sum(t.nbytes for t in tensors.values())}, "weight_map": weight_map}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=1, sort_keys=True) + "\n")


KEPT = {"architectures", "model_type", "text_config", "vision_config", "tie_word_embeddings"}
KEPT_SIZES = {
    "vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
    "num_key_value_heads", "head_dim", "hidden_act", "max_position_embeddings", "rms_norm_eps", "rope_parameters",
    "attention_bias", "model_type", "depth", "num_heads", "in_channels", "patch_size", "spatial_merge_size",
    "temporal_patch_size", "out_hidden_size", "num_position_embeddings", "deepstack_visual_indexes",
    "tie_word_embeddings", "dtype",
}  # fmt: skip


def pixels(count, size, seed):
    """The test makes the same numbers, so that they need not be committed: exact in FP32."""
    i = torch.arange(count * size, dtype=torch.int64)
    return (((i * 7919 + seed * 104729) % 2039 - 1019).float() / 1024).view(count, size)


def conversation(config, grids, after=6):
    """Text, a picture, text, perhaps another picture, text; so many words after each picture."""
    generator = torch.Generator().manual_seed(11)

    def words(count):
        return torch.randint(0, 240, (count,), generator=generator).tolist()

    ids = words(5)
    for rows, columns in grids:
        tokens = [config.image_token_id] * (rows * columns // config.vision_config.spatial_merge_size**2)
        ids += [config.vision_start_token_id] + tokens + [config.vision_end_token_id] + words(after)
    return torch.tensor([ids])


def run_conversation(model, grids, words=6):
    """What the model makes of pictures with these grids, and of ten greedy steps after them."""
    config = model.config
    sizes = config.vision_config
    ids = conversation(config, grids, words)
    patch_size = sizes.in_channels * sizes.temporal_patch_size * sizes.patch_size**2
    grid = torch.tensor([[1, rows, columns] for rows, columns in grids])
    picture = torch.cat([pixels(r * c, patch_size, seed) for seed, (r, c) in enumerate(grids)])
    captured = {}
    language = model.model.language_model
    language.register_forward_pre_hook(
        lambda module, args, kwargs: captured.__setitem__("positions", kwargs["position_ids"].clone()), with_kwargs=True
    )
    language.rotary_emb.register_forward_hook(lambda module, args, out: captured.__setitem__("rotary", out))
    with torch.no_grad():
        seen = model.model.visual(picture, grid_thw=grid, return_dict=True)
        step = model(
            input_ids=ids, pixel_values=picture, image_grid_thw=grid, mm_token_type_ids=(ids == config.image_token_id).long(),
            use_cache=True)  # fmt: skip
        half = config.text_config.head_dim // 2
        golden = {
            "ids": ids[0],
            "grids": grid,
            "features": torch.stack([seen.pooler_output, *seen.deepstack_features]),
            "positions": captured["positions"][-3:, 0],
            "cos": captured["rotary"][0][0, :, :half],
            "sin": captured["rotary"][1][0, :, :half],
            "prefill_logits": step.logits[0, -1],
        }
        past, tokens, logits, positions = step.past_key_values, [], [], []
        for _ in range(10):
            token = int(step.logits[0, -1].argmax())
            step = model(input_ids=torch.tensor([[token]]), past_key_values=past, use_cache=True)
            past = step.past_key_values
            tokens.append(token)
            logits.append(step.logits[0, -1])
            positions.append(captured["positions"][-3:, 0, 0])
        golden |= {
            "decode_tokens": torch.tensor(tokens),
            "decode_logits": torch.stack(logits),
            "decode_positions": torch.stack(positions),
        }
        rows, columns = grids[0]
        frames = model.model.visual(
            pixels(2 * rows * columns, patch_size, 5), grid_thw=torch.tensor([[2, rows, columns]]), return_dict=True
        )
        golden["two_frames"] = torch.stack([frames.pooler_output, *frames.deepstack_features])
    return {name: tensor.clone().contiguous() for name, tensor in golden.items()}


def engine(tiny):
    """Checkpoint and conversation of one tiny model: vision features, positions, rotary tables, logits."""
    folder = OUT / tiny.name
    folder.mkdir(parents=True, exist_ok=True)
    model = model_of(tiny)
    save_checkpoint(tiny, model, folder)
    versions = {"torch": torch.__version__, "transformers": transformers.__version__}
    save_file(run_conversation(model, tiny.grids, tiny.words), folder / "golden.safetensors", metadata=versions)


def dequantised(weight, scale, block):
    """Block FP8 in FP32."""
    rows, columns = weight.shape
    wide = scale.float().repeat_interleave(block[0], 0)[:rows].repeat_interleave(block[1], 1)[:, :columns]
    return weight.float() * wide


def model_from(folder):
    """A checkpoint in transformers, all weights FP32, whatever prefix and type the files have.

    Weights are read one by one into a model that had none, so that a large one is in memory once.
    """
    folder = Path(folder)
    config = json.loads((folder / "config.json").read_text())
    block = config.pop("quantization_config", {}).get("weight_block_size")
    config = Qwen3VLConfig(**{k: v for k, v in config.items() if k not in ("dtype", "torch_dtype")})
    with torch.device("meta"):
        model = Qwen3VLForConditionalGeneration(config).float().eval()
    for owner, name in ((model.model.language_model, "rotary_emb"), (model.model.visual, "rotary_pos_emb")):
        table = getattr(owner, name)
        setattr(owner, name, type(table)(table.config))  # buffers that no file has
    missing, unexpected = {name for name, _ in model.named_parameters()}, []
    files = [safe_open(file, "pt") for file in sorted(folder.glob("model*.safetensors"))]
    scales = {name: file for file in files for name in file.keys() if name.endswith("_scale_inv")}
    for file in files:
        for name in file.keys():
            if name in scales:
                continue
            tensor, scale = file.get_tensor(name), name + "_scale_inv"
            if scale in scales:
                tensor = dequantised(tensor, scales[scale].get_tensor(scale), block)
            _, unknown = model.load_state_dict({published(name): tensor.float()}, strict=False, assign=True)
            unexpected += unknown
            missing.discard(published(name))
    tied = {"lm_head.weight"} if config.tie_word_embeddings else set()
    if missing - tied or unexpected:
        raise SystemExit(f"{folder}: transformers misses {missing} and does not know {unexpected}")
    model.tie_weights()
    model.set_attn_implementation("eager")
    return model


def published(name):
    for tiny in TINY:
        for usual, renamed_to in tiny.prefixes.items():
            if name.startswith(renamed_to):
                return usual + name[len(renamed_to):]
    return name


def answers(folder, file):
    save_file(run_conversation(model_from(folder), [(22, 32)]), file, metadata={"format": "pt"})


def check():
    for tiny in TINY:
        committed = load_file(OUT / tiny.name / "golden.safetensors")
        now = run_conversation(model_from(OUT / tiny.name), tiny.grids, tiny.words)
        for name, tensor in committed.items():
            difference = (tensor - now[name]).abs().max().item() if tensor.shape == now[name].shape else float("inf")
            if difference > TOLERANCE:
                raise SystemExit(f"{tiny.name}: {name} differs from the committed golden by {difference}")
        print(tiny.name, "as committed, transformers", transformers.__version__)
    if ropes() != json.loads((OUT / "rope/rope.json").read_text()):
        raise SystemExit("the rotary frequencies differ from the committed ones")


ROPES = [  # head size, largest position, the rest of rope_parameters
    (128, 262144, dict(rope_type="default")),
    (128, 1000000, dict(rope_type="yarn", factor=3.0, original_max_position_embeddings=262144)),
    (128, 131072, dict(rope_type="yarn", original_max_position_embeddings=32768, factor=None)),
    (128, 4096, dict(rope_type="yarn", factor=8.0, original_max_position_embeddings=512, attention_factor=0.9)),
    (64, 2048, dict(rope_type="yarn", factor=2.0, original_max_position_embeddings=2, beta_fast=1.0, beta_slow=1.0)),
    (64, 8192, dict(rope_type="linear", factor=2.5)),
]


def ropes():
    """Frequencies and attention factors alone, for sizes that no tiny checkpoint has."""
    rows = []
    for head, most, rope in ROPES:
        sections = [head // 2 - 2 * (head // 6), head // 6, head // 6]
        parameters = dict(rope, rope_theta=5e6, mrope_section=sections, mrope_interleaved=True)
        config = transformers.Qwen3VLTextConfig(
            head_dim=head, max_position_embeddings=most, rope_parameters=dict(parameters))
        table = transformers.models.qwen3_vl.modeling_qwen3_vl.Qwen3VLTextRotaryEmbedding(config)
        rows.append(dict(head=head, most=most, rope=parameters, attention=table.attention_scaling,
                         frequencies=[float(f) for f in table.inv_freq]))
    return rows


def write_ropes():
    (OUT / "rope").mkdir(exist_ok=True)
    (OUT / "rope/rope.json").write_text("[" + ",\n".join(json.dumps(row) for row in ropes()) + "]\n")


TOLERANCE = 2e-5
SETS = {tiny.name: (lambda tiny=tiny: engine(tiny)) for tiny in TINY} | {"rope": write_ropes}


def main():
    torch.set_num_threads(1)
    match sys.argv[1:]:
        case ["--check"]:
            check()
        case ["--answers", folder, file]:
            answers(folder, file)
        case names:
            for name in names or SETS:
                SETS[name]()
                print(name, sum(f.stat().st_size for f in (OUT / name).iterdir()), "bytes")


if __name__ == "__main__":
    main()
