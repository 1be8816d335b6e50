"""Opens a Qwen3-VL checkpoint for training: as it is, dequantised, or quantised to 4 or 8 bits while it loads."""

import json

import torch
from safetensors import safe_open
from transformers import Qwen3VLConfig, Qwen3VLForConditionalGeneration

# What an export put in front of a tensor, and what transformers has there today.
PREFIXES = (("language_model.model.", "model.language_model."), ("language_model.lm_head.", "lm_head."),
            ("visual.", "model.visual."))  # fmt: skip


def open_model(folder, bits, device, dtype):
    """The model, ready for PEFT. bits: 16 for as it is, 8 or 4 by bitsandbytes (CUDA only)."""
    config = json.loads((folder / "config.json").read_text())
    fp8 = "quantization_config" in config
    if bits == 16:
        return dequantised(folder, config, dtype).to(device) if fp8 else plain(folder, device, dtype)
    if fp8:
        raise SystemExit(f"{folder} is block-FP8; give --bits the BF16 checkpoint of the same model")
    from transformers import BitsAndBytesConfig

    kept = ["lm_head", "visual"]
    quantised = (
        BitsAndBytesConfig(load_in_8bit=True, llm_int8_skip_modules=kept)
        if bits == 8
        else BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=dtype, llm_int8_skip_modules=kept))  # fmt: skip
    model = Qwen3VLForConditionalGeneration.from_pretrained(
        folder, quantization_config=quantised, dtype=dtype, device_map={"": 0})  # fmt: skip
    # Without casting the embeddings and the head to FP32, which would cost 2.5 GB of an 8B model.
    for parameter in model.parameters():
        parameter.requires_grad = False
    return model


def plain(folder, device, dtype):
    return Qwen3VLForConditionalGeneration.from_pretrained(folder, dtype=dtype).to(device)


def dequantised(folder, config, dtype):
    """Block-FP8 weights times their scales, tensor after tensor; what the product's engine computes with."""
    block = config.pop("quantization_config")["weight_block_size"]
    config = Qwen3VLConfig(**{k: v for k, v in config.items() if k not in ("dtype", "torch_dtype")})
    model = Qwen3VLForConditionalGeneration(config).to(dtype).eval()
    weights = {}
    for file in sorted(folder.glob("model*.safetensors")):
        with safe_open(file, "pt") as opened:
            for name in opened.keys():
                if not name.endswith("_scale_inv"):
                    tensor = opened.get_tensor(name)
                    scale = name + "_scale_inv"
                    if tensor.dtype == torch.float8_e4m3fn:
                        tensor = times(tensor, opened.get_tensor(scale), block)
                    weights[published(name)] = tensor.to(dtype)
    missing, unexpected = model.load_state_dict(weights, strict=False)
    if set(missing) - {"lm_head.weight"} or unexpected:
        raise SystemExit(f"{folder}: transformers misses {missing} and does not know {unexpected}")
    model.tie_weights()
    return model


def times(weight, scale, block):
    rows, columns = weight.shape
    wide = scale.float().repeat_interleave(block[0], 0)[:rows].repeat_interleave(block[1], 1)[:, :columns]
    return weight.float() * wide


def published(name):
    for old, new in PREFIXES:
        if name.startswith(old):
            return new + name[len(old):]
    return name
