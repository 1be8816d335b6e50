"""The golden for a whole look at a picture: a tiny random checkpoint, a picture, questions, and the verdicts' shares.

    python make_inspection_golden.py ../src/test/resources/goldens/inspection
    python make_inspection_golden.py --check ../src/test/resources/goldens/inspection     are the answers still these?

Needs torch and transformers (without torchvision, as make_text_goldens.py says). transformers does everything: chat
template, tokens, pixels and the model, in FP32 on the weights as they are stored.
"""

import gzip
import json
import sys
from pathlib import Path

import numpy as np
import torch
import transformers
from PIL import Image
from transformers import PreTrainedTokenizerFast, Qwen3VLConfig, Qwen3VLForConditionalGeneration

import make_text_goldens as text

SYSTEM = "You inspect parts. Answer in JSON: a verdict PASS, REJECT or REVIEW with findings, a code, or a time in seconds."
QUESTIONS = ["Is a bolt missing?", "Is the surface scratched?"]
REGIONS = {"wide": (16, 32, 112, 96), "tall": (70, 10, 105, 120)}  # the second one is resized
REFERENCES = {"wide": (40, 8, 136, 72), "tall": (10, 5, 45, 115)}  # shown as good parts: other places of the same size
THOUGHT = 6  # tokens of a greedy thought before it is closed
WIDTH, HEIGHT = 160, 128
CLOSED = '\n</think>\n\n{"verdict":"'
CHOICES = {"PASS": 'PASS"}', "REJECT": 'REJECT","', "REVIEW": 'REVIEW"}'}


