"""Goldens for conversations with pictures and films, from frames to logits.

    TORCHVISION=FOLDER python make_film_goldens.py          all cases; FOLDER holds an unpacked torchvision
    python make_film_goldens.py --check                     does the committed checkpoint still answer as committed?

Writes to ../src/test/resources/goldens/films: a tiny random checkpoint (its tokenizer and template are those of
../text/thinking), and for each case the tokens, the pixels, the positions and the logits of transformers in FP32.

Pixels of films are those of transformers' own Qwen3VLVideoProcessor, which only exists for torchvision. The torchvision
that goes with a CPU build of torch lacks its compiled operators and cannot be imported (torchvision::nms does not exist).
None of them is used for resizing: torchvision's resize is torch's. So the wheel is unpacked beside everything else
(pip download --no-deps torchvision, unzip) and imported without the module that declares those operators. It must not be
installed: transformers would then use it for stills as well. Pixels of stills are those of the PIL backend.

The frames are a formula, which the tests compute as well, so that they need not be committed.
"""

import gzip
import json
import os
import sys
import types
from pathlib import Path

import numpy as np
import torch

if "TORCHVISION" in os.environ:  # before transformers looks for it
    sys.path.append(os.environ["TORCHVISION"])
    sys.modules["torchvision._meta_registrations"] = types.ModuleType("torchvision._meta_registrations")

import transformers
from safetensors.torch import load_file, save_file

import make_goldens
from make_goldens import Tiny

OUT = make_goldens.OUT / "films"
TEXT = make_goldens.OUT / "text/thinking"
STEPS = 6
FILM = {"size": {"shortest_edge": 4096, "longest_edge": 40000}, "patch_size": 16, "temporal_patch_size": 2, "merge_size": 2,
        "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5], "video_processor_type": "Qwen3VLVideoProcessor"}
PICTURE = {"size": {"shortest_edge": 4096, "longest_edge": 16384}, "patch_size": 16, "temporal_patch_size": 2,
           "merge_size": 2, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5],
           "image_processor_type": "Qwen2VLImageProcessorFast"}

# Each: what the user says; a picture is (seed, width, height), a film (seed, frames, width, height, frames a second).
CASES = {
    "picture": ["", (1, 100, 70), "Is a bolt missing?"],
    "reference": ["Reference:", (2, 96, 64), "Part:", (3, 70, 130), "Does the part differ from the reference?"],
    "film": [(4, 7, 100, 70, 4.0), "When was bolt 1 fitted?"],
    "picture-and-film": ["Reference:", (5, 64, 96), "now ", (6, 8, 61, 45, 2.0), (7, 2, 64, 64, 25.0), "Which is it?"],
}
# name: frames, width, height, what is changed in the settings.
FILMS = {
    "down": (5, 180, 110, {}),
    "up": (2, 40, 30, {"size": {"shortest_edge": 16384, "longest_edge": 65536}}),
    "thin": (3, 20, 90, {}),
    "unequal": (4, 111, 87, {"image_mean": [0.48145466, 0.4578275, 0.40821073],
                             "image_std": [0.26862954, 0.26130258, 0.27577711]}),
    "capped": (6, 150, 90, {"size": {"shortest_edge": 4096, "longest_edge": 90000}, "cap_pixels_per_frame": True,
                            "max_video_tokens": 8}),
}


