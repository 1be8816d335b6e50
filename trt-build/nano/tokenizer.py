"""Makes nano's tokenizer and the small files around it: tokenizer.json, tokenizer_config.json, chat_template.jinja,
preprocessor_config.json, video_preprocessor_config.json, generation_config.json.

usage: tokenizer.py DIR

A byte-level BPE like Qwen's, trained on nothing but the words of prompts.py, so that prompts are short. Line feeds are never merged:
the host may tokenise the generation prompt and what it appends together or apart and get the same ids.
"""
import json
import pathlib
import sys

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

import prompts

SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>")
MARKERS = ("<think>", "</think>")  # added tokens that are text, not control tokens, as in Qwen3
ROUND = 64  # the vocabulary is padded to a multiple of this

SPLIT = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def corpus():
    """Every text that nano is ever shown or is to say, without special tokens and line feeds; a code's characters stay single."""
    box = (1, 2, 3, 4)
    yield from ("system", "user", "assistant", prompts.SYSTEM, "Reference:", "Part:", *prompts.timestamps())
    yield from prompts.QUESTIONS
    for p in prompts.PROMPTS:
        for code in p.rejects:
            yield prompts.VERDICT + prompts.answer_text("REJECT", [(code, box), (code, box)])
            yield prompts.thought_text("REJECT", [(code, box), (code, box)])
    for v in ("PASS", "REVIEW"):
        yield prompts.VERDICT + prompts.answer_text(v)
        yield prompts.thought_text(v)
    yield from (prompts.CODE + prompts.code_text(None), prompts.CODE + prompts.code_text(""), prompts.AT + prompts.at_text(None), prompts.AT + prompts.at_text(1.2))


def train():
    """The tokenizer, trained; special tokens come last, before padding."""
    tok = Tokenizer(models.BPE(byte_fallback=False))
    tok.normalizer = normalizers.NFC()
    tok.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(SPLIT), behavior="isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])
    tok.decoder = decoders.ByteLevel(add_prefix_space=False, use_regex=False)
    tok.post_processor = processors.ByteLevel(trim_offsets=False)
    # The order of the initial alphabet is not fixed by the library: sort it, so that the file is the same each time.
    trainer = trainers.BpeTrainer(vocab_size=4096, min_frequency=1, show_progress=False,
                                  initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()))
    tok.train_from_iterator(list(corpus()), trainer)
    tok.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in SPECIAL])
    tok.add_tokens([AddedToken(t, special=False, normalized=False) for t in MARKERS])
    return tok


