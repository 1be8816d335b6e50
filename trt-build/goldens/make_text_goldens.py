"""Goldens for what stands between a picture and the engine: tokens, rendered conversations, preprocessed pixels.

    python make_text_goldens.py ../src/test/resources/goldens/text
    python make_text_goldens.py --check ../src/test/resources/goldens/text     are the answers still these?

Needs transformers, tokenizers and Pillow, and no torchvision: the reference for pixels is the PIL backend of the image
processor (torchvision's rounds differently). No weights are read. Everything comes from the seed below, so two runs with
the same versions write the same files; versions.json says which these were.
"""

import gzip
import json
import random
import sys
from pathlib import Path

import numpy as np
import PIL
import tokenizers
import transformers
from PIL import Image
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil, smart_resize

SEED = 20261122
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>",
           "<|video_pad|>"]
# Not special to the decoder, and text to the grammar: as in the published tokenizer.
ADDED = ["<think>", "</think>"]
SPLIT = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")

CORPUS = [
    "You inspect parts. Answer in JSON: verdict PASS, REJECT or REVIEW, then defect and box.",
    '{"verdict":"PASS"}', '{"verdict":"REVIEW"}',
    '{"verdict":"REJECT","defect":"missing_bolt","box":[12,340,1000,998]}',
    '{"verdict":"REJECT","defect":"scratch","box":[0,1,23,456]}',
    "Is a bolt missing? Is the surface scratched? Is the label wrong or unreadable?",
    "Ist die Oberfläche zerkratzt? Größe 12 µm, Fläche 3 mm².", "螺栓是否缺失？表面有划痕。",
] * 4

TEXTS = [
    "", " ", "\n\n", "Is a bolt missing?", "  two  spaces, and\ttabs\r\nand lines\n\n\n end ",
    '{"verdict":"REJECT","defect":"missing_bolt","box":[12,340,1000,998]}', "12345678 90", "don't WE'LL it's",
    "Größe 12 µm ² ﬁ Å Å", "螺栓是否缺失？", "🦅 a bird 👩‍🏭", "\u0000\u0001 control", "e\u0301 composed",
    "<|im_start|>system\nhello<|im_end|>\n<|im_start|>user\n<|vision_start|><|image_pad|><|image_pad|><|vision_end|>why?"
    "<|im_end|>\n<|im_start|>assistant\n<think>\n", "\n</think>\n\n", "</think> <think>x", "<|im_start", "<|IM_START|>",
]

# Two templates of our own, after the two flavours in which Qwen3-VL is published: the same language features.
INSTRUCT = """\
{#- Answers at once. -#}
{%- set pictures = namespace(seen=0) %}
{%- set films = namespace(seen=0) %}
{%- for message in messages %}
    {%- if message.role == "user" or message.role == 'system' %}
        {{- '<|im_start|>' + message.role + '\\n' }}
        {%- if message.content is string %}
            {{- message.content }}
        {%- else %}
            {%- for part in message.content %}
                {%- if part.type == 'image' or 'image' in part or 'image_url' in part %}
                    {%- set pictures.seen = pictures.seen + 1 %}
                    {%- if number_pictures %}Picture {{ pictures.seen }}: {% endif -%}
                    <|vision_start|><|image_pad|><|vision_end|>
                {%- elif part.type == 'video' or 'video' in part %}
                    {%- set films.seen = films.seen + 1 %}
                    {%- if number_pictures %}Film {{ films.seen }}: {% endif -%}
                    <|vision_start|><|video_pad|><|vision_end|>
                {%- elif 'text' in part %}
                    {{- part.text }}
                {%- endif %}
            {%- endfor %}
        {%- endif %}
        {{- '<|im_end|>\\n' }}
    {%- elif message.role == "assistant" %}
        {{- '<|im_start|>' + message.role + '\\n' }}
        {%- if message.content is string %}
            {{- message.content }}
        {%- else %}
            {%- for part in message.content %}
                {%- if 'text' in part %}
                    {{- part.text }}
                {%- endif %}
            {%- endfor %}
        {%- endif %}
        {{- '<|im_end|>\\n' }}
    {%- else %}
        {{- raise_exception('Unknown role ' ~ message['role']) }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
{%- endif %}
"""