def write_checkpoint(out):
    tokenizer = text.write_checkpoint(out, text.byte_level(), text.THINKING, {
        "eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"})
    ids = {name: tokenizer.convert_tokens_to_ids(name) for name in text.SPECIAL}
    pixels = {"size": {"shortest_edge": 1024, "longest_edge": 1 << 20}, "patch_size": 16, "temporal_patch_size": 2,
              "merge_size": 2, "image_mean": [0.5] * 3, "image_std": [0.5] * 3,
              "processor_class": "Qwen3VLProcessor", "image_processor_type": "Qwen2VLImageProcessorFast"}
    (out / "preprocessor_config.json").write_text(json.dumps(pixels, indent=2))
    config = Qwen3VLConfig(
        text_config=dict(
            vocab_size=-(-len(tokenizer) // 16) * 16, hidden_size=64, intermediate_size=96, num_hidden_layers=2,
            num_attention_heads=2, num_key_value_heads=1, head_dim=32, hidden_act="silu", rms_norm_eps=1e-6,
            max_position_embeddings=4096, tie_word_embeddings=True, initializer_range=0.25,
            rope_parameters=dict(rope_type="default", rope_theta=5e6, mrope_section=[6, 5, 5], mrope_interleaved=True)),
        vision_config=dict(
            depth=2, hidden_size=32, intermediate_size=48, num_heads=2, in_channels=3, patch_size=16,
            spatial_merge_size=2, temporal_patch_size=2, out_hidden_size=64, num_position_embeddings=49,
            deepstack_visual_indexes=[0], initializer_range=0.15),
        image_token_id=ids["<|image_pad|>"], video_token_id=ids["<|video_pad|>"], tie_word_embeddings=True,
        vision_start_token_id=ids["<|vision_start|>"], vision_end_token_id=ids["<|vision_end|>"])
    torch.manual_seed(text.SEED)
    Qwen3VLForConditionalGeneration(config).to(torch.bfloat16).save_pretrained(out, safe_serialization=True)
    (out / "generation_config.json").unlink(missing_ok=True)
    (out / "model.safetensors").chmod(0o644)
    picture = text.picture(WIDTH, HEIGHT, np.random.default_rng(text.SEED))
    (out / "picture.rgb.gz").write_bytes(gzip.compress(picture.tobytes(), 9, mtime=0))


@torch.no_grad()
def logits(model, tokens, pixels, pad):
    tokens = torch.tensor([tokens])
    return model(input_ids=tokens, attention_mask=torch.ones_like(tokens),
                 mm_token_type_ids=(tokens == pad).long(),
                 pixel_values=torch.tensor(pixels["pixel_values"]),
                 image_grid_thw=torch.tensor(pixels["image_grid_thw"])).logits[0, -1].numpy()


def shares(answer, asked, verdicts):
    """Softmax over the verdicts' first tokens; those that share one are told apart by the next."""
    def split(said, among, depth, share, out):
        first = sorted({verdicts[name][depth] for name in among})
        raw = answer(asked + said)[first].astype(np.float64)
        part = np.exp(raw - raw.max())
        for token, weight in zip(first, part / part.sum()):
            names = [name for name in among if verdicts[name][depth] == token]
            if len(names) == 1:
                out[names[0]] = share * weight
            else:
                split(said + [token], names, depth + 1, share * weight, out)
        return out
    return split([], list(verdicts), 0, 1.0, {})


def content(question, pictures):
    """A part, or a good part and a part."""
    if pictures == 1:
        return [{"type": "image"}, {"type": "text", "text": question}]
    return [{"type": "text", "text": "Reference:"}, {"type": "image"}, {"type": "text", "text": "Part:"},
            {"type": "image"}, {"type": "text", "text": question}]


def looks(folder):
    # In FP32 on the stored weights: read so, not cast so, because a cast rounds the rotary embedding's tables too.
    model = Qwen3VLForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).eval()
    model.set_attn_implementation("eager")
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"))
    template = (folder / "chat_template.jinja").read_text()
    config = json.loads((folder / "preprocessor_config.json").read_text())
    picture = np.frombuffer(gzip.decompress((folder / "picture.rgb.gz").read_bytes()), np.uint8)
    picture = Image.fromarray(picture.reshape(HEIGHT, WIDTH, 3))
    pad = model.config.image_token_id

    def encoded(text):
        return tokenizer(text, add_special_tokens=False)["input_ids"]

    def look(name, boxes, question, thinks):
        each = [text.processed(config, np.array(picture.crop(box)), None) for box in boxes]
        pixels = {key: np.concatenate([one[key] for one in each]) for key in ("pixel_values", "image_grid_thw")}
        chat = tokenizer.apply_chat_template(
            [{"role": "system", "content": SYSTEM}, {"role": "user", "content": content(question, len(boxes))}],
            chat_template=template, tokenize=False, add_generation_prompt=True)
        for one in each:
            chat = chat.replace("<|image_pad|>", "<|pad|>" * (int(one["image_grid_thw"].prod()) // 4), 1)
        chat = chat.replace("<|pad|>", "<|image_pad|>")
        tokens, said = encoded(chat + CLOSED), []
        if thinks:
            before = encoded(chat)
            for _ in range(THOUGHT):
                said.append(int(logits(model, before + said, pixels, pad).argmax()))
            tokens = before + said + encoded(CLOSED)
        verdicts = {}
        for choice, begins in CHOICES.items():
            whole = encoded(CLOSED + begins)
            assert whole[:len(encoded(CLOSED))] == encoded(CLOSED)
            verdicts[choice] = whole[len(encoded(CLOSED)):]
        found = shares(lambda more: logits(model, more, pixels, pad), tokens, verdicts)
        row = {"region": name, "box": list(boxes[-1]), "question": question, "tokens": len(tokens),
               "shares": {choice: round(float(share), 9) for choice, share in found.items()}}
        if len(boxes) > 1:
            row["reference"] = list(boxes[0])
        if thinks:
            row["thought"] = said
        return row

    return [look(name, [REFERENCES[name], box] if compared else [box], question, thinks)
            for compared in (False, True) for thinks in (False, True)
            for name, box in REGIONS.items() for question in QUESTIONS]


def check(folder):
    for row, wanted in zip(looks(folder), json.loads((folder / "inspection.json").read_text())["looks"], strict=True):
        if any(abs(row["shares"][choice] - share) > 1e-6 for choice, share in wanted["shares"].items()):
            sys.exit(f"transformers {transformers.__version__} answers otherwise: {row}, committed {wanted}")


def main():
    if sys.argv[1] == "--check":
        return check(Path(sys.argv[2]))
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    write_checkpoint(out)
    (out / "inspection.json").write_text(json.dumps(
        {"transformers": transformers.__version__, "torch": torch.__version__, "width": WIDTH, "height": HEIGHT,
         "looks": looks(out)}, indent=1))


if __name__ == "__main__":
    main()
