"""Trains a LoRA adapter for a Qwen3-VL checkpoint on what `goshawk export` wrote, with PEFT.

    python train.py --checkpoint DIR --data DIR --out DIR [--epochs N] [--rank R] [--bits 4|8|16] [--vision]
    python train.py --estimate 8B [--bits 4] [--picture 1024x1024] [--card 12]     what it would take, without training

The conversations are put together as the product does it: the checkpoint's own chat template, the thought closed, the
answer's beginning forced. Only what the model has to say itself has a loss; half of it lies on the verdict. The adapter is
what PEFT saves; `goshawk ... --adapter DIR` merges it when the engine is built.
"""

import argparse
import json
import math
import random
import re
import resource
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from peft import LoraConfig, get_peft_model
from PIL import Image
from torch import nn
from transformers import AutoImageProcessor, AutoTokenizer

import memory
from checkpoint import open_model

TEXT = r".*language_model\.layers\.\d+\.(self_attn\.[qkvo]_proj|mlp\.(gate|up|down)_proj)"
VISION = r".*visual\.(blocks\.\d+\.(attn\.(qkv|proj)|mlp\.linear_fc[12])|(merger|deepstack_merger_list\.\d+)\.linear_fc[12])"
IGNORED = -100

# What the host opens the answer with, so that the model begins behind it.
OPENING = re.compile(r'\{"\w+":"?')
THOUGHT, THOUGHT_END = "<think>", "</think>\n\n"
IMAGE = "<|image_pad|>"


