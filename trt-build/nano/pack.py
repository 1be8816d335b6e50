"""Packs everything that training needs into two files small enough to carry to a machine with a GPU.

usage: pack.py --datasets DIR --camera camera.jar --out DIR [--jdk JDK]

  OUT/pack.zip    scripts, tokenizer files, boards as 1-bit PNG (train pairs, all windows), screw photos, labels, camera.jar
  OUT/jre.tar.xz  with --jdk: a small Java runtime for the renderer, where the other machine has no Java

Val pictures travel for measuring only; train.py never trains on them.
"""
import argparse
import csv
import json
import pathlib
import subprocess
import tempfile
import zipfile

import cv2
import numpy as np

import tokenizer

HERE = pathlib.Path(__file__).parent


def rows(folder):
    with open(folder / "labels.csv", newline="") as f:
        return list(csv.DictReader(f))


def binary(path):
    picture = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if picture is None:
        raise SystemExit(f"pack: cannot read {path}; is --datasets right?")
    return ((picture >= 128) * 255).astype(np.uint8)


def png(picture):
    ok, data = cv2.imencode(".png", picture, [cv2.IMWRITE_PNG_BILEVEL, 1, cv2.IMWRITE_PNG_COMPRESSION, 9])
    assert ok
    return data.tobytes()


def healable(bad, good, box):
    """Whether the reference fits the tested picture so well around this box that its content can stand in without a visible seam."""
    x0, y0, x1, y1 = box
    rim = np.zeros(bad.shape, bool)
    rim[max(0, y0 - 2):y1 + 2, max(0, x0 - 2):x1 + 2] = True
    rim[y0 + 3:y1 - 3, x0 + 3:x1 - 3] = False
    off = cv2.erode(((bad != good) & rim).astype(np.uint8), np.ones((3, 3), np.uint8))
    return int(off.sum()) == 0


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--datasets", type=pathlib.Path, required=True)
    p.add_argument("--camera", type=pathlib.Path, required=True)
    p.add_argument("--out", type=pathlib.Path, required=True)
    p.add_argument("--jdk", type=pathlib.Path)
    a = p.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(a.out / "pack.zip", "w", zipfile.ZIP_STORED) as z:
        for path in sorted([*HERE.glob("*.py"), *HERE.glob("*.sh")]):
            z.write(path, "nano/" + path.name)
        with tempfile.TemporaryDirectory() as t:
            tokenizer.write(t)
            for path in sorted(pathlib.Path(t).iterdir()):
                z.write(path, "tokenizer/" + path.name)
        folder = a.datasets / "deeppcb"
        pairs = []
        for r in rows(folder):
            if r["split"] != "train" or r["label"] != "defect":
                continue
            bad, good = binary(folder / r["file"]), binary(folder / r["reference"])
            boxes = json.loads(r["boxes"])
            name = pathlib.Path(r["file"]).stem
            z.writestr(f"pairs/{name}.png", png(bad))
            z.writestr(f"pairs/{name}_ref.png", png(good))
            pairs.append({"name": name, "board": r["board"], "boxes": boxes, "heal": [healable(bad, good, b[:4]) for b in boxes]})
        z.writestr("pairs.json", json.dumps(pairs))
        print("pairs", len(pairs), "boxes", sum(len(p["boxes"]) for p in pairs), "healable", sum(sum(p["heal"]) for p in pairs))
        val = []
        for r in [r for r in rows(folder) if r["split"] == "val" and r["label"] == "defect"][::4]:
            name = pathlib.Path(r["file"]).stem
            z.writestr(f"val_pairs/{name}.png", png(binary(folder / r["file"])))
            z.writestr(f"val_pairs/{name}_ref.png", png(binary(folder / r["reference"])))
            val.append({"name": name, "board": r["board"], "boxes": json.loads(r["boxes"])})
        z.writestr("val_pairs.json", json.dumps(val))
        folder = a.datasets / "deeppcb_windows"
        windows = []
        for r in rows(folder):
            name = pathlib.Path(r["file"]).name
            z.writestr(f"windows/{name}", png(binary(folder / r["file"])))
            windows.append({"name": name, "split": r["split"], "label": r["label"], "board": r["board"],
                            "boxes": json.loads(r["boxes"]) if r["boxes"] else []})
        z.writestr("windows.json", json.dumps(windows))
        folder = a.datasets / "missing_screws"
        screws = []
        for r in rows(folder):
            z.write(folder / r["file"], "screws/" + pathlib.Path(r["file"]).name)
            screws.append({"name": pathlib.Path(r["file"]).name, "split": r["split"], "boxes": json.loads(r["boxes"])})
        z.writestr("screws.json", json.dumps(screws))
        z.write(a.camera, "camera.jar")
    if a.jdk:
        with tempfile.TemporaryDirectory() as t:
            subprocess.run([a.jdk / "bin" / "jlink", "--add-modules", "java.base", "--strip-debug", "--no-man-pages",
                            "--no-header-files", "--output", f"{t}/jre"], check=True)
            with open(a.out / "jre.tar.xz", "wb") as out:
                tar = subprocess.Popen(["tar", "-C", t, "-c", "jre"], stdout=subprocess.PIPE)
                subprocess.run(["xz", "-3", "-T0"], stdin=tar.stdout, stdout=out, check=True)
    for path in sorted(a.out.iterdir()):
        print(path.name, round(path.stat().st_size / 2 ** 20, 1), "MiB")


if __name__ == "__main__":
    main()
