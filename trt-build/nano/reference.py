"""Proves that transformers loads a checkpoint folder as it is and computes what model.py computes.

usage: reference.py [CHECKPOINT] [--fp8]

Compares the conversation's text (chat template), the pixels (image processor), and the logits of a whole answer to each question, in FP32 on
dequantised weights. --fp8: transformers reads the block-FP8 file itself (needs accelerate). Exits with 1, naming what differs, unless all agree.
Needs torch, transformers, jinja2, numpy, pillow and safetensors; no GPU and no network.
"""
import argparse
import json
import pathlib

import numpy as np
import torch
from PIL import Image
from transformers import AutoConfig, AutoImageProcessor, AutoTokenizer, Qwen3VLForConditionalGeneration

import export
import model
import prompts


def agree(same, what):
    if not same:
        raise SystemExit(f"reference: {what}")


@torch.no_grad()
def main():
    p = argparse.ArgumentParser()
    p.add_argument("checkpoint", type=pathlib.Path, nargs="?", default=pathlib.Path(__file__).parent / "checkpoint")
    p.add_argument("--fp8", action="store_true")
    a = p.parse_args()
    folder, fp8 = a.checkpoint, a.fp8
    agree((folder / "config.json").exists(), f"{folder} holds no config.json; give the folder of a checkpoint")
    net = export.read(folder)
    cfg = AutoConfig.from_pretrained(folder)
    if fp8:
        from transformers import FineGrainedFP8Config
        theirs = Qwen3VLForConditionalGeneration.from_pretrained(folder, quantization_config=FineGrainedFP8Config(dequantize=True), dtype=torch.float32).eval()
    else:
        cfg.quantization_config = None
        theirs = Qwen3VLForConditionalGeneration(cfg).float().eval()
        missing = theirs.load_state_dict(export.state(folder), strict=False)
        agree(not missing.unexpected_keys and set(missing.missing_keys) <= {"lm_head.weight"}, f"transformers expects other weights: {missing}")
        theirs.tie_weights()
    tok = AutoTokenizer.from_pretrained(folder)
    images = AutoImageProcessor.from_pretrained(folder)
    worst = 0.0
    for prompt in prompts.PROMPTS:
        h, w = prompts.SIZES[prompt.task]
        rng = np.random.default_rng(len(prompt.question))
        small = rng.integers(0, 255, (h // 16, w // 16, 3), dtype=np.uint8)
        picture = Image.fromarray(small).resize((w, h), Image.BILINEAR)
        talk = [{"role": "system", "content": prompts.SYSTEM},
                {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": prompt.question}]}]
        text = tok.apply_chat_template(talk, tokenize=False, add_generation_prompt=True) + prompts.FORCED
        agree(text == prompts.prefix_text() + prompts.question_text(prompt.question), f"the chat template says another thing: {text!r}")
        got = images(images=[picture], return_tensors="pt")
        grid = got["image_grid_thw"][0].tolist()
        count = grid[1] * grid[2] // 4
        agree(grid == [1, h // 16, w // 16], f"the image processor cuts {w}×{h} pixels into {grid}")
        answer = prompts.answer_text("REJECT", prompt.rejects[0], (12, 345, 678, 1000))
        ids = tok(text.replace("<|image_pad|>", "<|image_pad|>" * count) + answer, add_special_tokens=False, return_tensors="pt")["input_ids"]
        ref = theirs(input_ids=ids, pixel_values=got["pixel_values"].float(), image_grid_thw=got["image_grid_thw"],
                     mm_token_type_ids=(ids == cfg.image_token_id).long()).logits[0]
        x = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float() / 127.5 - 1
        mine_px = net.model.visual.patches(x)[0].view(-1, 3, 1, 16, 16).expand(-1, 3, 2, 16, 16).reshape(count * 4, -1)
        agree((mine_px - got["pixel_values"]).abs().max() < 1e-5, "the image processor gives other pixels")
        at = ids[0].tolist().index(cfg.image_token_id)
        length = ids.shape[1] - at - count - 1
        pos = model.positions(at, grid[1] // 2, grid[2] // 2, 1, length)
        tokens, taps, _ = net.model.visual(x)
        hidden = net.model.language_model(ids, tokens, taps, at, *net.model.language_model.turns(pos), model.block_mask(at + count + 1, 1, length))
        off = (net.head(hidden)[0] - ref).abs().max().item()
        agree(off < 1e-3, f"{prompt.question!r}: the logits differ by {off:.1e}")  # also when it is no number
        worst = max(worst, off)
        print(f"{prompt.question:36s} {ids.shape[1]} tokens, logits to {ref.abs().max():.1f}, differ by {off:.1e}")
    known = json.loads((folder / "goshawk.json").read_text())["questions"]
    agree(known == [p.question for p in prompts.PROMPTS], f"goshawk.json names other questions than prompts.py: {known}")
    print(f"the same in transformers: {len(prompts.PROMPTS)} questions, logits to {worst:.1e}; folder {sum(f.stat().st_size for f in folder.iterdir()) / 2 ** 20:.2f} MiB")


if __name__ == "__main__":
    main()
