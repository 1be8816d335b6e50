"""Measures what memory.py estimates: two training steps of a published size with random weights, on a CUDA card.

    python measure.py [SIZE] [--picture 1024x1024] [--rank R] [--batch N]

The weights are BF16: what quantised ones would take instead is said beside it, by memory.py's figure for the weights alone.
"""

import argparse

import torch
from peft import LoraConfig, get_peft_model
from transformers import Qwen3VLConfig, Qwen3VLForConditionalGeneration

import memory
from train import IGNORED, TEXT, loss_of, size

IMAGE, VISION_START, VISION_END = 151655, 151652, 151653


def random_model(sizes):
    text = sizes["text_config"]
    sections = [24, 20, 20]
    config = Qwen3VLConfig(
        text_config=text | dict(rope_parameters=dict(rope_type="default", rope_theta=5e6, mrope_section=sections, mrope_interleaved=True)),
        vision_config=sizes["vision_config"], tie_word_embeddings=sizes["tie_word_embeddings"],
        image_token_id=IMAGE, vision_start_token_id=VISION_START, vision_end_token_id=VISION_END)  # fmt: skip
    torch.set_default_dtype(torch.bfloat16)
    with torch.device("cuda"):
        model = Qwen3VLForConditionalGeneration(config)
    torch.set_default_dtype(torch.float32)
    return model


def inputs(vision, picture, batch, words=96, answer=48):
    rows, columns = (side // vision["patch_size"] for side in reversed(picture))
    seen = rows * columns // vision["spatial_merge_size"] ** 2
    patch = vision["in_channels"] * vision["temporal_patch_size"] * vision["patch_size"] ** 2
    line = [1] * 40 + [VISION_START] + [IMAGE] * seen + [VISION_END] + [2] * (words - 42)
    ids = torch.tensor([line] * batch, device="cuda")
    labels = ids.clone()
    labels[:, :-answer] = IGNORED
    return dict(
        input_ids=ids, attention_mask=torch.ones_like(ids), mm_token_type_ids=(ids == IMAGE).long(),
        pixel_values=torch.randn(batch * rows * columns, patch, device="cuda", dtype=torch.bfloat16),
        image_grid_thw=torch.tensor([[1, rows, columns]] * batch, device="cuda"), logits_to_keep=answer + 1), labels  # fmt: skip


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("size", nargs="?", default="8B", choices=memory.PUBLISHED)
    p.add_argument("--picture", type=size, default=(1024, 1024))
    p.add_argument("--rank", type=int, default=16)
    p.add_argument("--batch", type=int, default=1)
    a = p.parse_args()
    sizes = memory.config_of(a.size)
    model = random_model(sizes)
    model.config.use_cache = False
    model.gradient_checkpointing_enable({"use_reentrant": False})
    model.enable_input_require_grads()
    model = get_peft_model(model, LoraConfig(r=a.rank, lora_alpha=2 * a.rank, target_modules=TEXT)).train()
    weights = torch.cuda.memory_allocated()
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-4)
    given, labels = inputs(sizes["vision_config"], a.picture, a.batch)
    torch.cuda.reset_peak_memory_stats()
    for _ in range(2):
        loss_of(model(**given).logits, labels).backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    peak, reserved = torch.cuda.max_memory_allocated(), torch.cuda.max_memory_reserved()
    parts = memory.estimate(sizes, 16, a.rank, a.picture, a.batch)
    print(torch.cuda.get_device_name(), f"torch {torch.__version__}")
    print(f"weights and adapter {weights / memory.GIB:.2f} GiB; peak allocated {peak / memory.GIB:.2f}, reserved {reserved / memory.GIB:.2f} GiB")
    print(f"estimate with BF16 weights, without fragments and libraries: {sum(parts.values()) / memory.GIB:.2f} GiB")
    for bits in (8, 4):
        saved = parts["text linears"] - memory.estimate(sizes, bits, a.rank, a.picture, a.batch)["text linears"]
        matrix = memory.estimate(sizes, bits, a.rank, a.picture, a.batch)["one matrix, taken out of its quantisation"]
        print(f"the measured peak with {bits}-bit linears instead, by their size: {(reserved - saved + matrix) / memory.GIB:.2f} GiB and the libraries' {memory.CUDA_CONTEXT / memory.GIB:.2f}")
    free, total = torch.cuda.mem_get_info()
    print(f"the libraries' own memory on this card: {(total - free - torch.cuda.memory_reserved()) / memory.GIB:.2f} GiB")


if __name__ == "__main__":
    main()
