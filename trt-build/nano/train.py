"""Trains nano within a wall-clock budget and exports it.

usage: train.py --data PACK --pool DIR --out DIR [--minutes 20] [--resume] …

PACK is pack.zip unpacked; DIR is filled by render_pool.py while training goes on (pool0-*, and pool1-* for a second GPU: training; val-*: watched
while training; clip0-*: films). With several GPUs start one process for each
(torchrun, or WORLD_SIZE, RANK, MASTER_ADDR and MASTER_PORT): each has pictures of its own, and their gradients are averaged.
The schedule follows the clock: whatever the machine's speed, the learning rate is down to nothing when the minutes are over. OUT/state.pt holds
everything needed to go on after an interruption (--resume; --minutes stays the total).
"""
import argparse
import json
import math
import os
import pathlib
import threading
import time

import numpy as np
import torch
import torch.distributed as dist
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

# Of the steps; and pictures (films) in a batch of each GPU.
SHARES = {"bracket": 0.42, "board": 0.36, "label": 0.05, "clip": 0.05, "pair": 0.1, "screw": 0.02}
BATCH = {"bracket": 144, "board": 144, "label": 128, "clip": 48, "pair": 72, "screw": 72}
WARM = 0.02
FLAT = 0.3  # of the time at full rate, warming included; then down along a cosine
SHRINK = {"bracket": 0.1, "board": 0.25, "pair": 0.25, "screw": 0.25}
SMALL = 1.5  # how much more often a part with a surface defect below 3 mm is drawn
ENOUGH = 0.8  # of the time: no new pictures are needed any more
SEATED = 0.25  # seconds around a bolt's seating in which a frame may say either


