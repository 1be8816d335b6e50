"""Writes a trained Nano as a checkpoint folder in the published format, and reads one back in FP32."""
import json
import pathlib
import shutil

import torch
from safetensors.torch import load_file, save_file

import model
import prompts


def write(net, tokenizer_folder, folder, name):
    """model.safetensors (vision, embedding and norms BF16; text linears e4m3 with weight_scale_inv), config.json, goshawk.json and the tokenizer's files."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    quantised = {n + ".weight" for n, _ in net.fp8_linears()}
    tensors = {}
    for key, p in net.state_dict().items():
        p = p.detach().float().cpu()
        if key in quantised:
            tensors[key], tensors[key[: -len("weight")] + "weight_scale_inv"] = model.quantise(p)
        else:
            tensors[key] = p.to(torch.bfloat16)
    save_file({k: v.contiguous() for k, v in sorted(tensors.items())}, str(folder / "model.safetensors"), metadata={"format": "pt"})
    cfg = dict(net.cfg)
    cfg["dtype"] = "bfloat16"
    cfg["quantization_config"] = {"quant_method": "fp8", "weight_block_size": [model.BLOCK, model.BLOCK], "activation_scheme": "dynamic",
                                  "modules_to_not_convert": ["model.visual", "lm_head"]}
    (folder / "config.json").write_text(json.dumps(cfg, indent=2) + "\n")
    known = {"name": name, "questions": list(prompts.QUESTIONS)}
    (folder / "goshawk.json").write_text(json.dumps(known, indent=2) + "\n")
    for path in pathlib.Path(tokenizer_folder).iterdir():
        shutil.copy(path, folder / path.name)
    return sum(p.stat().st_size for p in folder.iterdir())


def state(folder):
    """The checkpoint's weights in FP32, block-FP8 dequantised, by their parameter names."""
    raw = load_file(str(pathlib.Path(folder) / "model.safetensors"))
    out = {}
    for name, t in raw.items():
        if name.endswith("weight_scale_inv"):
            continue
        scale = raw.get(name[: -len("weight")] + "weight_scale_inv") if name.endswith("weight") else None
        out[name] = model.dequantise(t, scale) if scale is not None else t.float()
    return out


def read(folder):
    """A Nano in FP32 with the checkpoint's weights."""
    cfg = json.loads((pathlib.Path(folder) / "config.json").read_text())
    net = model.Nano(cfg)
    net.load_state_dict(state(folder))
    return net.eval()
