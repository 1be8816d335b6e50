"""Reads what pack.py packed (unzipped) and fills the sources of pictures.py."""
import concurrent.futures as futures
import json
import pathlib

import cv2
import numpy as np

import board_art
import prompts


def grey(path):
    return cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)


def read_pairs(pack):
    """[(board, defective, good, boxes, heal)] of the train boards."""
    pack = pathlib.Path(pack)
    out = []
    for p in json.loads((pack / "pairs.json").read_text()):
        out.append((p["board"], grey(pack / "pairs" / f"{p['name']}.png"), grey(pack / "pairs" / f"{p['name']}_ref.png"), p["boxes"], p["heal"]))
    return out


def read_windows(pack, split):
    """(pictures uint8 [n, 320, 320], label bool [n], board [n], boxes [n]) of deeppcb_windows."""
    pack = pathlib.Path(pack)
    rows = [w for w in json.loads((pack / "windows.json").read_text()) if w["split"] == split]
    return (np.stack([grey(pack / "windows" / w["name"]) for w in rows]), np.array([w["label"] == "defect" for w in rows]),
            [w["board"] for w in rows], [w["boxes"] for w in rows])


def draw(job):
    cv2.setNumThreads(1)
    good, seed = job
    return board_art.invented_pair(seed) if good is None else board_art.drawn_pair(good, seed)


def drawn_boards(goods, drawn, invented, seed, workers):
    """(pairs with defects drawn on the given good boards, pairs of invented boards)."""
    rng = np.random.default_rng(seed)
    jobs = [(goods[rng.integers(len(goods))], int(rng.integers(1 << 60))) for _ in range(drawn)]
    jobs += [(None, int(rng.integers(1 << 60))) for _ in range(invented)]
    with futures.ProcessPoolExecutor(workers) as pool:
        done = list(pool.map(draw, jobs, chunksize=16))
    return done[:drawn], done[drawn:]


def read_screws(pack, split):
    """(photos uint8 [n, H, W, 3], boxes [n, 4, 4], missing [n, 4])."""
    pack = pathlib.Path(pack)
    rows = [s for s in json.loads((pack / "screws.json").read_text()) if s["split"] == split]
    photos = np.stack([cv2.imread(str(pack / "screws" / s["name"]))[:, :, ::-1] for s in rows])
    boxes = np.array([[b[:4] for b in s["boxes"]] for s in rows], np.float32)
    missing = np.array([[b[4] == "missing_screw" for b in s["boxes"]] for s in rows])
    return photos, boxes, missing


def boxes_array(rows, each):
    """(boxes [n, each, 4], classes [n, each]) of lists of [x0, y0, x1, y1, class]; the largest come first."""
    boxes = np.zeros((len(rows), each, 4), np.float32)
    classes = np.full((len(rows), each), -1, np.int64)
    for i, r in enumerate(rows):
        r = sorted(r, key=lambda b: (b[0] - b[2]) * (b[3] - b[1]))[:each]
        for j, b in enumerate(r):
            boxes[i, j], classes[i, j] = b[:4], prompts.CLASS_INDEX[b[4]]
    return boxes, classes


def codes_array(rows):
    """[n, LONGEST_CODE] indices of CHARACTERS, -1 after a code's end and for what cannot be read."""
    out = np.full((len(rows), prompts.LONGEST_CODE), -1, np.int64)
    for i, r in enumerate(rows):
        out[i, :len(r)] = [prompts.CHARACTERS.index(c) for c in r]
    return out


def read_pair_windows(pack):
    """(references, parts uint8 [n, 320, 320], differ bool [n], boxes) of quarters of val boards; those with a cut defect are left out."""
    pack = pathlib.Path(pack)
    refs, parts, differ, boxes = [], [], [], []
    for p in json.loads((pack / "val_pairs.json").read_text()):
        bad, good = grey(pack / "val_pairs" / f"{p['name']}.png"), grey(pack / "val_pairs" / f"{p['name']}_ref.png")
        for y in (0, 320):
            for x in (0, 320):
                own = [[b[0] - x, b[1] - y, b[2] - x, b[3] - y] for b in p["boxes"] if b[0] < x + 320 and b[2] > x and b[1] < y + 320 and b[3] > y]
                if any(min(b[:2]) < 0 or max(b[2:]) > 320 for b in own):
                    continue
                refs.append(good[y:y + 320, x:x + 320])
                parts.append(bad[y:y + 320, x:x + 320])
                differ.append(len(own) > 0)
                boxes.append(own)
    return np.stack(refs), np.stack(parts), np.array(differ), boxes