THINKING = """\
{%- set pictures = namespace(seen=0, films=0) %}
{%- macro body(content, counts) %}
    {%- if content is string %}
        {{- content }}
    {%- else %}
        {%- for part in content %}
            {%- if 'image' in part or 'image_url' in part or part.type == 'image' %}
                {%- if counts %}
                    {%- set pictures.seen = pictures.seen + 1 %}
                {%- endif %}
                {%- if number_pictures %}Picture {{ pictures.seen }}: {% endif -%}
                <|vision_start|><|image_pad|><|vision_end|>
            {%- elif 'video' in part or part.type == 'video' %}
                {%- if number_pictures %}Film: {% endif -%}
                <|vision_start|><|video_pad|><|vision_end|>
            {%- elif 'text' in part %}
                {{- part.text }}
            {%- endif %}
        {%- endfor %}
    {%- endif %}
{%- endmacro %}
{%- if tools %}
    {{- "Tools:" }}
    {%- for tool in tools %}
        {{- "\\n" }}
        {{- tool | tojson }}
    {%- endfor %}
{%- elif messages[0].role == 'system' %}
    {{- '<|im_start|>system\\n' + body(messages[0].content, false) + '<|im_end|>\\n' }}
{%- endif %}
{%- set ns = namespace(searching=true, last_query=messages|length - 1) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if ns.searching and message.role == "user" %}
        {%- set said = body(message.content, false) %}
        {%- if not(said.startswith('<tool_response>') and said.endswith('</tool_response>')) %}
            {%- set ns.searching = false %}
            {%- set ns.last_query = index %}
        {%- endif %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- set said = body(message.content, True) %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) %}
        {{- '<|im_start|>' + message.role + '\\n' + said + '<|im_end|>' + '\\n' }}
    {%- elif message.role == "assistant" %}
        {%- set thought = '' %}
        {%- if message.reasoning_content is string %}
            {%- set thought = message.reasoning_content %}
        {%- elif '</think>' in said %}
            {%- set thought = said.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}
            {%- set said = said.split('</think>')[-1].lstrip('\\n') %}
        {%- endif %}
        {%- if loop.index0 > ns.last_query and (loop.last or (not loop.last and thought)) %}
            {{- '<|im_start|>' + message.role + '\\n<think>\\n' + thought.strip('\\n') + '\\n</think>\\n\\n' + said.lstrip('\\n') }}
        {%- else %}
            {{- '<|im_start|>' + message.role + '\\n' + said }}
        {%- endif %}
        {{- '<|im_end|>\\n' }}
    {%- elif message.role == "tool" %}
        {%- if loop.first or (messages[loop.index0 - 1].role != "tool") %}
            {{- '<|im_start|>user' }}
        {%- endif %}
        {{- '\\n<tool_response>\\n' }}
        {{- said }}
        {{- '\\n</tool_response>' }}
        {%- if loop.last or (messages[loop.index0 + 1].role != "tool") %}
            {{- '<|im_end|>\\n' }}
        {%- endif %}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n<think>\\n' }}
{%- endif %}
"""

TEXT, PICTURE, FILM = (lambda text: {"type": "text", "text": text}), {"type": "image"}, {"type": "video"}


def conversations():
    system = {"role": "system", "content": "You inspect parts."}
    asked = {"role": "user", "content": [PICTURE, TEXT("Is a bolt missing?")]}
    yield [system, asked]
    yield [asked]
    yield [{"role": "user", "content": "no picture,\nonly text  "}]
    yield [system, {"role": "user", "content": [PICTURE, TEXT("this, and "), PICTURE, TEXT("that?"), FILM]}]
    yield [system, asked, {"role": "assistant", "content": '{"verdict":"PASS"}'}, asked]
    yield [system, asked, {"role": "assistant", "content": "<think>\nhm, 4 bolts\n</think>\n\nPASS"}]
    yield [system, asked, {"role": "assistant", "content": "<think>\nhm\n</think>\n\nPASS"}, asked]
    yield [asked, {"role": "assistant", "content": [TEXT("two"), TEXT(" parts")]}, asked]
    yield [system, asked, system, {"role": "user", "content": [TEXT("Größe '12 µm'? \"<b>\" {{ x }} {% y %}")]}]