class Heads(nn.Module):
    """Auxiliary classifiers of patches and merged tokens; they teach the tower where defects are and are not exported."""

    def __init__(self, cfg):
        super().__init__()
        v = cfg["vision_config"]
        n, wide = len(prompts.CLASSES), cfg["text_config"]["hidden_size"]
        h, w = prompts.seen("clip")
        self.patch = nn.Sequential(nn.LayerNorm(v["hidden_size"]), nn.Linear(v["hidden_size"], n))
        self.token = nn.Sequential(nn.LayerNorm(v["out_hidden_size"]), nn.Linear(v["out_hidden_size"], n))
        self.tap = nn.Sequential(nn.LayerNorm(v["out_hidden_size"]), nn.Linear(v["out_hidden_size"], n))
        for m in (self.patch, self.token, self.tap):
            nn.init.zeros_(m[1].weight)
            nn.init.constant_(m[1].bias, -4.0)
        self.character = nn.Sequential(nn.LayerNorm(v["hidden_size"]), nn.Linear(v["hidden_size"], len(prompts.CHARACTERS)))
        self.frame = nn.Sequential(nn.LayerNorm(v["out_hidden_size"]), nn.Flatten(2), nn.Linear(h * w // 1024 * v["out_hidden_size"], 4))
        self.sofar = nn.Sequential(nn.LayerNorm(wide), nn.Linear(wide, 4))


class Feed:
    """Takes finished renderings from a folder into a store, reading files on a thread of its own."""

    def __init__(self, folder, name, store, keep=False):
        self.folder, self.name, self.store, self.keep = pathlib.Path(folder), name, store, keep
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
                with self.lock:
                    self.ready.append((truth, stack, *self.arrays(truth)))
                    self.seen.add(path)
                if not self.keep:
                    path.unlink()
                    path.with_suffix(".json").unlink()
            if not new:
                time.sleep(0.3)

    @staticmethod
    def arrays(truth):
        """(pose, boxes, classes, weight, codes) of brackets."""
        boxes, classes = dataset.boxes_array([t["boxes"] for t in truth], pictures.Brackets.boxes_each)
        weight = [SMALL if t["label"] in ("scratch", "crack", "dent") and extent(t) < 3.0 else 1.0 for t in truth]
        return (np.array([t["pose"] for t in truth], np.float32), boxes, classes, np.array(weight, np.float32), dataset.codes_array([t["code"] for t in truth]))

    def take(self):
        """Moves what is ready into the store; call from the training thread."""
        with self.lock:
            ready, self.ready = self.ready, []
        for truth, stack, *arrays in ready:
            if self.keep and self.store.added + len(stack) > self.store.capacity:
                self.stopped = True
                break
            self.store.add(stack, *arrays)
            self.note(truth)
        return self.store.added

    def note(self, truth):
        if self.keep:
            self.labels += [t["label"] for t in truth]
            self.sizes += [extent(t) for t in truth]


class Films(Feed):
    """The same for clips."""

    @staticmethod
    def arrays(truth):
        return (np.array([t["seconds"] for t in truth], np.float32),)

    def note(self, truth):
        self.stopped = self.store.count >= self.store.capacity


class Crew:
    """The processes that train together, one for each GPU; alone when there is no other."""

    def __init__(self):
        self.size, self.rank = int(os.environ.get("WORLD_SIZE", 1)), int(os.environ.get("RANK", 0))
        cuda = torch.cuda.is_available()
        self.device = torch.device("cuda", self.rank % torch.cuda.device_count()) if cuda else torch.device("cpu")
        if cuda:
            torch.cuda.set_device(self.device)
        if self.size > 1:
            dist.init_process_group("nccl" if cuda else "gloo")
            self.talk = dist.new_group(backend="gloo")

    def average(self, parameters):
        """Makes all gradients the mean over the crew."""
        if self.size == 1:
            return
        grads = [q.grad for q in parameters if q.grad is not None]
        flat = torch.cat([g.flatten() for g in grads])
        dist.all_reduce(flat)
        torch._foreach_copy_(grads, [v.view_as(g) for v, g in zip((flat / self.size).split([g.numel() for g in grads]), grads)])

    def agree(self, value):
        """The first process's number, for all."""
        if self.size == 1:
            return value
        t = torch.tensor([value], dtype=torch.float64)
        dist.broadcast(t, 0, group=self.talk)
        return float(t)


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
    p.add_argument("--start", type=pathlib.Path, help="a checkpoint to go on from, which may be shallower; else from random weights")
    p.add_argument("--minutes", type=float, default=20)
    p.add_argument("--resume", action="store_true", help="go on from OUT/state.pt")
    p.add_argument("--lr", type=float, default=1.2e-3)
    p.add_argument("--scale", type=float, default=1.0, help="of the batches: less for less memory")
    p.add_argument("--ring", type=int, default=20000, help="rendered parts kept on each device: 0.9 MB each")
    p.add_argument("--films", type=int, default=3000, help="clips kept on each device: 3.4 MB each")
    p.add_argument("--val-ring", type=int, default=1000, help="validation parts kept beside them")
    p.add_argument("--start-with", type=int, default=1500, help="rendered parts to wait for")
    p.add_argument("--drawn", type=int, default=900, help="boards with drawn defects, for each device")
    p.add_argument("--invented", type=int, default=1200, help="boards invented as a whole, for each device")
    p.add_argument("--workers", type=int, default=8)
    p.add_argument("--watch", type=float, default=240, help="seconds between looks at the validation parts")
    p.add_argument("--most", type=int, default=100000, help="validation pictures of a kind to look at: small for a dry run")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--name", default="nano", help="of the checkpoint, as the product's records name it")
    p.add_argument("--no-compile", action="store_true", help="saves some minutes before a short run")
    a = p.parse_args()
    crew = Crew()
    device, lead = crew.device, crew.rank == 0
    cuda = device.type == "cuda"
    a.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(a.seed)
    torch.backends.cuda.matmul.allow_tf32 = True
    torch.backends.cudnn.allow_tf32 = True
    birth = time.time()
    log = open(a.out / ("train.log" if lead else f"train-{crew.rank}.log"), "a", buffering=1)

    def say(*words):
        line = f"[{time.time() - birth:6.0f}s] " + " ".join(str(w) for w in words)
        if lead:
            print(line, flush=True)
        print(line, file=log)

    tok = Tokenizer.from_file(str(a.data / "tokenizer" / "tokenizer.json"))
    cfg = model.config(tokenizer.vocabulary_size(tok), tok.token_to_id)
    net = begin(a.start, cfg, tok, say).to(device)
    net.set_fake(True)
    heads = Heads(cfg).to(device)
    tasks = list(SHARES)
    talks = {t: targets.conversation(t, tok, device) for t in tasks}
    turns = {t: tuple(v.to(device) for v in net.model.language_model.turns(c.positions)) for t, c in talks.items()}
    verdicts = [t for t in tasks if t in prompts.VERDICT_TASKS]
    channels = {t: torch.tensor([float(any(c in q.rejects + q.reviews for q in talks[t].prompts)) for c in prompts.CLASSES], device=device) for t in verdicts}
    say("parameters", sum(q.numel() for q in net.parameters()), "device", device, "of", crew.size, {t: (len(c.before), *c.lengths) for t, c in talks.items()})

    mine = a.seed + 1000 * crew.rank
    ring, val, films = pictures.Brackets(a.ring, device, mine), pictures.Brackets(a.val_ring if lead else 1, device, mine), pictures.Clips(a.films, device, mine)
    feed, reel = Feed(a.pool, f"pool{crew.rank}", ring), Films(a.pool, f"clip{crew.rank}", films)
    watch = Feed(a.pool, "val", val, keep=True) if lead else None
    boards = pictures.Boards(device, mine)
    pairs = dataset.read_pairs(a.data)
    drawn, invented = dataset.drawn_boards([q[2] for q in pairs], a.drawn, a.invented, mine, a.workers)
    boards.add([q[1:] for q in pairs], 0.4)
    boards.add([(x, y, z, None) for x, y, z in drawn], 0.25)
    boards.add([(x, y, z, None) for x, y, z in invented], 0.35)
    boards.ready()
    say("boards", len(pairs), "drawn", len(drawn), "invented", len(invented))
    screws, screws_val = pictures.Screws(device, mine), pictures.Screws(device, mine)
    screws.load(*dataset.read_screws(a.data, "train"))
    windows = tuple(v[:a.most] for v in dataset.read_windows(a.data, "val"))
    screws_val.load(*(v[:a.most // 4 + 1] for v in dataset.read_screws(a.data, "val")))

    matrices = [q for n, q in net.named_parameters() if q.ndim == 2 and "embed" not in n]
    plain = [q for n, q in net.named_parameters() if q.ndim != 2 or "embed" in n]
    everything = [*plain, *matrices, *heads.parameters()]
    optimizer = torch.optim.AdamW([dict(params=[*plain, *heads.parameters()], weight_decay=0.0), dict(params=matrices, weight_decay=0.05)],
                                  lr=a.lr, betas=(0.9, 0.98), fused=cuda)
    ema = {n: q.detach().clone() for n, q in net.named_parameters()}
    spent, step = 0.0, 0
    if a.resume and (a.out / "state.pt").exists():
        s = torch.load(a.out / "state.pt", map_location=device, weights_only=False)
        net.load_state_dict(s["net"])
        heads.load_state_dict(s["heads"])
        optimizer.load_state_dict(s["optimizer"])
        ema, spent, step = s["ema"], s["spent"], s["step"]
        say("resumed at step", step, "after", round(spent), "s")

    if cuda and not a.no_compile:
        torch._dynamo.config.cache_size_limit = 64
        torch._dynamo.config.suppress_errors = True  # what cannot be compiled runs as it is
        for m in [*net.model.visual.blocks, *net.model.language_model.layers, net.model.visual.merger, *net.model.visual.deepstack_merger_list]:
            m.compile()
        pictures.merge = torch.compile(pictures.merge)
        targets.dense_loss = torch.compile(targets.dense_loss)

    batch = {t: max(2, round(n * a.scale)) for t, n in BATCH.items()}
    sources = {"bracket": ring.sample, "board": boards.sample, "label": ring.labels, "clip": films.sample, "screw": screws.sample,
               "pair": lambda n: boards.sample(n, pair=True)}
    while feed.take() < min(a.start_with, a.ring) or reel.take() < 16:
        time.sleep(0.5)
        if watch:
            watch.take()
    say("rendered parts to begin with:", ring.count, "clips", films.count)

    def learn(task, aux):
        """One batch forward and backward; (text loss, loss of the first answer token, auxiliary loss), detached."""
        talk = talks[task]
        h, w = prompts.seen(task)
        x, *truth = sources[task](batch[task])
        ok = truth.pop().float() if len(truth) == 3 else torch.ones(len(x), device=device)
        ids, want, weight, *_ = talk.build(*truth)
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=cuda):
            tokens, taps, hidden = net.model.visual(x.flatten(0, 1) if task in ("pair", "clip") else x)
            tokens, taps = (t.reshape(len(x), -1, t.shape[-1]) for t in (tokens, taps[0]))
            out = net.model.language_model(ids, tokens, [taps], talk.at, *turns[task], talk.mask)
            logits = net.head(out[:, len(talk.before):])
            if task in verdicts:
                hidden, tokens, taps = (t.reshape(len(x), -1, n, t.shape[-1])[:, -1] for t, n in
                                        ((hidden, h * w // 256), (tokens, h * w // 1024), (taps, h * w // 1024)))
                at_patch = heads.patch(row_major(hidden, h // 16, w // 16))
                at_token, at_tap = heads.token(tokens), heads.tap(taps)
            elif task == "clip":
                seen, sofar = heads.frame(tokens.reshape(len(x), prompts.FRAMES // 2, -1, tokens.shape[-1])), heads.sofar(out[:, talk.frame_ends])
            else:
                letters = heads.character(characters(row_major(hidden, h // 16, w // 16), *truth, h // 16, w // 16))
        ce = F.cross_entropy(logits.float().flatten(0, 1), want.flatten(), reduction="none").view_as(weight)
        text = (ce * weight * ok[:, None]).sum() / len(x)
        if task in verdicts:
            boxes, classes = truth
            guide = (targets.dense_loss(at_patch, boxes, classes, h, w, 16, channels[task], SHRINK[task])
                     + targets.dense_loss(at_token, boxes, classes, h, w, 32, channels[task], SHRINK[task])
                     + 0.5 * targets.dense_loss(at_tap, boxes, classes, h, w, 32, channels[task], SHRINK[task]))
        elif task == "clip":
            guide = targets.seated_loss(seen, *truth, SEATED) + targets.seated_loss(sofar, *truth, SEATED)
        else:
            guide = targets.letters_loss(letters, *truth)
        (text + aux * guide).backward()
        with torch.no_grad():
            decides = weight >= (0.99 if task != "clip" else 1)
            first = (ce * decides * ok[:, None]).sum() / decides.sum().clamp(min=1)
        return text.detach(), first.detach(), guide.detach()

    for task in tasks if cuda else ():  # compiling is not learning: it happens before the clock starts
        learn(task, 0.5)
        say("compiled", task)
    optimizer.zero_grad(set_to_none=True)
    say("ready to learn", round(torch.cuda.max_memory_allocated() / 2 ** 30, 1) if cuda else "")

    # a fixed order of tasks: every run of steps has each task's share
    share = np.array([SHARES[t] for t in tasks])
    credit = np.zeros(len(tasks))
    total = a.minutes * 60
    crew.agree(0)
    began = time.time()
    last_watch = last_say = began
    sums, counts, seen, progress = {}, {}, dict.fromkeys(tasks, 0), 0.0
    slow = list(ema.values())
    fast = [q for _, q in net.named_parameters()]
    while True:
        if step % 8 == 0:
            progress = crew.agree(min(1.0, (spent + time.time() - began) / total))
            feed.take()
            reel.take()
            if watch:
                watch.take()
            if lead and progress >= ENOUGH:
                (a.pool / "last").touch()
        if progress >= 1:
            break
        heat = min(1.0, progress / WARM, (step + 1) / 200) * (1.0 if progress < FLAT else 0.5 * (1 + math.cos(math.pi * (progress - FLAT) / (1 - FLAT))))
        for group in optimizer.param_groups:
            group["lr"] = a.lr * max(heat, 1e-3)
        aux = 0.5 if progress < 0.3 else 0.5 - 0.4 * (progress - 0.3) / 0.7
        credit += share
        t = int(credit.argmax())
        credit[t] -= 1
        task = tasks[t]
        seen[task] += batch[task]
        text, first, guide = learn(task, aux)
        crew.average(everything)
        norm = torch.nn.utils.clip_grad_norm_(everything, 5.0, foreach=True)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        step += 1
        with torch.no_grad():
            torch._foreach_lerp_(slow, fast, 1 - min(0.999, (1 + step) / (10 + step)))
        for name, v in ((task + ".text", text), (task + ".first", first), (task + ".guide", guide)):
            sums[name] = sums.get(name, 0) + v
            counts[name] = counts.get(name, 0) + 1
        if time.time() - last_say > 15:
            line = {n: round(float(v) / counts[n], 4) for n, v in sums.items()}
            if not all(math.isfinite(v) for v in line.values()):
                raise SystemExit(f"train: the loss is no number at step {step}; resume from state.pt with a lower --lr: {line}")
            rate = sum(seen.values()) / (time.time() - last_say)
            say("step", step, f"{100 * progress:.1f}%", "lr", f"{optimizer.param_groups[0]['lr']:.1e}", f"{rate:.0f} pictures/s",
                "norm", round(float(norm), 2), "rendered", ring.added, films.count, json.dumps(line))
            sums, counts, seen, last_say = {}, {}, dict.fromkeys(tasks, 0), time.time()
        if lead and time.time() - last_watch > a.watch:
            began_watch = time.time()
            look(say, net, ema, talks, val, watch, windows, screws_val, films, device)
            save(a.out, net, heads, optimizer, ema, spent + time.time() - began, step)
            write(a, cfg, ema)
            last_watch = time.time()
            last_say += last_watch - began_watch
    spent += time.time() - began
    if lead:
        save(a.out, net, heads, optimizer, ema, spent, step)
        size = write(a, cfg, ema)
        look(say, net, ema, talks, val, watch, windows, screws_val, films, device)
        say("exported", size, "bytes after", step, "steps and", round(spent), "s;", ring.added, "parts and", films.count, "clips rendered for each device")
    feed.stopped = reel.stopped = True
    if crew.size > 1:
        dist.barrier()
        dist.destroy_process_group()


def begin(folder, cfg, tok, say):
    """The network to train: random, or grown from the checkpoint in a folder, its embedding moved to this tokenizer."""
    if not folder:
        return model.Nano(cfg)
    old = export.read(folder)
    net = model.grow(old, cfg)
    words = Tokenizer.from_file(str(folder / "tokenizer.json"))
    was, now = old.model.language_model.embed_tokens.weight, net.model.language_model.embed_tokens.weight
    with torch.no_grad():
        for text, i in tok.get_vocab().items():
            known = words.token_to_id(text)
            rows = [known] if known is not None else words.encode(tok.decode([i])).ids
            now[i] = was[rows].mean(0)
    say("goes on from", folder, "with", sum(words.token_to_id(t) is None for t in tok.get_vocab()), "new words")
    return net


def characters(hidden, codes, gh, gw):
    """Features [B, LONGEST_CODE, C] of patches [B, gh·gw, C] (row by row) where the characters of codes [B, LONGEST_CODE] stand."""
    length = (codes >= 0).sum(1, keepdim=True)
    x = (torch.arange(prompts.LONGEST_CODE, device=hidden.device) - (length - 1) / 2) * prompts.CHARACTER_PITCH * 2 / prompts.SIZES["label"][1]
    grid = torch.stack((x, torch.zeros_like(x)), -1)[:, None].float()
    got = F.grid_sample(hidden.float().transpose(1, 2).unflatten(2, (gh, gw)), grid, mode="bilinear", align_corners=False)
    return got[:, :, 0].transpose(1, 2)


def write(a, cfg, ema):
    final = model.Nano(cfg)
    final.load_state_dict({n: q.cpu() for n, q in ema.items()})
    return export.write(final, a.data / "tokenizer", a.out / "checkpoint", a.name)


def save(out, net, heads, optimizer, ema, spent, step):
    part = out / "state.part"
    torch.save({"net": net.state_dict(), "heads": heads.state_dict(), "optimizer": optimizer.state_dict(), "ema": ema,
                "spent": spent, "step": step}, part)
    part.rename(out / "state.pt")


@torch.no_grad()
def look(say, net, ema, talks, val, watch, windows, screws, films, device):
    """Prints how the averaged weights do on the validation parts."""
    cuda = device.type == "cuda"
    if cuda:
        torch.compiler.set_stance("force_eager")
    mine = {n: q.detach().clone() for n, q in net.named_parameters()}
    for n, q in net.named_parameters():
        q.copy_(ema[n])
    if val.count >= 64:
        shares, truth = scoring.score_brackets(net, talks["bracket"], val, cuda, 128 if cuda else 16)
        labels, sizes = np.array(watch.labels[:val.count]), np.array(watch.sizes[:val.count])
        limits = scoring.thresholds(shares, truth, labels == "good", budget=0.002)
        t = scoring.table(shares, truth, labels, sizes, limits)
        say("  val parts", val.count, "false", f"{t['good']['false']}/{t['good']['of']}",
            {k: f"{v['caught']}/{v['of']}" for k, v in t["kinds"].items()},
            {k: {b: f"{x['caught']}/{x['of']}" for b, x in v["bySize"].items()} for k, v in t["kinds"].items() if "bySize" in v},
            "reviewAt", [x["reviewAt"] for x in limits])
    s = scoring.score_windows(net, talks["board"], windows[0], device, cuda, 128 if cuda else 16)
    board = np.array(windows[2])
    by = {b: round(float(scoring.balanced(s[board == b], windows[1][board == b])), 4) for b in sorted(set(windows[2]))}
    say("  boards val balanced", round(float(scoring.balanced(s, windows[1])), 4), by)
    s = scoring.score_screws(net, talks["screw"], screws, cuda)
    truth = screws.missing.flatten().cpu().numpy()
    say("  screws val", f"{((1 - s[:, 0] >= 0.5) == truth).sum()}/{len(truth)}")
    if val.count >= 64:
        say("  codes", scoring.code_figures(scoring.read_codes(net, talks["label"], val, cuda, 128 if cuda else 8, len(windows[0]))))
    say("  clips learned from", scoring.clip_figures(*scoring.watch_clips(net, talks["clip"], films, cuda, 48 if cuda else 4, min(96, len(windows[0])))))
    if cuda:
        torch.compiler.set_stance("default")
    for n, q in net.named_parameters():
        q.copy_(mine[n])


if __name__ == "__main__":
    main()
