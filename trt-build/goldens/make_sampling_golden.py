"""The golden for sampling: logits, how to sample, and the distribution and the tokens that transformers makes of them.

    python make_sampling_golden.py ../src/test/resources/goldens/sampling.json
    python make_sampling_golden.py --answers FILE SEED     other logits, for a test that asks the installed transformers

Needs torch and transformers. The processors are transformers' own, in the order in which its generate() puts them, which
is asked of it; OpenAI's presence and frequency penalties, which transformers does not have, are written out after vLLM.
A token is picked from the filtered distribution as Goshawk does it: going up the ids, the first one at which the sum of the
shares exceeds the draw.
"""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
import transformers
from transformers import GenerationConfig
from transformers.generation import GenerationMixin

SEED = 20261125
DRAWS = [0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.999]
OPTIONS = ["temperature", "top_k", "top_p", "min_p", "repetition_penalty", "presence_penalty", "frequency_penalty"]
CASES = [
    {}, dict(temperature=0.6), dict(temperature=1.7), dict(top_k=1), dict(top_k=7), dict(top_k=500),
    dict(top_p=0.95), dict(top_p=0.5), dict(top_p=0.01), dict(min_p=0.05), dict(min_p=1.0),
    dict(repetition_penalty=1.3), dict(repetition_penalty=0.7), dict(presence_penalty=0.8), dict(frequency_penalty=0.6),
    dict(temperature=1.0, top_p=0.95, top_k=20),  # as the Thinking checkpoints want it
    dict(temperature=0.7, top_k=12, top_p=0.8, min_p=0.02),
    dict(temperature=1.4, top_k=30, top_p=0.9, min_p=0.1, repetition_penalty=1.1, presence_penalty=1.5,
         frequency_penalty=-0.4),
]


def processors(options):
    """transformers' own, in its own order."""
    config = GenerationConfig(do_sample=True, **{"temperature": 1.0, "top_k": 0, "top_p": 1.0, "min_p": None,
                                                 "repetition_penalty": 1.0, **options})
    config._pad_token_tensor = config._eos_token_tensor = None
    model = GenerationMixin()
    model.config = SimpleNamespace(is_encoder_decoder=False)
    return model._get_logits_processor(config, input_ids_seq_length=1, device="cpu")


def filtered(logits, options, prompt, answer, allowed):
    """The distribution in FP64 after all of them."""
    ours = {"presence_penalty": 0.0, "frequency_penalty": 0.0}
    theirs = {name: value for name, value in options.items() if name not in ours}
    scores = torch.tensor(logits, dtype=torch.float32)[None]
    said = torch.tensor([prompt + answer], dtype=torch.long)
    chain = processors(theirs)
    if len(chain) and type(chain[0]).__name__ == "RepetitionPenaltyLogitsProcessor":
        scores = chain.pop(0)(said, scores)
    counts = torch.bincount(torch.tensor(answer, dtype=torch.long), minlength=len(logits)).float()[None]
    scores = scores - options.get("frequency_penalty", 0.0) * counts
    scores = scores - options.get("presence_penalty", 0.0) * (counts > 0).float()
    mask = torch.full_like(scores, -torch.inf)
    mask[:, allowed] = 0
    scores = scores + mask
    for processor in chain:
        scores = processor(said, scores)
    return torch.softmax(scores[0].double(), dim=-1)


def case(options, random, ties):
    size = int(random.integers(20, 60))
    logits = random.normal(0, 3, size).astype(np.float32)
    if ties:
        logits = np.round(logits)
    prompt = random.integers(0, size, 6).tolist()
    answer = random.integers(0, size, 5).tolist() * int(random.integers(1, 3))
    allowed = sorted(random.choice(size, size - int(random.integers(0, size // 2)), replace=False).tolist())
    shares = filtered(logits.tolist(), options, prompt, answer, allowed)
    sums = shares.cumsum(0).numpy()
    tokens = [int(np.searchsorted(sums, draw * sums[-1], side="right")) for draw in DRAWS]
    return {"options": options, "logits": [float(x) for x in logits], "prompt": prompt, "answer": answer,
            "allowed": allowed, "shares": {str(i): float(p) for i, p in enumerate(shares) if p > 0}, "tokens": tokens}


def golden(seed):
    random = np.random.default_rng(seed)
    # Which of equal tokens top-p leaves out is chance in transformers: torch.sort is not stable.
    cases = [case(options, random, ties) for ties in (False, True) for options in CASES
             if not (ties and "top_p" in options)]
    return {"versions": {"transformers": transformers.__version__, "torch": torch.__version__.split("+")[0]},
            "draws": DRAWS, "cases": cases}


def main(arguments):
    seed = int(arguments.pop()) if arguments[0] == "--answers" else SEED
    Path(arguments[-1]).write_text(json.dumps(golden(seed), separators=(",", ":")).replace('{"options"', '\n{"options"') + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
