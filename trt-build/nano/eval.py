"""Measures an exported checkpoint in FP32 on pictures that training never saw, and suggests thresholds.

usage: eval.py --checkpoint DIR --data PACK --pool DIR --out REPORT.json

Thresholds come from calib-*.npy, figures from test-*.npy and tclip-*.npy (all made by render_pool.py with seeds of their own), boards and screws from
the val split. Answers are decoded greedily without a grammar, so that a malformed one counts as wrong.
"""
import argparse
import json
import pathlib
import time

import numpy as np
import torch
from tokenizers import Tokenizer

import dataset
import export
import pictures
import prompts
import scoring
import targets
import train

QUICK = False  # TF32 and bfloat16, for a look


def rings(pool, name, device, most):
    """(ring, truth) of each file NAME-*.npy, until there are `most` parts."""
    seen = 0
    for path in sorted(pathlib.Path(pool).glob(f"{name}-*.npy")):
        if seen >= most:
            return
        truth = json.loads(path.with_suffix(".json").read_text())
        stack = np.load(path)
        ring = pictures.Brackets(len(stack), device, 1)
        ring.add(stack, *train.Feed.arrays(truth))
        seen += len(stack)
        yield ring, truth
    if not seen:
        raise SystemExit(f"eval: no {name}-*.npy in {pool}: render them first with render_pool.py --name {name}")


def brackets(net, talks, pool, name, device, most, told=0):
    """(shares, truth, labels, sizes, written) of every rendered part NAME-*.npy; with `told`, also what was read and said of so many parts."""
    out, codes, said = [], [], {q.question: [] for q in prompts.prompts_of("bracket")}
    batch = 128 if device.type == "cuda" else 8
    for ring, truth in rings(pool, name, device, most):
        shares, verdict = scoring.score_brackets(net, talks["bracket"], ring, QUICK, batch)
        out.append((shares, verdict, np.array([t["label"] for t in truth]), np.array([train.extent(t) for t in truth]), np.array([t["writing"] != "" for t in truth])))
        if told:
            codes += scoring.read_codes(net, talks["label"], ring, QUICK, batch)
            for i, q in enumerate(prompts.prompts_of("bracket")):
                if len(said[q.question]) < told:
                    said[q.question] += answers(net, talks["bracket"], ring, q, verdict[:, i], told - len(said[q.question]))
    return tuple(np.concatenate(v) for v in zip(*out)), codes, said


