"""Keeps rendering brackets, or clips of the assembly station, with the product's own renderer and turns each finished batch into arrays that train.py takes up.

usage: render_pool.py --java JAVA --jar camera.jar --out DIR --seed S --mix good=6,... [--workers N] [--chunk N] [--chunks N] [--name pool]

Each chunk is rendered with its own seed (S + its number), so that a run can be repeated; chunk files appear whole (renamed when complete):
NAME-00012.npy (uint8 [n, 480, 640, 3], clips [n, 32, 160, 224, 3]) and NAME-00012.json (truth). Stops after --chunks, or when DIR/stop or DIR/last exists, and pauses while more than --ahead finished
chunks wait to be taken. Chunks that are there already are not drawn again.
"""
import argparse
import concurrent.futures as futures
import csv
import json
import pathlib
import shutil
import subprocess
import time

import cv2
import numpy as np


def picture(path):
    return cv2.imread(str(path))[:, :, ::-1]


def take(folder):
    """(pictures, truth) of a rendered folder: parts, or clips with all their frames."""
    with open(folder / "truth.csv", newline="") as f:
        rows = list(csv.DictReader(f))
    if "clip" in rows[0]:
        stack = np.stack([np.stack([picture(p) for p in sorted((folder / r["clip"]).glob("*.png"))]) for r in rows])
        return stack, [{"seconds": seconds(json.loads(r["events"] or "[]"))} for r in rows]
    stack = np.stack([picture(folder / r["file"]) for r in rows])
    return stack, [{"label": r["label"], "boxes": json.loads(r["defects"] or "[]"), "pose": [float(v) for v in r["pose"].split(";")],
                    "code": r["code"], "writing": r["writing"]} for r in rows]


def seconds(events):
    """When each bolt was seated, -1 if never."""
    at = {e["part"]: e["at"] for e in events}
    return [-1.0 if at.get(f"bolt {i}") is None else at[f"bolt {i}"] for i in (1, 2, 3, 4)]


def stopped(a):
    return (a.out / "stop").exists() or not a.all and (a.out / "last").exists()


def render(a, number):
    done = a.out / f"{a.name}-{number:05d}.npy"
    if done.exists():
        return 0
    while a.ahead and len(list(a.out.glob(f"{a.name}-*.npy"))) > a.ahead:
        if stopped(a):
            return 0
        time.sleep(0.2)
    if stopped(a):
        return 0
    folder = a.out / f"{a.name}-{number:05d}.work"
    shutil.rmtree(folder, ignore_errors=True)
    command = [a.java, "-XX:+UseSerialGC", "-Xmx700m", "-cp", a.jar, "goshawk.camera.sim.Render", "--seed", str(a.seed + number),
               "--count", str(a.chunk), "--out", str(folder), "--threads", "1", *(["--kinds", a.mix] if a.mix else []),
               *(["--writing", str(a.writing)] if a.writing >= 0 else []), *(["--station", a.station] if a.station else [])]
    ran = subprocess.run(command, capture_output=True, text=True)
    if ran.returncode:
        raise SystemExit(f"render_pool: {' '.join(map(str, command))} failed: {ran.stderr[-600:]}")
    pictures, truth = take(folder)
    (a.out / f"{a.name}-{number:05d}.json").write_text(json.dumps(truth))
    part = done.with_suffix(".part")
    with open(part, "wb") as f:
        np.save(f, pictures)
    part.rename(done)
    shutil.rmtree(folder)
    return len(truth)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--java", default="java")
    p.add_argument("--jar", required=True)
    p.add_argument("--out", type=pathlib.Path, required=True)
    p.add_argument("--seed", type=int, required=True)
    p.add_argument("--mix", default="")
    p.add_argument("--writing", type=float, default=-1, help="share of parts with words on them")
    p.add_argument("--station", default="", help="assembly: clips instead of parts")
    p.add_argument("--name", default="pool")
    p.add_argument("--workers", type=int, default=14)
    p.add_argument("--chunk", type=int, default=256)
    p.add_argument("--chunks", type=int, default=100000)
    p.add_argument("--ahead", type=int, default=0)
    p.add_argument("--all", action="store_true", help="goes on when DIR/last exists, which says that training needs no more")
    a = p.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(1)
    start, total = time.time(), 0
    with futures.ThreadPoolExecutor(a.workers) as pool:
        todo, number = set(), 0
        while True:
            while len(todo) < a.workers and number < a.chunks and not stopped(a):
                todo.add(pool.submit(render, a, number))
                number += 1
            if not todo:
                break
            done, todo = futures.wait(todo, return_when=futures.FIRST_COMPLETED)
            total += sum(f.result() for f in done)
            print(f"{a.name}: {total} pictures, {total / (time.time() - start):.0f}/s", flush=True)


if __name__ == "__main__":
    main()
