"""Proves that transformers loads a checkpoint folder as it is and computes what model.py computes.

usage: reference.py [CHECKPOINT] [--fp8]

Compares the conversation's text (chat template), the pixels of stills (image processor), the times of a clip (processor), and the logits of a whole
answer to each question, in FP32 on dequantised weights. A clip's pixels are cut by model.py for both: transformers' video processor needs torchvision.
--fp8: transformers reads the block-FP8 file itself (needs accelerate). Exits with 1, naming what differs, unless all agree.
Needs torch, transformers, jinja2, numpy, pillow and safetensors; no GPU and no network.
"""
import argparse
import json
import pathlib

import numpy as np
import torch
from PIL import Image
from transformers import AutoConfig, AutoImageProcessor, AutoTokenizer, Qwen3VLForConditionalGeneration, Qwen3VLProcessor

import export
import model
import prompts


def agree(same, what):
    if not same:
        raise SystemExit(f"reference: {what}")


def pattern(seed, h, w):
    """A picture of smooth random colours."""
    small = np.random.default_rng(seed).integers(0, 255, (-(-h // 16), -(-w // 16), 3), dtype=np.uint8)
    return Image.fromarray(small).resize((w, h), Image.BILINEAR)


def tensor(picture):
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float() / 127.5 - 1


def conversations():
    """(task, question, an answer to it after the thought)."""
    for p in prompts.PROMPTS:
        yield p.task, p.question, prompts.VERDICT + prompts.answer_text("REJECT", [(p.rejects[0], (12, 345, 678, 1000)), (p.rejects[-1], (1, 400, 30, 999))])
    yield "label", prompts.CODE_QUESTION, prompts.CODE + prompts.code_text("GB45-031842N")
    for question in prompts.CLIP_QUESTIONS:
        yield "clip", question, prompts.AT + prompts.at_text(3.2)


def shown(task):
    """What the user's message holds before the question."""
    picture = {"type": "image"}
    say = lambda text: {"type": "text", "text": text}
    return {"pair": [say("Reference:"), picture, say("Part:"), picture], "clip": [{"type": "video"}]}.get(task, [picture])


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
    times = [f"<{t:.1f} seconds>" for t in Qwen3VLProcessor._calculate_timestamps(None, list(range(prompts.FRAMES)), prompts.FPS, 2)]
    agree(times == prompts.timestamps(), f"the processor writes other times: {times}")
    pad = {"image": cfg.image_token_id, "video": cfg.video_token_id}
    worst = 0.0
    for number, (task, question, answer) in enumerate(conversations()):
        talk = [{"role": "system", "content": prompts.SYSTEM}, {"role": "user", "content": [*shown(task), {"type": "text", "text": question}]}]
        text = tok.apply_chat_template(talk, tokenize=False, add_generation_prompt=True)
        triple = "<|vision_start|><|video_pad|><|vision_end|>"
        text = text.replace(triple, "".join(t + triple for t in times))
        agree(text == prompts.prefix_text(task) + prompts.ask_text(question), f"the chat template says another thing: {text!r}")
        h, w = prompts.SIZES[task]
        high, wide = prompts.seen(task)
        count = high * wide // 1024
        if task == "clip":
            frames = torch.cat([tensor(pattern(number * 100 + i, h, w)) for i in range(prompts.FRAMES)])
            x = frames.unflatten(0, (-1, 2))
            cut = net.model.visual.patches(x).flatten(0, 1)
            inputs = {"pixel_values_videos": cut, "video_grid_thw": torch.tensor([[prompts.FRAMES // 2, high // 16, wide // 16]])}
        else:
            got = images(images=[pattern(number * 100 + i, h, w) for i in range(2 if task == "pair" else 1)], return_tensors="pt")
            grids = got["image_grid_thw"].tolist()
            agree(all(g == [1, high // 16, wide // 16] for g in grids), f"the image processor cuts {w}×{h} pixels into {grids}")
            still = [pattern(number * 100 + i, h, w).resize((wide, high), Image.BICUBIC) for i in range(len(grids))]
            x = torch.cat([tensor(s) for s in still])
            mine = net.model.visual.patches(x).view(-1, 3, 1, 16, 16).expand(-1, 3, 2, 16, 16).reshape(-1, 1536)
            # where transformers has torchvision it resizes with that, which rounds a little otherwise than PIL
            agree((mine - got["pixel_values"]).abs().max() < 0.03, "the image processor gives other pixels")
            inputs = {"pixel_values": mine, "image_grid_thw": got["image_grid_thw"]}
        whole = text + prompts.CLOSE + answer
        ids = tok(whole.replace("<|image_pad|>", "<|image_pad|>" * count).replace("<|video_pad|>", "<|video_pad|>" * count),
                  add_special_tokens=False, return_tensors="pt")["input_ids"]
        kinds = (ids == pad["image"]).long() + 2 * (ids == pad["video"]).long()
        ref = theirs(input_ids=ids, mm_token_type_ids=kinds, **inputs).logits[0]
        prefix = tok(text.replace("<|image_pad|>", "<|image_pad|>" * count).replace("<|video_pad|>", "<|video_pad|>" * count), add_special_tokens=False)["input_ids"]
        tail = ids.shape[1] - len(prefix)
        pos, at = model.positions(prefix, tuple(pad.values()), (high // 32, wide // 32), [tail])
        tokens, taps, _ = net.model.visual(x)
        tokens, taps = (t.reshape(1, -1, t.shape[-1]) for t in (tokens, taps[0]))
        hidden = net.model.language_model(ids, tokens, [taps], at, *net.model.language_model.turns(pos), model.block_mask(len(prefix), [tail]))
        off = (net.head(hidden)[0] - ref).abs().max().item()
        agree(off < 2e-3, f"{question!r}: the logits differ by {off:.1e}")  # also when it is no number
        worst = max(worst, off)
        print(f"{question:42s} {ids.shape[1]} tokens, logits to {ref.abs().max():.1f}, differ by {off:.1e}")
    known = json.loads((folder / "goshawk.json").read_text())["questions"]
    agree(known == list(prompts.QUESTIONS), f"goshawk.json names other questions than prompts.py: {known}")
    print(f"the same in transformers: {len(known)} questions, logits to {worst:.1e}; folder {sum(f.stat().st_size for f in folder.iterdir()) / 2 ** 20:.2f} MiB")


if __name__ == "__main__":
    main()