def frames(seed, count, width, height):
    """[count, height, width, 3] bytes: slopes that wrap round and edges."""
    f, y, x, c = np.ogrid[:count, :height, :width, :3]
    return ((x * (5 + c) + y * (3 + 2 * c) + f * 17 + seed * 31 + 60 * ((x // 9 + y // 7 + f) % 3)) % 256).astype(np.uint8)


def processors(film):
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil
    from transformers.models.qwen3_vl.video_processing_qwen3_vl import Qwen3VLVideoProcessor

    def settings(json):
        return {key: value for key, value in json.items() if not key.endswith("_type")}

    return Qwen2VLImageProcessorPil(**settings(PICTURE)), Qwen3VLVideoProcessor(**settings(film))


def processor():
    from transformers import PreTrainedTokenizerFast, Qwen3VLProcessor

    picture, film = processors(FILM)
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(TEXT / "tokenizer.json"))
    return Qwen3VLProcessor(image_processor=picture, tokenizer=tokenizer, video_processor=film,
                            chat_template=(TEXT / "chat_template.jinja").read_text())


def is_film(part):
    return isinstance(part, tuple) and len(part) == 5


def asked(process, parts):
    """The conversation as the model is given it."""
    from PIL import Image

    content = [{"type": "text", "text": part} if isinstance(part, str) else
               {"type": "video"} if is_film(part) else {"type": "image"} for part in parts]
    messages = [{"role": "system", "content": "You inspect parts."}, {"role": "user", "content": content}]
    text = process.tokenizer.apply_chat_template(
        messages, chat_template=process.chat_template, tokenize=False, add_generation_prompt=True)
    # Published with a processor that replaced start, placeholder and end; since 5.17 it replaces the placeholder alone.
    text = text.replace("<|vision_start|><|video_pad|><|vision_end|>", "<|video_pad|>")
    pictures = [Image.fromarray(frames(part[0], 1, *part[1:])[0]) for part in parts
                if isinstance(part, tuple) and not is_film(part)]
    films = [part for part in parts if is_film(part)]
    # transformers adds the frame that is missing to a list that it is given, so each film has a list of its own.
    return process(
        text=[text], images=pictures or None, videos=[frames(*part[:4]) for part in films] or None,
        video_metadata=[dict(total_num_frames=part[1], fps=part[4], frames_indices=list(range(part[1]))) for part in films]
        or None,
        do_sample_frames=False, return_tensors="pt")


def answer(model, inputs):
    captured = {}
    hook = model.model.language_model.register_forward_pre_hook(
        lambda module, args, kwargs: captured.__setitem__("positions", kwargs["position_ids"].clone()), with_kwargs=True)
    given = {key: inputs[key] for key in inputs if key in
             ("pixel_values", "image_grid_thw", "pixel_values_videos", "video_grid_thw")}
    ids = inputs["input_ids"]
    types_of = (ids == model.config.image_token_id).long() + 2 * (ids == model.config.video_token_id).long()
    with torch.no_grad():
        step = model(input_ids=ids, mm_token_type_ids=types_of, use_cache=True, **given)
        golden = {"ids": ids[0], "positions": captured["positions"][-3:, 0], "prefill_logits": step.logits[0, -1]}
        tokens, logits = [], []
        for _ in range(STEPS):
            token = int(step.logits[0, -1].argmax())
            step = model(input_ids=torch.tensor([[token]]), past_key_values=step.past_key_values, use_cache=True)
            tokens.append(token)
            logits.append(step.logits[0, -1])
    hook.remove()
    golden |= {"decode_tokens": torch.tensor(tokens), "decode_logits": torch.stack(logits)}
    for kind in ("image_grid_thw", "video_grid_thw"):
        if kind in given:
            golden[kind] = given[kind]
    return {name: tensor.clone().contiguous() for name, tensor in golden.items()}


def tiny():
    from transformers import PreTrainedTokenizerFast

    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(TEXT / "tokenizer.json"))
    names = ["<|image_pad|>", "<|video_pad|>", "<|vision_start|>", "<|vision_end|>"]
    return Tiny("films", 64, 96, 4, 2, 32, [6, 5, 5], 16, 2, 32, 16, 3, [0, 2], 3, True, torch.bfloat16,
                vocabulary=len(tokenizer), tokens=tuple(tokenizer.convert_tokens_to_ids(name) for name in names))


def zipped(tensor):
    return gzip.compress(tensor.numpy().astype("<f4").tobytes(), 9, mtime=0)


def write_films():
    """Pixels alone, for settings that the conversations do not have."""
    for name, (count, width, height, changed) in FILMS.items():
        settings = FILM | changed
        _, film = processors(settings)
        out = film(videos=[frames(len(name), count, width, height)], do_sample_frames=False, return_tensors="pt",
                   video_metadata=[dict(total_num_frames=count, fps=2.0, frames_indices=list(range(count)))])
        (OUT / f"{name}.json").write_text(json.dumps(settings | {
            "frames": count, "width": width, "height": height, "grid": out["video_grid_thw"][0].tolist()}, indent=1))
        (OUT / f"{name}.f32.gz").write_bytes(zipped(out["pixel_values_videos"]))


def write_tables():
    """Sizes and choices of frames, for many films."""
    from transformers.models.qwen3_vl.video_processing_qwen3_vl import smart_resize
    from transformers.video_utils import VideoMetadata

    chance = np.random.default_rng(20261125)
    sizes, choices = [], []
    _, film = processors(FILM)
    for _ in range(300):
        count, width, height = (int(chance.integers(2, 40)), int(chance.integers(8, 900)), int(chance.integers(8, 900)))
        least, most = [(4096, 25165824), (131072, 786432), (4096, 40000)][int(chance.integers(3))]
        if max(width, height) / min(width, height) < 150:
            high, wide = smart_resize(count, height, width, 2, 32, least, most)
            sizes.append([least, most, count, width, height, wide, high])
        total, fps = int(chance.integers(1, 3000)), float(chance.choice([1, 4, 12.5, 24, 29.97, 60]))
        chosen = film.sample_frames(VideoMetadata(total_num_frames=total, fps=fps)).tolist()
        choices.append([total, fps, len(chosen), chosen[:5], chosen[-5:], sum(chosen)])
    rows = {"sizes": sizes, "choices": choices}
    (OUT / "tables.json").write_text(
        "{" + ",\n".join(f'"{name}": [' + ",\n".join(map(json.dumps, table)) + "]" for name, table in rows.items()) + "}\n")


def make():
    (OUT / "checkpoint").mkdir(parents=True, exist_ok=True)
    model = make_goldens.model_of(tiny())
    make_goldens.save_checkpoint(tiny(), model, OUT / "checkpoint")
    for name, settings in (("preprocessor_config", PICTURE), ("video_preprocessor_config", FILM)):
        (OUT / "checkpoint" / f"{name}.json").write_text(json.dumps(settings, indent=1) + "\n")
    process = processor()
    import torchvision

    versions = {"torch": torch.__version__, "transformers": transformers.__version__, "torchvision": torchvision.__version__}
    for name, parts in CASES.items():
        inputs = asked(process, parts)
        save_file(answer(model, inputs), OUT / f"{name}.safetensors", metadata=versions)
        for kind in ("pixel_values", "pixel_values_videos"):
            if kind in inputs:
                (OUT / f"{name}.{kind}.f32.gz").write_bytes(zipped(inputs[kind]))
    (OUT / "cases.json").write_text(json.dumps(CASES, indent=1) + "\n")
    write_films()
    write_tables()


def check():
    model = make_goldens.model_from(OUT / "checkpoint")
    for name in CASES:
        committed = load_file(OUT / f"{name}.safetensors")
        inputs = {"input_ids": committed["ids"][None]}
        for kind, grid in (("pixel_values", "image_grid_thw"), ("pixel_values_videos", "video_grid_thw")):
            if grid in committed:
                raw = gzip.decompress((OUT / f"{name}.{kind}.f32.gz").read_bytes())
                inputs[grid] = committed[grid]
                inputs[kind] = torch.from_numpy(np.frombuffer(raw, "<f4").copy()).view(int(committed[grid].prod(-1).sum()), -1)
        for key, tensor in answer(model, inputs).items():
            if (difference := (tensor - committed[key]).abs().max().item()) > make_goldens.TOLERANCE:
                sys.exit(f"{name}: {key} differs from the committed golden by {difference}")
        print(name, "as committed, transformers", transformers.__version__)


if __name__ == "__main__":
    torch.set_num_threads(1)
    check() if sys.argv[1:] == ["--check"] else make()
