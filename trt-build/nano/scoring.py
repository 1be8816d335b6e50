"""Scores pictures as the product does and counts what was caught and what was called falsely."""
import json
import math

import numpy as np
import torch

import pictures
import prompts


def interval(k, n, level=0.95):
    """Exact two-sided Clopper-Pearson interval of k in n."""
    if n == 0:
        return (0.0, 1.0)
    tail = (1 - level) / 2

    def cdf(p, last):  # P(X <= last), X ~ Binomial(n, p)
        if p <= 0:
            return 1.0
        if p >= 1:
            return float(last >= n)
        logs = [math.lgamma(n + 1) - math.lgamma(i + 1) - math.lgamma(n - i + 1) + i * math.log(p) + (n - i) * math.log1p(-p)
                for i in range(last + 1)]
        return float(sum(math.exp(v) for v in logs)) if logs else 0.0

    def solve(f):
        lo, hi = 0.0, 1.0
        for _ in range(50):
            mid = (lo + hi) / 2
            lo, hi = (mid, hi) if f(mid) else (lo, mid)
        return (lo + hi) / 2

    low = 0.0 if k == 0 else solve(lambda p: 1 - cdf(p, k - 1) < tail)
    high = 1.0 if k == n else solve(lambda p: cdf(p, k) > tail)
    return (low, high)


def turns(net, talk, positions):
    return tuple(t.to(talk.device) for t in net.model.language_model.turns(positions))


@torch.no_grad()
def look_at(net, pictures):
    """(tokens [B, M, C], taps) of pictures [B, 3, H, W], or of several for each conversation [B, n, …]."""
    several = pictures.ndim > 4
    tokens, taps, _ = net.model.visual(pictures.flatten(0, 1) if several else pictures)
    return tuple(t.reshape(len(pictures), -1, t.shape[-1]) for t in (tokens, taps[0]))


@torch.no_grad()
def score(net, talk, pictures, autocast):
    """[B, P, 3] shares of PASS, REJECT, REVIEW for pictures in -1..1."""
    device = pictures.device
    lengths, positions, at, mask = talk.short
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=autocast):
        tokens, taps = look_at(net, pictures)
        if not hasattr(talk, "short_turns"):
            talk.short_turns = turns(net, talk, positions)
        h = net.model.language_model(talk.ask(len(pictures)), tokens, [taps], at, *talk.short_turns, mask)
        first = torch.arange(len(talk.prompts), device=device) * lengths[0] + len(talk.before)
        logits = net.head(h[:, first + talk.begin - 1])
    return torch.softmax(logits.float()[..., talk.verdict_ids], -1)


@torch.no_grad()
def say(net, talk, pictures, question, most, autocast):
    """Texts that the model says greedily after `question` (the text that follows the picture), at most `most` tokens, without a grammar."""
    device, b = pictures.device, len(pictures)
    text, asked = net.model.language_model, talk.one(question)
    room = len(talk.before) + len(asked)
    _, positions, at, mask = talk.lay([len(asked) + most])
    cos, sin = turns(net, talk, positions)
    out = torch.full((b, most), talk.fill, device=device)
    done = torch.zeros(b, dtype=torch.bool, device=device)
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=autocast):
        tokens, taps = look_at(net, pictures)
        past = [[] for _ in text.layers]
        start = torch.cat((talk.prefix, torch.tensor(asked, device=device))).expand(b, -1)
        h = text(start, tokens, [taps], at, cos[:room], sin[:room], mask[..., :room, :room], past)[:, -1:]
        for i in range(most):
            got = net.head(h)[:, 0].float().argmax(-1)
            out[:, i] = torch.where(done, talk.fill, got)
            done |= got == talk.end
            if i + 1 == most or bool(done.all()):
                break
            h = text.go_on(out[:, i:i + 1], cos[room + i:room + i + 1], sin[room + i:room + i + 1], past)
    ends = [r.index(talk.end) if talk.end in r else len(r) for r in out.tolist()]
    return [talk.tok.decode(r[:n], skip_special_tokens=False) for r, n in zip(out.tolist(), ends)]


def batches(n, size):
    return [slice(i, min(i + size, n)) for i in range(0, n, size)]


def score_brackets(net, talk, ring, autocast, batch=128):
    """(shares [n, P, 3], verdict [n, P]) of every part in a ring, pose known up to what a camera measures."""
    shares, truth = [], []
    for s in batches(ring.count, batch):
        x, boxes, classes = ring.straight(torch.arange(s.start, s.stop, device=ring.device))
        shares.append(score(net, talk, x, autocast).cpu())
        truth.append(talk.verdicts(boxes, classes).cpu())
    return torch.cat(shares).numpy(), torch.cat(truth).numpy()


