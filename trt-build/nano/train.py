"""Trains nano within a wall-clock budget and exports it.

usage: train.py --data PACK --pool DIR --out DIR [--minutes 20] [--resume] …

PACK is pack.zip unpacked; DIR is filled by render_pool.py while training goes on (pool-*: training; val-*: watched while training).
The schedule follows the clock: whatever the machine's speed, the learning rate is down to nothing when the minutes are over. OUT/state.pt holds
everything needed to go on after an interruption (--resume; --minutes stays the total).
"""
import argparse
import json
import math
import pathlib
import threading
import time

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import nn

import dataset
import export
import model
import pictures
import prompts
import scoring
import targets
import tokenizer

SHARES = {"bracket": 0.62, "board": 0.33, "screw": 0.05}
QAT_FROM = 0.7  # of the time: the text linears are rounded to block-FP8 in the forward pass
WARM = 0.02
SHRINK = {"bracket": 0.1, "board": 0.25, "screw": 0.25}
SMALL = 1.5  # how much more often a part with a surface defect below 2 mm is drawn


class Heads(nn.Module):
    """Auxiliary classifiers of patches and merged tokens; they teach the tower where defects are and are not exported."""

    def __init__(self, cfg):
        super().__init__()
        v = cfg["vision_config"]
        n = len(prompts.CLASSES)
        self.patch = nn.Sequential(nn.LayerNorm(v["hidden_size"]), nn.Linear(v["hidden_size"], n))
        self.token = nn.Sequential(nn.LayerNorm(v["out_hidden_size"]), nn.Linear(v["out_hidden_size"], n))
        self.tap = nn.Sequential(nn.LayerNorm(v["out_hidden_size"]), nn.Linear(v["out_hidden_size"], n))
        for m in (self.patch, self.token, self.tap):
            nn.init.zeros_(m[1].weight)
            nn.init.constant_(m[1].bias, -4.0)


class Feed:
    """Takes finished renderings from a folder into a ring, reading files on a thread of its own."""

    def __init__(self, folder, name, ring, keep=False):
        self.folder, self.name, self.ring, self.keep = pathlib.Path(folder), name, ring, keep
        self.seen, self.ready, self.labels, self.sizes = set(), [], [], []
        self.lock, self.stopped = threading.Lock(), False
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        while not self.stopped:
            with self.lock:
                waiting = len(self.ready)
            new = [] if waiting > 3 else [p for p in sorted(self.folder.glob(f"{self.name}-*.npy")) if p not in self.seen]
            for path in new[:2]:
                truth = json.loads(path.with_suffix(".json").read_text())
                stack = torch.from_numpy(np.load(path))
                if torch.cuda.is_available():
                    stack = stack.pin_memory()
                boxes, classes = dataset.boxes_array([t["boxes"] for t in truth], pictures.Brackets.boxes_each)
                pose = np.array([t["pose"] for t in truth], np.float32)
                weight = np.array([self.weight(t) for t in truth], np.float32)
                labels = [t["label"] for t in truth]
                sizes = [extent(t) for t in truth]
                with self.lock:
                    self.ready.append((stack, pose, boxes, classes, weight, labels, sizes))
                    self.seen.add(path)
                if not self.keep:
                    path.unlink()
                    path.with_suffix(".json").unlink()
            if not new:
                time.sleep(0.3)

    @staticmethod
    def weight(truth):
        return SMALL if truth["label"] in ("scratch", "crack", "dent") and extent(truth) < 2.0 else 1.0

    def take(self):
        """Moves what is ready into the ring; call from the training thread."""
        with self.lock:
            ready, self.ready = self.ready, []
        for stack, pose, boxes, classes, weight, labels, sizes in ready:
            if self.keep and self.ring.added + len(pose) > self.ring.capacity:
                self.stopped = True
                break
            self.ring.add(stack, pose, boxes, classes, weight)
            self.labels += labels
            self.sizes += sizes
        return self.ring.added


def extent(truth):
    """Largest defect's longer side in mm; 0 for a good part."""
    return max((max(b[2] - b[0], b[3] - b[1]) * pictures.SCALE for b in truth["boxes"]), default=0.0)


