"""Measures an exported checkpoint in FP32 on pictures that training never saw, and suggests thresholds.

usage: eval.py --checkpoint DIR --data PACK --pool DIR --out REPORT.json

Thresholds come from calib-*.npy, figures from test-*.npy (both made by render_pool.py with seeds of their own), boards and screws from the val split.
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


def brackets(net, talk, pool, name, device, most):
    """(shares, truth, labels, sizes) of every rendered part NAME-*.npy."""
    out = []
    for path in sorted(pathlib.Path(pool).glob(f"{name}-*.npy")):
        if sum(len(o[0]) for o in out) >= most:
            break
        truth = json.loads(path.with_suffix(".json").read_text())
        stack = np.load(path)
        ring = pictures.Brackets(len(stack), device, 1)
        boxes, classes = dataset.boxes_array([t["boxes"] for t in truth], pictures.Brackets.boxes_each)
        ring.add(stack, np.array([t["pose"] for t in truth], np.float32), boxes, classes, np.ones(len(truth), np.float32))
        shares, verdict = scoring.score_brackets(net, talk, ring, False, 128 if device.type == "cuda" else 16)
        out.append((shares, verdict, np.array([t["label"] for t in truth]), np.array([train.extent(t) for t in truth])))
    if not out:
        raise SystemExit(f"eval: no {name}-*.npy in {pool}: render them first with render_pool.py --name {name}")
    return tuple(np.concatenate(v) for v in zip(*out))


def rate(k, n):
    k, n = int(k), int(n)
    low, high = scoring.interval(k, n)
    return {"right": k, "of": n, "rate": round(k / max(1, n), 5), "interval95": [round(low, 5), round(high, 5)]}


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--checkpoint", type=pathlib.Path, required=True)
    p.add_argument("--data", type=pathlib.Path, required=True)
    p.add_argument("--pool", type=pathlib.Path, required=True)
    p.add_argument("--out", type=pathlib.Path, required=True)
    p.add_argument("--most", type=int, default=1000000, help="parts of a kind to look at")
    p.add_argument("--budget", type=float, default=0.0005, help="share of good parts that one prompt may call falsely")
    a = p.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    began = time.time()
    net = export.read(a.checkpoint).to(device)
    tok = Tokenizer.from_file(str(a.checkpoint / "tokenizer.json"))
    talks = {t: targets.Conversation(t, tok, device) for t in prompts.SIZES}
    report = {"bytes": sum(f.stat().st_size for f in a.checkpoint.iterdir())}

    shares, truth, labels, sizes = brackets(net, talks["bracket"], a.pool, "calib", device, a.most)
    limits = scoring.thresholds(shares, truth, labels == "good", budget=a.budget)
    report["bracket"] = {"thresholds": limits, "calibration": scoring.table(shares, truth, labels, sizes, limits)}
    shares, truth, labels, sizes = brackets(net, talks["bracket"], a.pool, "test", device, a.most)
    report["bracket"]["test"] = scoring.table(shares, truth, labels, sizes, limits)

    windows, defect, board, boxes = dataset.read_windows(a.data, "val")
    windows, defect, board, boxes = windows[:a.most], defect[:a.most], np.array(board[:a.most]), boxes[:a.most]
    s = scoring.score_windows(net, talks["board"], windows, device, False, 64)
    alarm = 1 - s[:, 0] >= 0.5
    report["boards"] = {"balanced": float(scoring.balanced(s, defect)), "thresholds": {"reviewAt": 0.5, "rejectAt": 0.5}, "byBoard": {}, "byClass": {}}
    for b in sorted({str(v) for v in board}):
        own = board == b
        report["boards"]["byBoard"][b] = {"balanced": float(scoring.balanced(s[own], defect[own])), "defective": rate((alarm & defect & own).sum(), (defect & own).sum()),
                                          "good": rate((~alarm & ~defect & own).sum(), (~defect & own).sum())}
    for c in prompts.prompts_of("board")[0].rejects:  # windows that hold this class alone
        own = np.array([len(bx) > 0 and all(q[4] == c for q in bx) for bx in boxes])
        report["boards"]["byClass"][c] = rate((alarm & own).sum(), own.sum())

    screws = pictures.Screws(device, 1)
    photos = dataset.read_screws(a.data, "val")
    screws.load(*(v[:max(1, a.most // 4)] for v in photos))
    s = scoring.score_screws(net, talks["screw"], screws, False)
    missing = screws.missing.flatten().cpu().numpy()
    alarm = 1 - s[:, 0] >= 0.5
    report["screws"] = {"positions": rate((alarm == missing).sum(), len(missing)), "missing": rate((alarm & missing).sum(), missing.sum()),
                        "present": rate((~alarm & ~missing).sum(), (~missing).sum()), "thresholds": {"reviewAt": 0.5, "rejectAt": 0.5}}
    report["seconds"] = round(time.time() - began)
    a.out.write_text(json.dumps(report, indent=1) + "\n")
    t = report["bracket"]["test"]
    print("test parts: false", t["good"], {k: (v["caught"], v["of"]) for k, v in t["kinds"].items()})
    print("boards", report["boards"]["balanced"], {b: v["balanced"] for b, v in report["boards"]["byBoard"].items()}, "screws", report["screws"]["positions"])


if __name__ == "__main__":
    main()