class Conversations:
    """The lines of one split as tokens and patches."""

    def __init__(self, folder, split, checkpoint, max_pixels):
        self.folder = folder
        self.rows = [json.loads(line) for line in (folder / f"{split}.jsonl").read_text().splitlines()]
        self.tokenizer = AutoTokenizer.from_pretrained(checkpoint)
        # Pillow's bicubic is what the product's preprocessor is held against.
        self.images = AutoImageProcessor.from_pretrained(checkpoint, use_fast=False)
        if max_pixels:
            self.images.size["longest_edge"] = max_pixels
        config = json.loads((checkpoint / "config.json").read_text())
        self.merge = config["vision_config"]["spatial_merge_size"] ** 2
        self.image_token = config["image_token_id"]
        self.end = self.tokenizer.convert_tokens_to_ids("<|im_end|>")
        self.seen = {}

    def __len__(self):
        return len(self.rows)

    def verdict(self, i):
        return json.loads(self.rows[i]["messages"][-1]["content"]).get("verdict", "")

    def kind(self, i):
        """Question and verdict: what training is balanced over."""
        return self.question(i), self.verdict(i)

    def question(self, i):
        return next(part["text"] for part in self.rows[i]["messages"][-2]["content"] if part["type"] == "text")

    def patches(self, i):
        """Patches and grid of the conversation's picture."""
        path = next(part["image"] for part in self.rows[i]["messages"][-2]["content"] if part["type"] == "image")
        if path not in self.seen:
            with Image.open(self.folder / path) as picture:
                done = self.images(images=[picture.convert("RGB")], return_tensors="pt")
            if len(self.seen) < 256:
                self.seen[path] = done["pixel_values"], done["image_grid_thw"]
            return done["pixel_values"], done["image_grid_thw"]
        return self.seen[path]

    def tokens(self, i):
        """(ids, labels): labels only where the model speaks for itself."""
        *asked, answer = self.rows[i]["messages"]
        prompt = self.tokenizer.apply_chat_template(asked, tokenize=False, add_generation_prompt=True)
        if prompt.rstrip().endswith(THOUGHT):
            prompt += ("\n" if prompt.endswith("\n") else "\n\n") + THOUGHT_END
        opening = OPENING.match(answer["content"]).group()
        _, grid = self.patches(i)
        pads = IMAGE * (int(grid.prod()) // self.merge)
        if prompt.count(IMAGE) != 1:
            raise SystemExit("the checkpoint's chat template does not write a picture as one <|image_pad|>")
        prompt = prompt.replace(IMAGE, pads) + opening
        before = self.tokenizer(prompt, add_special_tokens=False)["input_ids"]
        whole = self.tokenizer(prompt + answer["content"][len(opening):], add_special_tokens=False)["input_ids"]
        if whole[: len(before)] != before:
            raise SystemExit("the tokenizer joins the answer with its opening; use a Qwen3-VL tokenizer.json")
        ids = whole + [self.end]
        return ids, [IGNORED] * len(before) + ids[len(before):]

    def batch(self, indices, device):
        """Padded on the left, so that all answers end in the last places and logits are made only there."""
        said = [self.tokens(i) for i in indices]
        width = max(len(ids) for ids, _ in said)
        pad = self.end

        def rows(lists, filler):
            return torch.tensor([[filler] * (width - len(one)) + one for one in lists], device=device)

        ids = rows([ids for ids, _ in said], pad)
        labels = rows([labels for _, labels in said], IGNORED)
        mask = rows([[1] * len(ids) for ids, _ in said], 0)
        pictures = [self.patches(i) for i in indices]
        first = min(width - sum(label != IGNORED for label in labels) for _, labels in said)
        return dict(
            input_ids=ids, attention_mask=mask, mm_token_type_ids=(ids == self.image_token).long(),
            pixel_values=torch.cat([pixels for pixels, _ in pictures]).to(device),
            image_grid_thw=torch.cat([grid for _, grid in pictures]).to(device),
            logits_to_keep=width - first + 1), labels  # fmt: skip


class SeenBefore(nn.Module):
    """A vision tower that is not trained sees each picture once; what it saw is kept, up to a bound in bytes."""

    def __init__(self, tower, limit):
        super().__init__()
        self.tower, self.limit, self.bytes, self.seen = tower, limit, 0, {}
        self.spatial_merge_size = tower.spatial_merge_size

    @property
    def dtype(self):
        return self.tower.dtype

    @torch.no_grad()
    def forward(self, hidden_states, grid_thw, **rest):
        sizes = grid_thw.prod(-1).tolist()
        parts = [self.one(pixels, grid[None], rest) for pixels, grid in zip(hidden_states.split(sizes), grid_thw)]
        together = parts[0]
        for name in ("last_hidden_state", "pooler_output"):
            together[name] = torch.cat([part[name] for part in parts])
        together["deepstack_features"] = [torch.cat(level) for level in zip(*[p["deepstack_features"] for p in parts])]
        return together

    def one(self, pixels, grid, rest):
        key = hash(pixels.float().cpu().numpy().tobytes())
        if key in self.seen:
            return type(self.seen[key])(**self.seen[key])
        out = self.tower(pixels, grid_thw=grid, **rest)
        size = sum(t.nbytes for t in (out["last_hidden_state"], out["pooler_output"], *out["deepstack_features"]))
        if self.bytes + size <= self.limit:
            self.bytes += size
            self.seen[key] = out
        return type(out)(**out)


def loss_of(logits, labels):
    """Half on the first token, the verdict, half on the rest of the answer; every conversation counts the same."""
    labels = labels[:, -logits.shape[1] + 1 :]
    each = F.cross_entropy(logits[:, :-1].float().transpose(1, 2), labels, ignore_index=IGNORED, reduction="none")
    said = labels != IGNORED
    first = said & (said.cumsum(1) == 1)
    rest = said & ~first
    return ((each * first).sum(1) + (each * rest).sum(1) / rest.sum(1).clamp(min=1)).mean() / 2


@torch.no_grad()
def validated(model, data, batch, device):
    """Share of right verdicts, greedily among the words that the answers begin with; by verdict, and their mean."""
    beginnings = {}
    for i in range(len(data)):
        _, labels = data.tokens(i)
        beginnings.setdefault(data.verdict(i), next(label for label in labels if label != IGNORED))
    words = list(beginnings)
    firsts = torch.tensor([beginnings[word] for word in words], device=device)
    right, count, losses = {}, {}, []
    for start in range(0, len(data), batch):
        indices = range(start, min(start + batch, len(data)))
        inputs, labels = data.batch(list(indices), device)
        logits = model(**inputs).logits
        losses.append(loss_of(logits, labels).item())
        labels = labels[:, -logits.shape[1] + 1 :]
        places = (labels != IGNORED).float().argmax(1)
        for row, i in enumerate(indices):
            said = words[int(logits[row, places[row]][firsts].argmax())]
            count[data.verdict(i)] = count.get(data.verdict(i), 0) + 1
            right[data.verdict(i)] = right.get(data.verdict(i), 0) + (said == data.verdict(i))
    shares = {verdict: round(right[verdict] / count[verdict], 4) for verdict in sorted(count)}
    mean = round(sum(shares.values()) / max(len(shares), 1), 4)
    return {"right": shares, "balanced": mean, "loss": round(sum(losses) / max(len(losses), 1), 4)}


def drawn(data, generator):
    """One epoch: as many as there are, every question and verdict as often as any other."""
    kinds = [data.kind(i) for i in range(len(data))]
    weights = [1 / kinds.count(kind) for kind in kinds]
    return generator.choices(range(len(data)), weights, k=len(data))


def peak_gib(device):
    if device == "cuda":
        return torch.cuda.max_memory_reserved() / memory.GIB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def train(a):
    torch.manual_seed(a.seed)
    generator = random.Random(a.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    dtype = torch.bfloat16 if device == "cuda" else torch.float32
    data = Conversations(a.data, "train", a.checkpoint, a.max_pixels)
    held = Conversations(a.data, "validation", a.checkpoint, a.max_pixels)
    if not len(data):
        raise SystemExit(f"{a.data} has no conversation to train with; confirm more parts and export again")
    first = Image.open(a.data / next(p["image"] for p in data.rows[0]["messages"][-2]["content"] if p["type"] == "image"))
    print("estimate:", memory.report(memory.config_of(a.checkpoint), a.bits, a.rank, first.size, a.batch, a.card,
                                     device == "cpu", a.vision), sep="\n")  # fmt: skip
    base = open_model(a.checkpoint, a.bits, device, dtype)
    base.config.use_cache = False
    if device == "cuda":
        base.gradient_checkpointing_enable({"use_reentrant": False})
        base.enable_input_require_grads()
    model = get_peft_model(base, LoraConfig(
        r=a.rank, lora_alpha=2 * a.rank, lora_dropout=a.dropout,
        target_modules=f"{TEXT}|{VISION}" if a.vision else TEXT))  # fmt: skip
    if not a.vision:
        base.model.visual = SeenBefore(base.model.visual, int(a.keep * memory.GIB))
    trained = [p for p in model.parameters() if p.requires_grad]
    print(f"{sum(p.numel() for p in trained):,} numbers to train, {len(data)} conversations, {len(held)} to validate with")
    before = validated(model.eval(), held, a.batch, device)
    print("before:", json.dumps(before))
    optimizer = torch.optim.AdamW(trained, lr=a.rate, weight_decay=0.01)
    steps = max(1, a.epochs * math.ceil(len(data) / a.batch))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1, (step + 1) / max(1, steps // 20)) * 0.5 * (1 + math.cos(math.pi * step / steps)))  # fmt: skip
    started = time.monotonic()
    for epoch in range(a.epochs):
        model.train()
        order, total = drawn(data, generator), 0.0
        batches = [order[i : i + a.batch] for i in range(0, len(order), a.batch)]
        for indices in batches:
            inputs, labels = data.batch(indices, device)
            loss = loss_of(model(**inputs).logits, labels)
            loss.backward()
            nn.utils.clip_grad_norm_(trained, 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad(set_to_none=True)
            total += loss.item()
        print(f"epoch {epoch + 1}: loss {total / len(batches):.4f}, {time.monotonic() - started:.0f} s", flush=True)
    after = validated(model.eval(), held, a.batch, device)
    print("after:", json.dumps(after))
    model.save_pretrained(a.out)
    measured = round(peak_gib(device), 2)
    print(f"peak: {measured} GiB ({'CUDA, reserved' if device == 'cuda' else 'resident, the whole process'})")
    card = json.loads((a.data / "card.json").read_text())
    (a.out / "training.json").write_text(json.dumps(dict(
        data=card, checkpoint=str(a.checkpoint.name), seed=a.seed, epochs=a.epochs, rank=a.rank, rate=a.rate,
        bits=a.bits, vision=a.vision, before=before, after=after, peak_gib=measured,
        seconds=round(time.monotonic() - started)), indent=1) + "\n")  # fmt: skip


def size(text):
    width, height = text.lower().split("x")
    return int(width), int(height)


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--checkpoint", type=Path, help="Qwen3-VL checkpoint folder")
    p.add_argument("--data", type=Path, help="folder that goshawk export wrote")
    p.add_argument("--out", type=Path, help="folder for the adapter")
    p.add_argument("--estimate", metavar="SIZE", help=f"memory only: {', '.join(memory.PUBLISHED)}, a config.json or a checkpoint folder")
    p.add_argument("--epochs", type=int, default=3)
    p.add_argument("--batch", type=int, default=1, help="conversations of one step")
    p.add_argument("--rank", type=int, default=16)
    p.add_argument("--rate", type=float, default=2e-4, help="learning rate")
    p.add_argument("--dropout", type=float, default=0.0)
    p.add_argument("--bits", type=int, choices=(4, 8, 16), default=16, help="of the frozen weights; 4 and 8 need CUDA and bitsandbytes")
    p.add_argument("--vision", action="store_true", help="train the vision tower's linears too")
    p.add_argument("--max-pixels", type=int, help="pictures are made smaller than this, as the recipe's engine must be told too")
    p.add_argument("--keep", type=float, default=1.0, help="GiB for what the vision tower saw")
    p.add_argument("--card", type=float, default=12, help="GiB of the card, for the estimate")
    p.add_argument("--picture", type=size, default=(1024, 1024), help="WIDTHxHEIGHT in pixels, for --estimate")
    p.add_argument("--seed", type=int, default=1)
    a = p.parse_args()
    if a.estimate:
        print(memory.report(memory.config_of(a.estimate), a.bits, a.rank, a.picture, a.batch, a.card))
    elif a.checkpoint and a.data and a.out:
        train(a)
    else:
        p.error("give --checkpoint, --data and --out, or --estimate")


if __name__ == "__main__":
    main()
