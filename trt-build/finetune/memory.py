"""What training an adapter takes, from a config.json alone.

An estimate, part by part: what PyTorch's allocator loses to fragments is a share of it, and the libraries' own memory a
constant. train.py prints it before it begins and the peak that it measured when it ends.
"""

import json
from pathlib import Path

GIB = 2**30

# The published members of the family, as their config.json has them.
PUBLISHED = {
    "8B": dict(
        tie_word_embeddings=False,
        text_config=dict(vocab_size=151936, hidden_size=4096, intermediate_size=12288, num_hidden_layers=36,
                         num_attention_heads=32, num_key_value_heads=8, head_dim=128),
        vision_config=dict(depth=27, hidden_size=1152, intermediate_size=4304, num_heads=16, patch_size=16, in_channels=3,
                           temporal_patch_size=2, spatial_merge_size=2, out_hidden_size=4096,
                           num_position_embeddings=2304, deepstack_visual_indexes=[8, 16, 24])),
}  # fmt: skip

# Bytes of one quantised weight with its scales: NF4 in blocks of 64 with double quantisation; int8 with a scale a row.
QUANTISED = {4: 0.5 + (1 + 4 / 256) / 64, 8: 1.001, 16: 2}

CUDA_CONTEXT = 0.75 * GIB
FRAGMENTS = 0.06


def config_of(source):
    """A published size, a config.json or a checkpoint folder."""
    if source in PUBLISHED:
        return PUBLISHED[source]
    path = Path(source)
    return json.loads((path / "config.json" if path.is_dir() else path).read_text())


def linears(text):
    """(out, in) of each linear of one text layer."""
    hidden, mlp, head = text["hidden_size"], text["intermediate_size"], text["head_dim"]
    queries, keys = text["num_attention_heads"] * head, text["num_key_value_heads"] * head
    return [(queries, hidden), (keys, hidden), (keys, hidden), (hidden, queries), (mlp, hidden), (mlp, hidden), (hidden, mlp)]


def vision_parameters(vision):
    hidden, merge = vision["hidden_size"], vision["spatial_merge_size"] ** 2
    block = 4 * hidden * hidden + 2 * hidden * vision["intermediate_size"]
    wide = hidden * merge
    merger = wide * wide + wide * vision["out_hidden_size"]
    patch = vision["in_channels"] * vision["temporal_patch_size"] * vision["patch_size"] ** 2 * hidden
    mergers = 1 + len(vision["deepstack_visual_indexes"])
    return vision["depth"] * block + mergers * merger + patch + vision["num_position_embeddings"] * hidden


def estimate(config, bits, rank, picture, batch, words=96, answer=48, vision_too=False, cpu=False):
    """Bytes of each part. picture: (width, height) in pixels; words: tokens beside the picture's; answer: tokens with a loss."""
    text, vision = config["text_config"], config["vision_config"]
    layers, hidden = text["num_hidden_layers"], text["hidden_size"]
    unit = 4 if cpu else 2
    side = vision["patch_size"] * vision["spatial_merge_size"]
    seen = -(-picture[0] // side) * -(-picture[1] // side)
    patches = seen * vision["spatial_merge_size"] ** 2
    tokens = batch * (seen + words)
    matrices = linears(text)
    in_linears = layers * sum(rows * columns for rows, columns in matrices)
    embeddings = text["vocab_size"] * hidden * (1 if config["tie_word_embeddings"] else 2)
    adapter = layers * sum(rank * (rows + columns) for rows, columns in matrices)
    if vision_too:
        size, mlp = vision["hidden_size"], vision["intermediate_size"]
        adapter += vision["depth"] * rank * (4 * size + 2 * size + 2 * (size + mlp))
    widths = sum(rows for rows, _ in matrices) + 4 * hidden
    taps = 1 + len(vision["deepstack_visual_indexes"])
    seen_bytes = batch * seen * hidden * taps * unit
    # Without gradient checkpointing in the vision tower an adapter there keeps every block's activations.
    kept_by_vision = batch * patches * (8 * vision["hidden_size"] + 2 * vision["intermediate_size"]) * unit
    return {
        "text linears": in_linears * (unit if bits == 16 else QUANTISED[bits]),
        "embeddings, head, norms": embeddings * unit,
        "vision tower": vision_parameters(vision) * unit,
        "adapter, its gradient and AdamW's two moments, FP32": adapter * 16,
        "activations kept between layers (gradient checkpointing)": layers * tokens * hidden * unit,
        "activations of the layer that is computed again": 2 * tokens * widths * unit,
        "one matrix, taken out of its quantisation": 0 if bits == 16 else 2 * max(r * c for r, c in matrices),
        "logits of the answers, in FP32, and their gradient": batch * (answer + 1) * text["vocab_size"] * 4 * 3,
        "what the vision tower passes on, and its work": seen_bytes + kept_by_vision * (vision["depth"] if vision_too else 1),
    }


def report(config, bits, rank, picture, batch, card, cpu=False, vision_too=False):
    """The estimate as a table; card: memory of the card in GiB, or None."""
    parts = estimate(config, bits, rank, picture, batch, cpu=cpu, vision_too=vision_too)
    lines = [f"{size / GIB:8.2f} GiB  {name}" for name, size in parts.items()]
    total = sum(parts.values())
    total += total * FRAGMENTS + CUDA_CONTEXT
    lines.append(f"{total / GIB:8.2f} GiB  in all, with {FRAGMENTS:.0%} for fragments and {CUDA_CONTEXT / GIB:.2f} GiB for the libraries")
    if card:
        fits = "fits" if total <= 0.97 * card * GIB else "does not fit"
        lines.append(f"          it {fits} a card with {card:g} GiB ({bits}-bit weights, rank {rank}, {batch} picture(s) of {picture[0]}x{picture[1]})")
    return "\n".join(lines)