def byte_level():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(SPLIT), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=420, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
                                  show_progress=False)
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.add_special_tokens(SPECIAL)
    tokenizer.add_tokens(ADDED)
    return tokenizer


def byte_fallback():
    """SentencePiece's form: spaces as U+2581, unknown characters as byte tokens."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tokenizer.normalizer = normalizers.Replace(" ", "\u2581")
    tokenizer.decoder = decoders.Sequence([
        decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse()])
    trainer = trainers.BpeTrainer(
        vocab_size=560, special_tokens=["<unk>", "<s>", "</s>"] + [f"<0x{value:02X}>" for value in range(256)],
        limit_alphabet=400, show_progress=False)
    tokenizer.train_from_iterator(CORPUS, trainer)
    # The trainer marks all its first tokens as special; the bytes are text.
    written = json.loads(tokenizer.to_str())
    written["added_tokens"] = [token for token in written["added_tokens"] if not token["content"].startswith("<0x")]
    return Tokenizer.from_str(json.dumps(written))


def write_checkpoint(folder, tokenizer, template, special):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokenizer.json").write_text(tokenizer.to_str(pretty=False), encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps(special, indent=2))
    if template is not None:
        (folder / "chat_template.jinja").write_text(template)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special)


def token_rows(tokenizer):
    rows = []
    for text in TEXTS:
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        rows.append({"text": text, "ids": ids, "decoded": tokenizer.decode(ids, clean_up_tokenization_spaces=False)})
    return rows


def conversation_rows(tokenizer, template):
    rows = []
    for messages in conversations():
        for expected in (True, False):
            rows.append({
                "messages": messages, "addGenerationPrompt": expected,
                "rendered": tokenizer.apply_chat_template(
                    messages, chat_template=template, tokenize=False, add_generation_prompt=expected)})
    return rows


def write_rows(file, rows):
    file.write_text(json.dumps(rows, indent=1, ensure_ascii=False), encoding="utf-8")


def picture(width, height, generator):
    """Smooth waves with hard edges and noise: what a resize gets wrong, it gets wrong here."""
    y, x = np.mgrid[0:height, 0:width]
    channels = [127 + 90 * np.sin(x / (3 + c) + y / 17) + 40 * ((x // 9 + y // (5 + c)) % 2) for c in range(3)]
    noisy = np.stack(channels, -1) + generator.normal(0, 12, (height, width, 3))
    return np.clip(noisy, 0, 255).astype(np.uint8)


def processed(config, pixels, most):
    processor = Qwen2VLImageProcessorPil(**{key: value for key, value in config.items()
                                            if key not in ("processor_class", "image_processor_type")})
    size = dict(config["size"], longest_edge=most) if most else config["size"]
    return processor(images=Image.fromarray(pixels), size=size, return_tensors="np")


def write_pictures(folder):
    generator = np.random.default_rng(SEED)
    base = {"patch_size": 16, "temporal_patch_size": 2, "merge_size": 2, "image_mean": [0.5, 0.5, 0.5],
            "image_std": [0.5, 0.5, 0.5], "processor_class": "Qwen3VLProcessor",
            "image_processor_type": "Qwen2VLImageProcessorFast"}
    unequal = dict(base, image_mean=[0.48145466, 0.4578275, 0.40821073], image_std=[0.26862954, 0.26130258, 0.27577711])
    small, large = {"shortest_edge": 4096, "longest_edge": 16384}, {"shortest_edge": 24576, "longest_edge": 65536}
    cases = [  # name, config, width, height, the caller's max_pixels
        ("unchanged", dict(base, size=small), 128, 96, None),
        ("upscaled", dict(base, size=large), 90, 50, None),
        ("downscaled", dict(base, size=small), 301, 170, None),
        ("rounded", dict(unequal, size=small), 67, 126, None),
        ("one-way", dict(base, size=small), 128, 83, None),
        ("bounded", dict(unequal, size=large), 220, 190, 12288),
        ("bilinear", dict(base, size=small, resample=2), 301, 170, None),
        ("patch-14", dict(unequal, size=small, patch_size=14), 100, 61, None),
    ]
    rows = []
    for name, config, width, height, most in cases:
        pixels = picture(width, height, generator)
        out = processed(config, pixels, most)
        (folder / f"{name}.json").write_text(json.dumps(config, indent=2))
        for suffix, array in (("rgb", pixels), ("f32", out["pixel_values"].astype("<f4"))):
            (folder / f"{name}.{suffix}.gz").write_bytes(gzip.compress(array.tobytes(), 9, mtime=0))
        rows.append({"name": name, "width": width, "height": height, "maxPixels": most,
                     "grid": out["image_grid_thw"][0].tolist(), "values": int(out["pixel_values"].size)})
    (folder / "pictures.json").write_text(json.dumps(rows, indent=1))


def write_sizes(folder):
    chance = random.Random(SEED)
    rows = []
    for _ in range(400):
        factor = chance.choice([28, 32])
        least, most = chance.choice([(65536, 16777216), (4096, 16384), (65536, 262144)])
        width = chance.choice([chance.randint(8, 400), chance.randint(8, 5000), factor * chance.randint(1, 60),
                               factor * chance.randint(1, 60) + factor // 2])
        height = chance.choice([chance.randint(max(8, width // 150), 3000), width, factor // 2 * chance.randint(1, 60)])
        if max(width, height) / min(width, height) <= 200:
            rows.append([factor, least, most, width, height, *smart_resize(height, width, factor, least, most)[::-1]])
    (folder / "sizes.json").write_text(
        "[" + ",\n".join(json.dumps(row) for row in rows) + "]\n")


def check(folder):
    """Answers anew from the committed tokenizers, templates and pictures; says what differs."""
    wrong = []

    def same(name, found, wanted):
        if not wanted or found != wanted:
            wrong.append(name)

    for name in ("thinking", "instruct", "byte-fallback"):
        tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(folder / name / "tokenizer.json"))
        for file, rows in (("tokens.json", lambda: token_rows(tokenizer)),
                           ("conversations.json", lambda: conversation_rows(
                               tokenizer, (folder / name / "chat_template.jinja").read_text()))):
            if (folder / name / file).exists():
                same(f"{name}/{file}", rows(), json.loads((folder / name / file).read_text(encoding="utf-8")))
    for row in json.loads((folder / "pictures/pictures.json").read_text()):
        raw = gzip.decompress((folder / f"pictures/{row['name']}.rgb.gz").read_bytes())
        pixels = np.frombuffer(raw, np.uint8).reshape(row["height"], row["width"], 3)
        out = processed(json.loads((folder / f"pictures/{row['name']}.json").read_text()), pixels, row["maxPixels"])
        same(f"pictures/{row['name']}", out["pixel_values"].astype("<f4").tobytes(),
             gzip.decompress((folder / f"pictures/{row['name']}.f32.gz").read_bytes()))
    for factor, least, most, width, height, *wanted in json.loads((folder / "pictures/sizes.json").read_text()):
        same(f"size {width} x {height}", list(smart_resize(height, width, factor, least, most)[::-1]), wanted)
    if wrong:
        sys.exit(f"transformers {transformers.__version__} answers otherwise: {', '.join(wrong)}")


def main():
    if sys.argv[1] == "--check":
        return check(Path(sys.argv[2]))
    out = Path(sys.argv[1])
    special = {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>", "image_token": "<|image_pad|>",
               "video_token": "<|video_pad|>", "vision_bos_token": "<|vision_start|>", "vision_eos_token": "<|vision_end|>"}
    for name, template in (("thinking", THINKING), ("instruct", INSTRUCT)):
        tokenizer = write_checkpoint(out / name, byte_level(), template, special)
        write_rows(out / name / "conversations.json", conversation_rows(tokenizer, template))
        if name == "thinking":
            write_rows(out / name / "tokens.json", token_rows(tokenizer))
    fallback = write_checkpoint(out / "byte-fallback", byte_fallback(), None,
                                {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"})
    write_rows(out / "byte-fallback" / "tokens.json", token_rows(fallback))
    (out / "pictures").mkdir(exist_ok=True)
    write_pictures(out / "pictures")
    write_sizes(out / "pictures")
    (out / "versions.json").write_text(json.dumps({
        "transformers": transformers.__version__, "tokenizers": tokenizers.__version__, "Pillow": PIL.__version__,
        "numpy": np.__version__, "image processor": Qwen2VLImageProcessorPil.__name__}, indent=1))


if __name__ == "__main__":
    main()
