"""Scores pictures as the product does and counts what was caught and what was called falsely."""
import math

import numpy as np
import torch

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


@torch.no_grad()
def score(net, talk, pictures, autocast):
    """[B, P, 3] shares of PASS, REJECT, REVIEW for pictures [B, 3, H, W] in -1..1."""
    device = pictures.device
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=autocast):
        tokens, taps, _ = net.model.visual(pictures)
        if not hasattr(talk, "short_turns"):
            talk.short_turns = tuple(t.to(device) for t in net.model.language_model.turns(talk.short_positions))
        h = net.model.language_model(talk.ask(len(pictures)), tokens, taps, talk.at, *talk.short_turns, talk.short_mask)
        slots = h[:, len(talk.prefix):].reshape(len(pictures), len(talk.prompts), talk.short, -1)
        last = slots.gather(2, (talk.begin - 1).view(1, -1, 1, 1).expand(len(pictures), -1, 1, slots.shape[-1]))[:, :, 0]
        logits = net.head(last)
    return torch.softmax(logits.float()[..., talk.verdict_ids], -1)


def score_brackets(net, talk, ring, autocast, batch=256):
    """(shares [n, P, 3], verdict [n, P]) of every part in a ring, pose known up to what a camera measures."""
    shares, truth = [], []
    for i in range(0, ring.count, batch):
        index = torch.arange(i, min(i + batch, ring.count), device=ring.device)
        x, boxes, classes = ring.straight(index)
        shares.append(score(net, talk, x, autocast).cpu())
        truth.append(talk.verdicts(boxes, classes)[0].cpu())
    return torch.cat(shares).numpy(), torch.cat(truth).numpy()


def score_windows(net, talk, windows, device, autocast, batch=256):
    """Shares [n, 3] of binarised windows uint8 [n, 320, 320]."""
    out = []
    for i in range(0, len(windows), batch):
        x = torch.as_tensor(windows[i:i + batch]).to(device).float()[:, None].expand(-1, 3, -1, -1) / 127.5 - 1
        out.append(score(net, talk, x, autocast)[:, 0].cpu())
    return torch.cat(out).numpy()


def score_screws(net, talk, screws, autocast):
    """Shares [n, 3] of every position of every photo."""
    at = torch.arange(screws.missing.numel(), device=screws.device)
    return torch.cat([score(net, talk, screws.straight(at[i:i + 64])[0], autocast)[:, 0].cpu() for i in range(0, len(at), 64)]).numpy()


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


BANDS = (("0.5-1 mm", 0, 1.0), ("1-2 mm", 1.0, 2.0), ("2 mm and more", 2.0, 1e9))


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