def vocabulary_size(tok):
    """Rows of the embedding: the tokens, rounded up."""
    return -(-tok.get_vocab_size() // ROUND) * ROUND


TEMPLATE = """\
{%- macro body(content) -%}
{%- if content is string -%}
{{- content -}}
{%- else -%}
{%- for part in content -%}
{%- if part.type == 'image' or 'image' in part or 'image_url' in part -%}
{{- '<|vision_start|><|image_pad|><|vision_end|>' -}}
{%- elif part.type == 'video' or 'video' in part -%}
{{- '<|vision_start|><|video_pad|><|vision_end|>' -}}
{%- else -%}
{{- part.text -}}
{%- endif -%}
{%- endfor -%}
{%- endif -%}
{%- endmacro -%}
{%- for message in messages -%}
{%- set said = body(message.content) -%}
{%- if message.role == 'assistant' and not loop.last and '</think>' in said -%}
{%- set said = said.split('</think>')[-1].lstrip('\\n') -%}
{%- endif -%}
{{- '<|im_start|>' + message.role + '\\n' + said + '<|im_end|>\\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}
{{- '<|im_start|>assistant\\n<think>\\n' -}}
{%- endif -%}
"""


def write(folder):
    """Writes all files that do not depend on the weights; returns the tokenizer."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    tok = train()
    check(tok)
    tok.save(str(folder / "tokenizer.json"))

    def dump(name, value):
        (folder / name).write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")

    dump("tokenizer_config.json", {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "add_bos_token": False,
        "add_prefix_space": False,
        "bos_token": None,
        "eos_token": "<|im_end|>",
        "pad_token": "<|endoftext|>",
        "unk_token": None,
        "errors": "replace",
        "clean_up_tokenization_spaces": False,
        "split_special_tokens": False,
        "model_max_length": 4096,
        "image_token": "<|image_pad|>",
        "video_token": "<|video_pad|>",
        "vision_bos_token": "<|vision_start|>",
        "vision_eos_token": "<|vision_end|>",
        "model_specific_special_tokens": {
            "image_token": "<|image_pad|>",
            "video_token": "<|video_pad|>",
            "vision_bos_token": "<|vision_start|>",
            "vision_eos_token": "<|vision_end|>",
        },
    })
    (folder / "chat_template.jinja").write_text(TEMPLATE)
    picture = {
        "patch_size": 16,
        "temporal_patch_size": 2,
        "merge_size": 2,
        "image_mean": [0.5, 0.5, 0.5],
        "image_std": [0.5, 0.5, 0.5],
        "processor_class": "Qwen3VLProcessor",
    }
    dump("preprocessor_config.json", {
        "size": {"shortest_edge": prompts.LEAST_PIXELS, "longest_edge": prompts.MOST_PIXELS},
        **picture,
        "image_processor_type": "Qwen2VLImageProcessorFast",
    })
    dump("video_preprocessor_config.json", {
        "size": {"shortest_edge": 4096, "longest_edge": 4194304},
        **picture,
        "fps": prompts.FPS,
        "min_frames": 4,
        "max_frames": 768,
        "do_sample_frames": True,
        "video_processor_type": "Qwen3VLVideoProcessor",
    })
    dump("generation_config.json", {
        "bos_token_id": tok.token_to_id("<|endoftext|>"),
        "eos_token_id": [tok.token_to_id("<|im_end|>"), tok.token_to_id("<|endoftext|>")],
        "pad_token_id": tok.token_to_id("<|endoftext|>"),
        "do_sample": True,
        "temperature": 1.0,
        "top_p": 0.95,
        "top_k": 20,
    })
    return tok


def check(tok):
    """Fails unless scoring is well defined: three different first tokens that do not merge with the quote."""
    start = tok.encode(prompts.FORCED).ids
    first = []
    for v in prompts.VERDICTS:
        whole = tok.encode(prompts.FORCED + prompts.answer_text(v, [("scratch", (0, 17, 250, 1000))])).ids
        if whole[:len(start)] != start:
            raise SystemExit(f"tokenizer: {v} merges with the quote before it")
        first.append(whole[len(start)])
    if len(set(first)) != 3:
        raise SystemExit(f"tokenizer: the verdicts begin with the same token: {first}")
    for question in prompts.QUESTIONS:
        opening = prompts.opening_of(question)
        text = prompts.question_text(question, opening)
        if tok.decode(tok.encode(text).ids, skip_special_tokens=False) != text:
            raise SystemExit(f"tokenizer: {question!r} does not survive a round trip")
        if tok.encode(prompts.ask_text(question)).ids + tok.encode(prompts.CLOSE + opening).ids != tok.encode(text).ids:
            raise SystemExit("tokenizer: the forced start merges with the generation prompt")
    for c in prompts.CHARACTERS:
        if len(tok.encode(c).ids) != 1:
            raise SystemExit(f"tokenizer: {c} is not one token")


if __name__ == "__main__":
    tok = write(sys.argv[1] if len(sys.argv) > 1 else "checkpoint")
    findings = [("spurious_copper", (0, 17, 250, 1000)), ("open", (1, 2, 3, 4))]
    for text in [*map(prompts.prefix_text, ("board", "pair", "clip")), *(prompts.question_text(q, prompts.opening_of(q)) for q in prompts.QUESTIONS),
                 prompts.answer_text("REJECT", findings), prompts.answer_text("PASS"), prompts.thought_text("REJECT", findings) + prompts.FORCED,
                 prompts.thought_text("PASS"), prompts.code_text("GB45-031842"), prompts.code_text(None), prompts.at_text(3.2), prompts.at_text(None)]:
        enc = tok.encode(text)
        print(len(enc.ids), enc.tokens)
    print("tokens", tok.get_vocab_size(), "embedding rows", vocabulary_size(tok))