def answers(net, talk, ring, prompt, verdict, most):
    """[(verdict, true boxes, what was said at once, what was said after a thought, the thought)] of parts to reject or doubt and as many others."""
    bad, calm = np.flatnonzero(verdict > 0), np.flatnonzero(verdict == 0)
    index = np.concatenate((bad, calm[:max(1, len(bad) // 2)]))[:most]
    if not len(index):
        return []
    x, boxes, classes = ring.straight(torch.as_tensor(index, device=ring.device))
    at_once = scoring.say(net, talk, x, prompts.question_text(prompt.question), 64, QUICK)
    thought = scoring.say(net, talk, x, prompts.ask_text(prompt.question), 112, QUICK)
    h, w = prompts.seen("bracket")
    out = []
    for i, (once, after) in enumerate(zip(at_once, thought)):
        true = [(boxes[i, j] * boxes.new_tensor([1000 / w, 1000 / h] * 2)).tolist() for j in range(len(classes[i])) if int(classes[i, j]) >= 0
                and prompts.CLASSES[int(classes[i, j])] in prompt.rejects]
        idea, _, answer = after.partition(prompts.FORCED)
        out.append((prompts.VERDICTS[verdict[index[i]]], true, once, answer, idea))
    return out


def told(said):
    """Figures of what was said: form, verdicts, boxes; and the same after a thought."""
    out = {}
    for question, rows in said.items():
        form = hits = extra = boxes = right = thought_form = thought_right = agree = 0
        best = []
        for verdict, true, once, after, idea in rows:
            found, later = scoring.findings(once), scoring.findings(after)
            form += found is not None
            right += once.startswith(verdict)
            thought_form += later is not None
            thought_right += after.startswith(verdict)
            agree += later is not None and once.split('"')[0] == after.split('"')[0] and idea == prompts.thought_text(after.split('"')[0], later)
            if verdict == "REJECT" and found:
                hit, more = scoring.match([b for _, b in found], true)
                hits, extra, boxes = hits + hit, extra + more, boxes + len(true)
                best += [max(scoring.overlap(b, t) for _, b in found) for t in true]
        n = len(rows)
        out[question] = {"wellFormed": rate(form, n), "verdict": rate(right, n), "boxesHit": rate(hits, boxes), "extraBoxes": extra,
                         "medianOverlap": float(np.median(best)) if best else None,
                         "thought": {"wellFormed": rate(thought_form, n), "verdict": rate(thought_right, n), "sameAsAtOnceAndAsThought": rate(agree, n)}}
    return out


def windows_told(net, talk, windows, boxes, device, batch, references=None):
    """Boxes of windows as said at once: hit and false ones."""
    hits = total = extra = bad = 0
    question = talk.prompts[0].question
    for s in scoring.batches(len(windows), batch):
        x = scoring.shown_windows(windows[s], device)
        if references is not None:
            x = torch.stack((scoring.shown_windows(references[s], device), x), 1)
        for text, true in zip(scoring.say(net, talk, x, prompts.question_text(question), 27 * 10, QUICK), boxes[s]):
            found = scoring.findings(text)
            bad += found is None
            hit, more = scoring.match([b for _, b in found or []], [[v / 0.32 for v in t[:4]] for t in true])
            hits, extra, total = hits + hit, extra + more, total + len(true)
    return {"boxesHit": rate(hits, total), "falseBoxes": extra, "falseBoxesPerWindow": round(extra / len(windows), 4), "malformed": bad}


def rate(k, n):
    k, n = int(k), int(n)
    low, high = scoring.interval(k, n)
    return {"right": k, "of": n, "rate": round(k / max(1, n), 5), "interval95": [round(low, 5), round(high, 5)]}


def board_figures(shares, defect, board):
    alarm = 1 - shares[:, 0] >= 0.5
    out = {"balanced": float(scoring.balanced(shares, defect)), "byBoard": {}}
    for b in sorted({str(v) for v in board}):
        own = board == b
        out["byBoard"][b] = {"balanced": float(scoring.balanced(shares[own], defect[own])), "defective": rate((alarm & defect & own).sum(), (defect & own).sum()),
                             "good": rate((~alarm & ~defect & own).sum(), (~defect & own).sum())}
    levels = np.unique(np.concatenate((1 - shares[:, 0], [0.5])))
    best = max(levels, key=lambda t: scoring.balanced(shares, defect, t))
    out["bestThreshold"] = {"at": float(best), "balanced": float(scoring.balanced(shares, defect, best))}
    return out


def others(net, talks, a, device, batch, report, done):
    """Boards, boards beside their references, screws, clips."""
    windows, defect, board, boxes = dataset.read_windows(a.data, "val")
    windows, defect, board, boxes = windows[:a.most], defect[:a.most], np.array(board[:a.most]), boxes[:a.most]
    s = scoring.score_windows(net, talks["board"], windows, device, QUICK, batch)
    report["boards"] = {**board_figures(s, defect, board), "byClass": {}}
    for c in prompts.prompts_of("board")[0].rejects:  # windows that hold this class alone
        own = np.array([len(bx) > 0 and all(q[4] == c for q in bx) for bx in boxes])
        report["boards"]["byClass"][c] = rate(((1 - s[:, 0] >= 0.5) & own).sum(), own.sum())
    report["boards"]["told"] = windows_told(net, talks["board"], windows, boxes, device, batch)
    done(("boards", report["boards"]["balanced"], {b: v["balanced"] for b, v in report["boards"]["byBoard"].items()}, report["boards"]["told"]))

    references, parts, differ, boxes = (v[:a.most] for v in dataset.read_pair_windows(a.data))
    s = scoring.score_windows(net, talks["pair"], parts, device, QUICK, batch // 2, references)
    report["pairs"] = board_figures(s, differ, np.full(len(differ), "val"))
    some = slice(0, 200)
    report["pairs"]["told"] = windows_told(net, talks["pair"], parts[some], boxes[some], device, batch // 2, references[some])
    done(("pairs", report["pairs"]["byBoard"], report["pairs"]["told"]))

    screws = pictures.Screws(device, 1)
    photos = dataset.read_screws(a.data, "val")
    screws.load(*(v[:max(1, a.most // 4)] for v in photos))
    s = scoring.score_screws(net, talks["screw"], screws, QUICK)
    missing = screws.missing.flatten().cpu().numpy()
    alarm = 1 - s[:, 0] >= 0.5
    report["screws"] = {"positions": rate((alarm == missing).sum(), len(missing)), "missing": rate((alarm & missing).sum(), missing.sum()),
                        "present": rate((~alarm & ~missing).sum(), (~missing).sum()), "thresholds": {"reviewAt": 0.5, "rejectAt": 0.5}}
    done(("screws", report["screws"]["positions"]))

    clips = [(np.load(q), json.loads(q.with_suffix(".json").read_text())) for q in sorted(a.pool.glob("tclip-*.npy"))]
    if clips:
        films = pictures.Clips(sum(len(f) for f, _ in clips), device, 1)
        for frames, truth in clips:
            films.add(frames, *train.Films.arrays(truth))
        report["clips"] = scoring.clip_figures(*scoring.watch_clips(net, talks["clip"], films, QUICK, batch // 2, a.most))
        done(("clips", report["clips"]))


def parts_of(net, talks, a, device, report, done):
    """Brackets and their codes."""
    (shares, truth, labels, sizes, _), _, _ = brackets(net, talks, a.pool, "calib", device, a.most)
    limits = scoring.thresholds(shares, truth, labels == "good", budget=a.budget)
    wide = scoring.thresholds(shares, truth, labels == "good", budget=0.003)
    report["bracket"] = {"thresholds": limits, "calibration": scoring.table(shares, truth, labels, sizes, limits)}
    (shares, truth, labels, sizes, written), codes, said = brackets(net, talks, a.pool, "test", device, a.most, a.told)
    report["bracket"]["test"] = scoring.table(shares, truth, labels, sizes, limits)
    report["bracket"]["atOnePercent"] = {"thresholds": wide, "test": scoring.table(shares, truth, labels, sizes, wide)}
    alarm = (1 - shares[..., 0] >= np.array([t["reviewAt"] for t in limits]))
    doubt = (alarm & (shares[..., 1] < np.array([t["rejectAt"] for t in limits]))).any(1)
    good = labels == "good"
    report["bracket"]["doubtOnGood"] = rate((doubt & good).sum(), good.sum())
    report["bracket"]["written"] = {"goodCalled": rate((alarm.any(1) & good & written).sum(), (good & written).sum()),
                                    "badCaught": rate(((alarm & (truth > 0)).any(1) & ~good & written).sum(), (~good & written).sum()),
                                    "badCaughtWithout": rate(((alarm & (truth > 0)).any(1) & ~good & ~written).sum(), (~good & ~written).sum())}
    report["bracket"]["told"] = told(said)
    report["codes"] = {k: rate(*v) for k, v in scoring.code_figures(codes).items()}
    t = report["bracket"]["test"]
    done(("test parts: false", t["good"], {k: (v["caught"], v["of"]) for k, v in t["kinds"].items()}, "codes", report["codes"]))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--checkpoint", type=pathlib.Path, required=True)
    p.add_argument("--data", type=pathlib.Path, required=True)
    p.add_argument("--pool", type=pathlib.Path, required=True)
    p.add_argument("--out", type=pathlib.Path, required=True)
    p.add_argument("--most", type=int, default=1000000, help="parts of a kind to look at")
    p.add_argument("--told", type=int, default=100, help="parts of each question whose whole answers are looked at")
    p.add_argument("--only", choices=("brackets", "others"), help="one half of the figures, to measure both at the same time")
    p.add_argument("--budget", type=float, default=0.0005, help="share of good parts that one prompt may call falsely")
    a = p.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    began = time.time()
    batch = 64 if device.type == "cuda" else 4
    net = export.read(a.checkpoint).to(device)
    tok = Tokenizer.from_file(str(a.checkpoint / "tokenizer.json"))
    talks = {t: targets.conversation(t, tok, device) for t in prompts.SIZES}
    report = {"bytes": sum(f.stat().st_size for f in a.checkpoint.iterdir())}

    def done(what):
        report["seconds"] = round(time.time() - began)
        a.out.write_text(json.dumps(report, indent=1) + "\n")
        print(report["seconds"], "s:", what, flush=True)

    if a.only != "brackets":
        others(net, talks, a, device, batch, report, done)
    if a.only != "others":
        parts_of(net, talks, a, device, report, done)


if __name__ == "__main__":
    main()