def row_major(hidden, gh, gw):
    """[B, N, C] in merge order → the same patches row by row."""
    b, n, c = hidden.shape
    return hidden.view(b, gh // 2, gw // 2, 2, 2, c).permute(0, 1, 3, 2, 4, 5).reshape(b, n, c)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--data", type=pathlib.Path, required=True)
    p.add_argument("--pool", type=pathlib.Path, required=True)
    p.add_argument("--out", type=pathlib.Path, required=True)
    p.add_argument("--minutes", type=float, default=20)
    p.add_argument("--resume", action="store_true", help="go on from OUT/state.pt")
    p.add_argument("--lr", type=float, default=1.7e-3)
    p.add_argument("--batch", type=int, nargs=3, default=[224, 384, 128], help="pictures in a batch of brackets, boards, screws")
    p.add_argument("--ring", type=int, default=40000, help="rendered parts kept on the device: 0.9 MB each")
    p.add_argument("--val-ring", type=int, default=2048, help="validation parts kept beside them")
    p.add_argument("--start-with", type=int, default=4000, help="rendered parts to wait for")
    p.add_argument("--drawn", type=int, default=1800, help="boards with drawn defects")
    p.add_argument("--invented", type=int, default=2400, help="boards invented as a whole")
    p.add_argument("--workers", type=int, default=8)
    p.add_argument("--watch", type=float, default=75, help="seconds between looks at the validation parts")
    p.add_argument("--most", type=int, default=100000, help="validation pictures of a kind to look at: small for a dry run")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--name", default="nano", help="of the checkpoint, as the product's records name it")
    p.add_argument("--no-compile", action="store_true", help="saves some minutes before a short run")
    a = p.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(a.seed)
    torch.backends.cuda.matmul.allow_tf32 = True
    torch.backends.cudnn.allow_tf32 = True
    birth = time.time()
    log = open(a.out / "train.log", "a", buffering=1)

    def say(*words):
        line = f"[{time.time() - birth:6.0f}s] " + " ".join(str(w) for w in words)
        print(line, flush=True)
        print(line, file=log)

    tok = Tokenizer.from_file(str(a.data / "tokenizer" / "tokenizer.json"))
    cfg = model.config(tokenizer.vocabulary_size(tok), tok.token_to_id)
    net = model.Nano(cfg).to(device)
    heads = Heads(cfg).to(device)
    talks = {t: targets.Conversation(t, tok, device) for t in prompts.SIZES}
    turns = {t: tuple(v.to(device) for v in net.model.language_model.turns(c.positions)) for t, c in talks.items()}
    channels = {t: torch.tensor([float(any(c in q.rejects + q.reviews for q in talks[t].prompts)) for c in prompts.CLASSES], device=device)
                for t in talks}
    say("parameters", sum(q.numel() for q in net.parameters()), "device", device, {t: (len(c.prefix), c.length, c.short) for t, c in talks.items()})

    ring, val = pictures.Brackets(a.ring, device, a.seed), pictures.Brackets(a.val_ring, device, a.seed)
    feed, watch = Feed(a.pool, "pool", ring), Feed(a.pool, "val", val, keep=True)
    boards = pictures.Boards(device, a.seed)
    pairs = dataset.read_pairs(a.data)
    drawn, invented = dataset.drawn_boards([q[2] for q in pairs], a.drawn, a.invented, a.seed, a.workers)
    boards.add([q[1:] for q in pairs], 0.4)
    boards.add([(x, y, z, None) for x, y, z in drawn], 0.25)
    boards.add([(x, y, z, None) for x, y, z in invented], 0.35)
    boards.ready()
    say("boards", len(pairs), "drawn", len(drawn), "invented", len(invented))
    screws, screws_val = pictures.Screws(device, a.seed), pictures.Screws(device, a.seed)
    screws.load(*dataset.read_screws(a.data, "train"))
    windows = tuple(v[:a.most] for v in dataset.read_windows(a.data, "val"))
    screws_val.load(*(v[:a.most // 4 + 1] for v in dataset.read_screws(a.data, "val")))

    matrices = [q for n, q in net.named_parameters() if q.ndim == 2 and "embed" not in n]
    plain = [q for n, q in net.named_parameters() if q.ndim != 2 or "embed" in n]
    optimizer = torch.optim.AdamW([dict(params=[*plain, *heads.parameters()], weight_decay=0.0), dict(params=matrices, weight_decay=0.05)],
                                  lr=a.lr, betas=(0.9, 0.98), fused=device.type == "cuda")
    ema = {n: q.detach().clone() for n, q in net.named_parameters()}
    spent, step = 0.0, 0
    if a.resume and (a.out / "state.pt").exists():
        s = torch.load(a.out / "state.pt", map_location=device, weights_only=False)
        net.load_state_dict(s["net"])
        heads.load_state_dict(s["heads"])
        optimizer.load_state_dict(s["optimizer"])
        ema, spent, step = s["ema"], s["spent"], s["step"]
        say("resumed at step", step, "after", round(spent), "s")

    if device.type == "cuda" and not a.no_compile:
        torch._dynamo.config.cache_size_limit = 64
        torch._dynamo.config.suppress_errors = True  # what cannot be compiled runs as it is
        for m in [*net.model.visual.blocks, *net.model.language_model.layers, net.model.visual.merger, *net.model.visual.deepstack_merger_list]:
            m.compile(dynamic=False)
        pictures.merge = torch.compile(pictures.merge, dynamic=False)
        targets.dense_loss = torch.compile(targets.dense_loss, dynamic=False)

    sources = {"bracket": ring, "board": boards, "screw": screws}
    batch = dict(zip(("bracket", "board", "screw"), a.batch))
    while feed.take() < min(a.start_with, a.ring):
        time.sleep(0.5)
        watch.take()
    say("rendered parts to begin with:", ring.count)

    def learn(task, aux):
        """One batch forward and backward; (text loss, verdict loss, auxiliary loss), detached."""
        talk = talks[task]
        h, w = prompts.SIZES[task]
        got = sources[task].sample(batch[task])
        x, boxes, classes = got[:3]
        ok = got[3].float() if len(got) > 3 else torch.ones(len(x), device=device)
        ids, want, weight, _ = talk.build(boxes, classes)
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda"):
            tokens, taps, hidden = net.model.visual(x)
            out = net.model.language_model(ids, tokens, taps, talk.at, *turns[task], talk.mask)
            slots = out[:, len(talk.prefix):].reshape(len(x), len(talk.prompts), talk.length, -1)
            logits = net.head(slots)
            at_patch = heads.patch(row_major(hidden, h // 16, w // 16))
            at_token, at_tap = heads.token(tokens), heads.tap(taps[0])
        ce = F.cross_entropy(logits.float().flatten(0, 2), want.flatten(), reduction="none").view_as(weight)
        text = (ce * weight * ok[:, None, None]).sum() / len(x)
        guide = (targets.dense_loss(at_patch, boxes, classes, h, w, 16, channels[task], SHRINK[task])
                 + targets.dense_loss(at_token, boxes, classes, h, w, 32, channels[task], SHRINK[task])
                 + 0.5 * targets.dense_loss(at_tap, boxes, classes, h, w, 32, channels[task], SHRINK[task]))
        (text + aux * guide).backward()
        with torch.no_grad():
            first = ce.gather(2, (talk.begin - 1).view(1, -1, 1).expand(len(x), -1, 1))[..., 0]
        return text.detach(), (first.detach() * ok[:, None]).mean(), guide.detach()

    tasks = list(prompts.SIZES)
    for task in tasks if device.type == "cuda" else ():  # compiling is not learning: it happens before the clock starts
        for fake in (True, False):
            net.set_fake(fake)
            learn(task, 0.5)
            for q in (*net.parameters(), *heads.parameters()):
                q.grad = None
    say("ready to learn")

    # a fixed order of tasks: every run of ten steps has each task's share
    share = np.array([SHARES[t] for t in tasks])
    credit = np.zeros(len(tasks))
    total = a.minutes * 60
    began = time.time()
    last_watch = last_say = began
    sums, counts, seen = {}, {}, dict.fromkeys(tasks, 0)
    slow = list(ema.values())
    fast = [q for _, q in net.named_parameters()]
    while True:
        now = spent + time.time() - began
        progress = min(1.0, now / total)
        if progress >= 1:
            break
        heat = min(1.0, progress / WARM, (step + 1) / 200) * (1.0 if progress < 0.35 else 0.5 * (1 + math.cos(math.pi * (progress - 0.35) / 0.65)))
        for group in optimizer.param_groups:
            group["lr"] = a.lr * max(heat, 1e-3)
        net.set_fake(progress >= QAT_FROM)
        aux = 0.5 if progress < 0.3 else 0.5 - 0.4 * (progress - 0.3) / 0.7
        credit += share
        t = int(credit.argmax())
        credit[t] -= 1
        task = tasks[t]
        seen[task] += batch[task]
        text, first, guide = learn(task, aux)
        norm = torch.nn.utils.clip_grad_norm_([*net.parameters(), *heads.parameters()], 5.0, foreach=True)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        step += 1
        with torch.no_grad():
            torch._foreach_lerp_(slow, fast, 1 - min(0.999, (1 + step) / (10 + step)))
        for name, v in ((task + ".text", text), (task + ".verdict", first), (task + ".guide", guide)):
            sums[name] = sums.get(name, 0) + v
            counts[name] = counts.get(name, 0) + 1
        if step % 8 == 0:
            feed.take()
            watch.take()
        if time.time() - last_say > 15:
            line = {n: round(float(v) / counts[n], 4) for n, v in sums.items()}
            if not all(math.isfinite(v) for v in line.values()):
                raise SystemExit(f"train: the loss is no number at step {step}; resume from state.pt with a lower --lr: {line}")
            rate = sum(seen.values()) / (time.time() - last_say)
            say("step", step, f"{100 * progress:.1f}%", "lr", f"{optimizer.param_groups[0]['lr']:.1e}", f"{rate:.0f} pictures/s",
                "norm", round(float(norm), 2), "rendered", ring.added, json.dumps(line))
            sums, counts, seen, last_say = {}, {}, dict.fromkeys(tasks, 0), time.time()
        if time.time() - last_watch > a.watch:
            began_watch = time.time()
            look(say, net, ema, talks, val, watch, windows, screws_val, device)
            save(a.out, net, heads, optimizer, ema, spent + time.time() - began, step)
            last_watch = time.time()
            last_say += last_watch - began_watch
    spent += time.time() - began
    save(a.out, net, heads, optimizer, ema, spent, step)
    look(say, net, ema, talks, val, watch, windows, screws_val, device)
    final = model.Nano(cfg)
    final.load_state_dict({n: q.cpu() for n, q in ema.items()})
    size = export.write(final, a.data / "tokenizer", a.out / "checkpoint", a.name)
    say("exported", size, "bytes after", step, "steps and", round(spent), "s;", ring.added, "parts rendered")
    feed.stopped = watch.stopped = True


def save(out, net, heads, optimizer, ema, spent, step):
    part = out / "state.part"
    torch.save({"net": net.state_dict(), "heads": heads.state_dict(), "optimizer": optimizer.state_dict(), "ema": ema,
                "spent": spent, "step": step}, part)
    part.rename(out / "state.pt")


@torch.no_grad()
def look(say, net, ema, talks, val, watch, windows, screws, device):
    """Prints how the averaged weights do on the validation parts."""
    cuda = device.type == "cuda"
    if cuda:
        torch.compiler.set_stance("force_eager")
    mine = {n: q.detach().clone() for n, q in net.named_parameters()}
    for n, q in net.named_parameters():
        q.copy_(ema[n])
    if val.count >= 64:
        shares, truth = scoring.score_brackets(net, talks["bracket"], val, cuda, 256 if cuda else 32)
        labels, sizes = np.array(watch.labels[:val.count]), np.array(watch.sizes[:val.count])
        limits = scoring.thresholds(shares, truth, labels == "good", budget=0.002)
        t = scoring.table(shares, truth, labels, sizes, limits)
        say("  val parts", val.count, "false", f"{t['good']['false']}/{t['good']['of']}",
            {k: f"{v['caught']}/{v['of']}" for k, v in t["kinds"].items()},
            {k: {b: f"{x['caught']}/{x['of']}" for b, x in v["bySize"].items()} for k, v in t["kinds"].items() if "bySize" in v},
            "reviewAt", [x["reviewAt"] for x in limits])
    s = scoring.score_windows(net, talks["board"], windows[0], device, cuda, 256 if cuda else 32)
    board = np.array(windows[2])
    by = {b: round(float(scoring.balanced(s[board == b], windows[1][board == b])), 4) for b in sorted(set(windows[2]))}
    say("  boards val balanced", round(float(scoring.balanced(s, windows[1])), 4), by)
    s = scoring.score_screws(net, talks["screw"], screws, cuda)
    truth = screws.missing.flatten().cpu().numpy()
    say("  screws val", f"{((1 - s[:, 0] >= 0.5) == truth).sum()}/{len(truth)}")
    if cuda:
        torch.compiler.set_stance("default")
    for n, q in net.named_parameters():
        q.copy_(mine[n])


if __name__ == "__main__":
    main()
