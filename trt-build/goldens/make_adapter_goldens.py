"""Makes the committed adapter goldens: LoRA adapters of the tiny checkpoints as PEFT saves them, and what comes of them.

    python make_adapter_goldens.py             all sets
    python make_adapter_goldens.py --check     does PEFT still answer as committed?

Needs make_goldens.py's packages and peft; writes to ../src/test/resources/goldens/adapters. Each set has two answers:
`peft_…`, the adapter beside the checkpoint in FP32 as PEFT computes it, and the others, FP32 arithmetic on the merged
weights as the checkpoint's own type can hold them (BF16 and FP16 rounded to the nearest even, FP8 quantised again in
blocks). The distance between the two is what merging costs; it is written into the set's metadata.

A and B hold small multiples of 1/64, so that their product is exact in FP32 and only one rounding is left to compare.
"""

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

import peft
import torch
import transformers
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file

import make_goldens as base

OUT = base.OUT / "adapters"


@dataclass
class Set:
    """An adapter of one tiny checkpoint. `renamed`: how older exports call the modules."""

    name: str
    checkpoint: str
    lora: dict
    renamed: dict = field(default_factory=dict)


SETS = [
    Set("list-f32", "tiny-f32", dict(
        r=4, lora_alpha=8, target_modules=["q_proj", "v_proj", "down_proj", "qkv", "linear_fc2", "lm_head"],
        rank_pattern={"down_proj": 2, "layers.1.self_attn.q_proj": 3},
        alpha_pattern={"blocks.0.attn.qkv": 2, "v_proj": 16})),
    Set("regex-bf16", "tiny-bf16", dict(
        r=3, lora_alpha=6, use_rslora=True,
        target_modules=r".*language_model\.layers\.\d+\.(self_attn\.(k|o)_proj|mlp\.(gate|up)_proj)")),
    Set("plain-fp8", "tiny-fp8", dict(
        r=8, lora_alpha=16, target_modules=["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
        layers_to_transform=[1], layers_pattern="layers")),
    Set("old-names-fp8", "tiny-fp8-ragged", dict(
        r=4, lora_alpha=4, target_modules=["o_proj", "down_proj", "attn.proj"], exclude_modules=["layers.0.mlp.down_proj"]),
        {"model.language_model.": "model.", "model.visual.": "visual."}),
]  # fmt: skip


def tiny_of(adapter):
    return next(tiny for tiny in base.TINY if tiny.name == adapter.checkpoint)


def trained(adapter):
    """The adapter's halves as if trained: from a fixed seed, multiples of 1/64."""
    model = get_peft_model(base.model_from(base.OUT / adapter.checkpoint), LoraConfig(**adapter.lora))
    generator = torch.Generator().manual_seed(23)
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            if "lora_" in name:
                parameter.copy_(torch.randint(-8, 9, parameter.shape, generator=generator) / 64)
    return model


def rename(folder, pairs):
    file = folder / "adapter_model.safetensors"
    tensors = load_file(file)
    for old, new in pairs:
        tensors = {name.replace("base_model.model." + old, "base_model.model." + new): t for name, t in tensors.items()}
    save_file(tensors, file, metadata={"format": "pt"})


def save(adapter):
    folder = OUT / adapter.name
    trained(adapter).save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    config = json.loads((folder / "adapter_config.json").read_text())
    config = {k: v for k, v in config.items() if v} | {"base_model_name_or_path": None}
    for name in ("target_modules", "exclude_modules"):
        if isinstance(config.get(name), list):
            config[name] = sorted(config[name])  # PEFT writes a set
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=1, sort_keys=True) + "\n")
    rename(folder, adapter.renamed.items())


def with_adapter(adapter, folder):
    """PEFT's own reading of a saved adapter."""
    if adapter.renamed:
        original = Path(folder)
        folder = original.parent / (original.name + ".today")
        folder.mkdir(exist_ok=True)
        for name in ("adapter_config.json", "adapter_model.safetensors"):
            (folder / name).write_bytes((original / name).read_bytes())
        rename(folder, [(new, old) for old, new in adapter.renamed.items()])
    try:
        return PeftModel.from_pretrained(base.model_from(base.OUT / adapter.checkpoint), folder).eval()
    finally:
        if adapter.renamed:
            for file in folder.iterdir():
                file.unlink()
            folder.rmdir()


def merged(adapter, model):
    """A plain model with PEFT's delta added to each matrix and stored as the checkpoint stores it."""
    tiny = tiny_of(adapter)
    plain = base.model_from(base.OUT / adapter.checkpoint)
    modules = dict(plain.named_modules())
    with torch.no_grad():
        for name, module in model.base_model.model.named_modules():
            if hasattr(module, "get_delta_weight") and module.active_adapters:
                weight = modules[name].weight
                exact = weight + module.get_delta_weight("default")
                if base.is_quantised(tiny, name + ".weight"):
                    weight.copy_(base.quantise(exact, tiny.fp8_scale)[2])
                else:
                    weight.copy_(exact.to(tiny.dtype).float())
    return plain


def answers(adapter, folder):
    grids = tiny_of(adapter).grids
    model = with_adapter(adapter, folder)
    beside = base.run_conversation(model.base_model.model, grids)
    inside = base.run_conversation(merged(adapter, model), grids)
    return inside | {"peft_" + n: beside[n] for n in ("prefill_logits", "features")}


def distance(golden):
    return (golden["prefill_logits"] - golden["peft_prefill_logits"]).abs().max().item()


def make(adapter):
    (OUT / adapter.name).mkdir(parents=True, exist_ok=True)
    save(adapter)
    golden = answers(adapter, OUT / adapter.name)
    versions = {"torch": torch.__version__, "transformers": transformers.__version__, "peft": peft.__version__}
    metadata = versions | {"largest_logit_difference_by_merging": f"{distance(golden):.2e}"}
    save_file({n: t.contiguous() for n, t in golden.items()}, OUT / adapter.name / "golden.safetensors", metadata=metadata)
    plain = load_file(base.OUT / adapter.checkpoint / "golden.safetensors")["prefill_logits"]
    changed = (golden["peft_prefill_logits"] - plain).abs().max().item()
    print(f"{adapter.name}: logits differ from the checkpoint's by {changed:.2f}, by merging {distance(golden):.2e}")


def check():
    for adapter in SETS:
        committed = load_file(OUT / adapter.name / "golden.safetensors")
        now = answers(adapter, OUT / adapter.name)
        for name, tensor in committed.items():
            difference = (tensor - now[name]).abs().max().item()
            if difference > base.TOLERANCE:
                raise SystemExit(f"{adapter.name}: {name} differs from the committed golden by {difference}")
        print(adapter.name, "as committed, peft", peft.__version__, f"merging costs {distance(now):.2e} in the logits")


def main():
    torch.set_num_threads(1)
    if sys.argv[1:] == ["--check"]:
        check()
    else:
        for adapter in SETS:
            make(adapter)


if __name__ == "__main__":
    main()