def shown_windows(windows, device):
    """Binarised windows uint8 [n, 320, 320] as the model sees them."""
    x = torch.as_tensor(windows).to(device).float()[:, None] / 255
    return pictures.show(x, torch.zeros(len(x), 1, 4, device=device), "board")[0].expand(-1, 3, -1, -1)


def score_windows(net, talk, windows, device, autocast, batch=128, references=None):
    """Shares [n, 3] of binarised windows uint8 [n, 320, 320], beside their references where those are given."""
    out = []
    for s in batches(len(windows), batch):
        x = shown_windows(windows[s], device)
        if references is not None:
            x = torch.stack((shown_windows(references[s], device), x), 1)
        out.append(score(net, talk, x, autocast)[:, 0].cpu())
    return torch.cat(out).numpy()


def score_screws(net, talk, screws, autocast):
    """Shares [n, 3] of every position of every photo."""
    at = torch.arange(screws.missing.numel(), device=screws.device)
    return torch.cat([score(net, talk, screws.straight(at[s])[0], autocast)[:, 0].cpu() for s in batches(len(at), 64)]).numpy()


def findings(text):
    """[(code, box)] of what was said after FORCED; None where it is no answer."""
    try:
        answer = json.loads(prompts.VERDICT + text)
        return [(f["defect"], [int(v) for v in f["box"]]) for f in answer.get("findings", [])] if answer["verdict"] in prompts.VERDICTS else None
    except (ValueError, KeyError, TypeError):
        return None


