"""The same part in transformers, FP32 arithmetic on dequantised weights: what ./goshawk bench --python compares itself with.

usage: transformers_bench.py CHECKPOINT PICTURE.png PROMPT.json DECODED ROUNDS THREADS

PROMPT.json holds the prompt's token ids. Prints one JSON line: milliseconds of each round, by step.
"""
import json
import sys
import time
from pathlib import Path

import torch
from PIL import Image
from transformers import AutoImageProcessor

sys.path.insert(0, str(Path(__file__).parent.parent / "goldens"))
from make_goldens import model_from  # noqa: E402


@torch.no_grad()
def main(checkpoint, picture, prompt, decoded, rounds, threads):
    torch.set_num_threads(int(threads))
    model = model_from(Path(checkpoint))
    images = AutoImageProcessor.from_pretrained(checkpoint)
    ids = torch.tensor([json.loads(Path(prompt).read_text())])
    marks = (ids == model.config.image_token_id).long()
    shown = Image.open(picture).convert("RGB")
    steps = {"pixels": [], "vision": [], "read": [], "decode": []}
    for turn in range(int(rounds) + 2):
        at = [time.perf_counter()]
        seen = images(images=[shown], return_tensors="pt")
        at.append(time.perf_counter())
        model.model.visual(seen["pixel_values"].float(), grid_thw=seen["image_grid_thw"])
        at.append(time.perf_counter())
        out = model(input_ids=ids, pixel_values=seen["pixel_values"].float(), image_grid_thw=seen["image_grid_thw"],
                    mm_token_type_ids=marks, use_cache=True, logits_to_keep=1)
        at.append(time.perf_counter())
        for _ in range(int(decoded)):
            out = model(input_ids=out.logits[:, -1].argmax(-1, keepdim=True), past_key_values=out.past_key_values, use_cache=True)
        at.append(time.perf_counter())
        if turn < 2:
            continue  # warming up
        pixels, vision, whole, decode = (1e3 * (b - a) for a, b in zip(at, at[1:]))
        # The whole pass looks at the picture once more: without that it is the reading of the prompt alone.
        for name, value in (("pixels", pixels), ("vision", vision), ("read", max(0.0, whole - vision)), ("decode", decode)):
            steps[name].append(value)
    print(json.dumps(steps))


if __name__ == "__main__":
    if len(sys.argv) != 7:
        raise SystemExit(__doc__)
    main(*sys.argv[1:])
