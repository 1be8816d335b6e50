"""Proves that transformers loads a checkpoint folder as it is and computes what model.py computes.

usage: reference.py CHECKPOINT [--fp8]

Compares the prompt's ids (AutoTokenizer, chat template), the pixels and positions (image processor), and the logits at the verdict and along a decoded
answer, FP32 arithmetic on dequantised weights. --fp8 also lets transformers load the block-FP8 file itself (its own dequantisation).
"""
import json
import pathlib
import sys

import numpy as np
import torch
from PIL import Image
from transformers import AutoConfig, AutoTokenizer, Qwen3VLForConditionalGeneration

import export
import model
import prompts


def processor(folder):
    """The image processor: transformers' own choice, or its PIL-based class where torchvision is missing."""
    from transformers import AutoImageProcessor
    return AutoImageProcessor.from_pretrained(folder)


@torch.no_grad()
def main(folder, fp8=False):
    folder = pathlib.Path(folder)
    torch.manual_seed(0)
    net = export.read(folder)
    cfg = AutoConfig.from_pretrained(folder)
    if fp8:
        from transformers import FineGrainedFP8Config
        theirs = Qwen3VLForConditionalGeneration.from_pretrained(folder, quantization_config=FineGrainedFP8Config(dequantize=True), dtype=torch.float32).eval()
    else:
        cfg.quantization_config = None
        theirs = Qwen3VLForConditionalGeneration(cfg).float().eval()
        missing = theirs.load_state_dict(export.state(folder), strict=False)
        assert not missing.unexpected_keys and set(missing.missing_keys) <= {"lm_head.weight"}, missing
        theirs.tie_weights()
    tok = AutoTokenizer.from_pretrained(folder)
    images = processor(folder)
    worst = 0.0
    for prompt in prompts.PROMPTS:
        h, w = prompts.SIZES[prompt.task]
        rng = np.random.default_rng(len(prompt.question))
        small = rng.integers(0, 255, (h // 16, w // 16, 3), dtype=np.uint8)
        picture = Image.fromarray(small).resize((w, h), Image.BILINEAR)
        talk = [{"role": "system", "content": prompts.SYSTEM},
                {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": prompt.question}]}]
        text = tok.apply_chat_template(talk, tokenize=False, add_generation_prompt=True) + prompts.FORCED
        assert text == prompts.prefix_text() + prompts.question_text(prompt.question), text
        got = images(images=[picture], return_tensors="pt")
        grid = got["image_grid_thw"][0].tolist()
        count = grid[1] * grid[2] // 4
        assert grid == [1, h // 16, w // 16], grid
        answer = prompts.answer_text("REJECT", prompt.rejects[0], (12, 345, 678, 1000))
        ids = tok(text.replace("<|image_pad|>", "<|image_pad|>" * count) + answer, add_special_tokens=False, return_tensors="pt")["input_ids"]
        ref = theirs(input_ids=ids, pixel_values=got["pixel_values"].float(), image_grid_thw=got["image_grid_thw"],
                     mm_token_type_ids=(ids == cfg.image_token_id).long()).logits[0]
        x = torch.from_numpy(np.asarray(picture)).permute(2, 0, 1)[None].float() / 127.5 - 1
        mine_px = net.model.visual.patches(x)[0].view(-1, 3, 1, 16, 16).expand(-1, 3, 2, 16, 16).reshape(count * 4, -1)
        assert (mine_px - got["pixel_values"]).abs().max() < 1e-5
        at = ids[0].tolist().index(cfg.image_token_id)
        length = ids.shape[1] - at - count - 1
        pos = model.positions(at, grid[1] // 2, grid[2] // 2, 1, length)
        tokens, taps, _ = net.model.visual(x)
        hidden = net.model.language_model(ids, tokens, taps, at, *net.model.language_model.turns(pos), model.block_mask(at + count + 1, 1, length))
        off = (net.head(hidden)[0] - ref).abs().max().item()
        worst = max(worst, off)
        print(f"{prompt.question:36s} {ids.shape[1]} tokens, logits to {ref.abs().max():.1f}, differ by {off:.1e}")
    print("largest difference", worst)
    if worst > (1e-2 if fp8 else 1e-4):
        raise SystemExit("reference: model.py and transformers disagree")
    size = sum(p.stat().st_size for p in folder.iterdir())
    print("folder", round(size / 2 ** 20, 2), "MiB; quantisation", json.loads((folder / "config.json").read_text())["quantization_config"])


if __name__ == "__main__":
    main(sys.argv[1], "--fp8" in sys.argv)