def overlap(a, b):
    """Share of their union that two boxes [x0, y0, x1, y1] have in common."""
    w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    inner = max(0, w) * max(0, h)
    return inner / max(1e-9, (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - inner)


def match(said, true, least=0.33):
    """(true boxes hit, said boxes that hit none): each is used once, the best pairs first."""
    pairs = sorted(((overlap(s, t), i, j) for i, s in enumerate(said) for j, t in enumerate(true)), reverse=True)
    left, hit = set(range(len(said))), set()
    for iou, i, j in pairs:
        if iou >= least and i in left and j not in hit:
            left.remove(i)
            hit.add(j)
    return len(hit), len(left)


def distance(a, b):
    """Characters to change, insert or leave out to get from a to b."""
    row = list(range(len(b) + 1))
    for i, c in enumerate(a, 1):
        last, row[0] = row[0], i
        for j, d in enumerate(b, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (c != d))
    return row[-1]


def read_codes(net, talk, ring, autocast, batch=256, most=100000):
    """[(true code or None, what was said or None)] of the labels in a ring."""
    out = []
    for s in batches(min(most, ring.count), batch):
        x, codes = ring.straight_labels(torch.arange(s.start, s.stop, device=ring.device))
        said = say(net, talk, x, prompts.question_text(prompts.CODE_QUESTION, prompts.CODE), prompts.LONGEST_CODE + 3, autocast)
        for row, text in zip(codes.tolist(), said):
            try:
                got = json.loads(prompts.CODE + text)["code"]
            except ValueError:
                got = text
            out.append(("".join(prompts.CHARACTERS[c] for c in row if c >= 0) or None, got))
    return out


def code_figures(read):
    """Counts of codes read whole, characters read right, unreadable ones called so, and codes not read."""
    known = [(t, g) for t, g in read if t]
    wrong = sum(min(len(t), distance(t, g or "")) for t, g in known)
    return {"codes": (sum(t == g for t, g in known), len(known)), "characters": (sum(len(t) for t, _ in known) - wrong, sum(len(t) for t, _ in known)),
            "unread": (sum(g is None for _, g in known), len(known)), "null": (sum(g is None for t, g in read if t is None), sum(t is None for t, _ in read))}


def watch_clips(net, talk, clips, autocast, batch=48, most=100000):
    """(true seconds [n, 4], said seconds [n, 4]) of films, -1 where a bolt was never fitted, -2 for no answer."""
    true, said = [], []
    for s in batches(min(most, clips.count), batch):
        x, seconds = clips.straight(torch.arange(s.start, s.stop, device=clips.device))
        columns = []
        for question in prompts.CLIP_QUESTIONS:
            column = []
            for text in say(net, talk, x, prompts.question_text(question, prompts.AT), 6, autocast):
                try:
                    at = json.loads(prompts.AT + text)["at"]
                    column.append(-1.0 if at is None else float(at))
                except ValueError:
                    column.append(-2.0)
            columns.append(column)
        true.append(seconds.cpu().numpy())
        said.append(np.array(columns).T)
    return np.concatenate(true), np.concatenate(said)


def clip_figures(true, said):
    """Seconds of error of fitted bolts that were seen, and counts of those missed and of those invented."""
    off = np.sort(np.abs(true - said)[(true >= 0) & (said >= 0)])
    return {"events": int((true >= 0).sum()), "missed": int(((true >= 0) & (said < 0)).sum()), "never": int((true < 0).sum()),
            "invented": int(((true < 0) & (said >= 0)).sum()), "noAnswer": int((said == -2).sum()),
            "median": float(np.median(off)) if len(off) else None, "p90": float(np.quantile(off, 0.9)) if len(off) else None,
            "worst": float(off[-1]) if len(off) else None, "within0.3": int((off <= 0.3001).sum())}


def balanced(shares, label, threshold=0.5):
    """Balanced accuracy of alarm = REJECT + REVIEW."""
    alarm = 1 - shares[:, 0] >= threshold
    return 0.5 * ((alarm & label).sum() / max(1, label.sum()) + (~alarm & ~label).sum() / max(1, (~label).sum()))


def thresholds(shares, truth, good, easy_gap=True, budget=0.0005):
    """Per prompt {reviewAt, rejectAt}: between good and bad where they separate, else at `budget` false calls on good parts."""
    out = []
    logit = lambda p: math.log(max(p, 1e-6) / max(1 - p, 1e-6))
    for p, prompt in enumerate(prompts.prompts_of("bracket")):
        alarm = 1 - shares[:, p, 0]
        calm, bad = np.sort(alarm[good]), np.sort(alarm[truth[:, p] > 0])
        if not len(calm) or not len(bad):
            out.append({"question": prompt.question, "reviewAt": 0.5, "rejectAt": 0.5})
            continue
        edge = calm[max(0, len(calm) - 1 - int(budget * len(calm)))]
        top, low = calm[-1], np.quantile(bad, 0.0005)
        if easy_gap and low > top:
            at = 1 / (1 + math.exp(-(logit(top) + logit(low)) / 2))
        else:
            at = 1 / (1 + math.exp(-(logit(edge) + 0.05)))
        at = min(max(at, 0.02), 0.98)
        out.append({"question": prompt.question, "reviewAt": round(float(at), 4), "rejectAt": round(float(max(at, 0.5)), 4),
                    "highestGood": float(top), "lowestBad": float(bad[0])})
    return out


BANDS = (("0.5-1 mm", 0, 1.0), ("1-2 mm", 1.0, 2.0), ("2 mm and more", 2.0, 1e9), ("1 mm and more", 1.0, 1e9))


def table(shares, truth, labels, sizes, limits):
    """What was caught per kind (by the prompts that ask for it), by size of the part's largest defect in mm, and the false calls."""
    questions = prompts.prompts_of("bracket")
    review = np.array([t["reviewAt"] for t in limits])
    alarm = 1 - shares[..., 0] >= review
    any_alarm = alarm.any(1)
    out = {"kinds": {}, "prompts": {}}

    def rate(k, n):
        low, high = interval(int(k), int(n))
        return {"caught": int(k), "of": int(n), "rate": round(k / max(1, n), 5), "interval95": [round(low, 5), round(high, 5)]}

    good = labels == "good"
    n, k = int(good.sum()), int(any_alarm[good].sum())
    low, high = interval(k, n)
    out["good"] = {"false": k, "of": n, "rate": round(k / max(1, n), 5), "interval95": [round(low, 5), round(high, 5)]}
    for i, q in enumerate(questions):
        out["prompts"][q.question] = {"falseOnGood": int(alarm[good, i].sum()), "recall": rate(alarm[truth[:, i] > 0, i].sum(), (truth[:, i] > 0).sum()),
                                      "rejected": rate(((shares[..., 1] >= [t["rejectAt"] for t in limits])[:, i] & (truth[:, i] == 1)).sum(),
                                                       (truth[:, i] == 1).sum())}
    for kind in sorted({str(v) for v in labels} - {"good"}):
        own = labels == kind
        asked = [i for i, q in enumerate(questions) if kind in q.rejects or kind == "obscured"]
        right = (alarm[:, asked] & (truth[:, asked] > 0)).any(1)
        entry = rate(right[own].sum(), own.sum())
        entry["anyAlarm"] = int(any_alarm[own].sum())
        if kind in ("scratch", "crack", "dent"):
            entry["bySize"] = {name: rate(right[own & (sizes >= a) & (sizes < b)].sum(), (own & (sizes >= a) & (sizes < b)).sum())
                               for name, a, b in BANDS}
        out["kinds"][kind] = entry
    return out
