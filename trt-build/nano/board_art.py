"""Defects drawn on bare boards, and invented boards to draw them on: what makes nano judge boards that it has never seen.

Pictures are uint8, 0 = copper, 255 = board, as in the line scans. Everything comes from a numpy Generator: same seed, same pictures.
"""
import cv2
import numpy as np

SIDE = 640
PAD = (7, 13)  # px that a box is larger than what was drawn, as people draw boxes
DEFECTS = (6, 20)  # how many are drawn on a board: from, and below


def rough(picture, rng, blur=(0.8, 1.6), noise=(0.02, 0.12)):
    """The ragged edge of a thresholded line scan: blurred, disturbed and thresholded again."""
    s = rng.uniform(*blur)
    soft = cv2.GaussianBlur(picture.astype(np.float32) / 255, (0, 0), s)
    n = rng.standard_normal(picture.shape).astype(np.float32)
    n = cv2.GaussianBlur(n, (0, 0), rng.uniform(0.6, 1.5))
    soft += n / n.std() * rng.uniform(*noise)
    return ((soft > 0.5) * 255).astype(np.uint8)


def stroke(canvas, points, width, rng, fray):
    """Draws a hand's brush stroke of 1s through points; `fray` strokes side by side make it ragged."""
    points = np.asarray(points, np.float32)
    for _ in range(fray):
        p = points + rng.normal(0, 0.18 * width + 0.4, points.shape) * (fray > 1)
        w = max(2, int(round(width / (1 if fray == 1 else rng.uniform(1.5, 3)))))
        cv2.polylines(canvas, [np.round(p * 16).astype(np.int32).reshape(-1, 1, 2)], False, 1, w, cv2.LINE_8, 4)


def wander(start, direction, length, rng, wobble=0.35):
    """A few points from start, about `length` px along `direction`, wandering like a hand."""
    n = rng.integers(2, 5)
    side = np.array([-direction[1], direction[0]])
    steps = np.linspace(0, length, n)
    drift = np.cumsum(rng.normal(0, wobble * length / n, n))
    drift[0] = 0
    return [start + direction * s + side * d for s, d in zip(steps, drift)]


def march(copper, at, direction, limit):
    """Steps from `at` along `direction` until the material changes; None beyond `limit` px or off the picture."""
    h, w = copper.shape
    first = None
    for step in range(2, limit):
        x, y = (at + direction * step).round().astype(int)
        if not (0 <= x < w and 0 <= y < h):
            return None
        if first is None:
            first = copper[y, x]
        elif copper[y, x] != first:
            return step
    return None


def draw_defects(good, rng, count):
    """(defective picture, boxes [[x0, y0, x1, y1, class]]) with up to `count` defects drawn on `good`; boxes do not touch."""
    picture = good.copy()
    copper = good < 128
    inside = cv2.distanceTransform(copper.astype(np.uint8), cv2.DIST_L2, 3)
    outside = cv2.distanceTransform((~copper).astype(np.uint8), cv2.DIST_L2, 3)
    signed = cv2.GaussianBlur(outside - inside, (0, 0), 2)
    gy, gx = np.gradient(signed)
    edge = np.argwhere((inside > 0) & (inside < 1.5))
    void = np.argwhere(outside > 9)
    core = np.argwhere(inside > 7)
    boxes = []
    kinds = ["open", "short", "mousebite", "spur", "spurious_copper", "pin_hole"]
    for kind in rng.permutation(kinds * (count // 6 + 1))[:count]:
        pool = {"spurious_copper": void, "pin_hole": core}.get(kind, edge)
        for _ in range(12):
            if not len(pool):
                break
            y, x = pool[rng.integers(len(pool))]
            if not (14 < x < SIDE - 15 and 14 < y < SIDE - 15):
                continue
            mark = np.zeros_like(picture)
            at = np.array([x, y], np.float32)
            removes = kind in ("open", "mousebite", "pin_hole")
            fray = 1 if rng.random() < 0.6 else int(rng.integers(2, 5))
            if kind in ("spurious_copper", "pin_hole"):
                room = (inside if removes else outside)[y, x] - (2 if removes else 4)
                reach = min(room, rng.uniform(3, 16))
                a = rng.uniform(0, 2 * np.pi)
                d = np.array([np.cos(a), np.sin(a)])
                width = rng.uniform(2.5, min(14, reach * 1.2 + 1))
                stroke(mark, wander(at - d * reach * 0.5, d, max(1.0, reach - width * 0.4), rng, 0.5), width, rng, fray)
                if rng.random() < 0.25:
                    a = rng.uniform(0, 2 * np.pi)
                    stroke(mark, wander(at, np.array([np.cos(a), np.sin(a)]), reach * 0.5, rng, 0.5), max(2, width * 0.6), rng, 1)
                if (mark & (~copper if removes else copper).astype(np.uint8)).any():
                    continue
                if not removes:  # spurious copper stands alone
                    if (cv2.dilate(mark, np.ones((5, 5), np.uint8)) & copper.astype(np.uint8)).any():
                        continue
            else:
                g = np.array([gx[y, x], gy[y, x]], np.float32)
                size = np.linalg.norm(g)
                if size < 0.3:
                    continue
                d = g / size * (-1 if removes else 1)  # into the copper, or away from it
                a = rng.normal(0, 0.3)
                d = np.array([d[0] * np.cos(a) - d[1] * np.sin(a), d[0] * np.sin(a) + d[1] * np.cos(a)])
                across = march(copper, at + d * 1.5, d, 110)
                if kind in ("open", "short"):
                    if across is None or across > rng.uniform(20, 100):
                        continue
                    width = rng.uniform(2.5, 9) if rng.random() < 0.75 else rng.uniform(8, 26)
                    stroke(mark, wander(at - d * (2.5 + width * 0.3), d, across + 6 + width * 0.6, rng, 0.12), width, rng, fray)
                else:
                    room = (across or 110) - 4
                    if room < 4:
                        continue
                    reach = min(room, rng.uniform(4, 22))
                    width = rng.uniform(3, 12) if rng.random() < 0.8 else rng.uniform(10, 20)
                    sink = 1.5 + width * 0.25
                    stroke(mark, wander(at - d * sink, d, max(2.0, sink + reach - width * 0.5), rng, 0.3), width, rng, fray)
                    if rng.random() < 0.3:  # an arm along the edge
                        t = np.array([-d[1], d[0]]) * rng.choice([-1, 1])
                        stroke(mark, wander(at + d * reach * 0.4, t, rng.uniform(3, 12), rng, 0.3), max(2, width * 0.5), rng, 1)
            changed = (mark > 0) & (copper if removes else ~copper)
            if rng.random() < 0.5:
                soft = cv2.GaussianBlur(changed.astype(np.float32), (0, 0), 0.9) + rng.normal(0, 0.08, mark.shape).astype(np.float32)
                changed = (soft > 0.5) & (copper if removes else ~copper)
            n = int(changed.sum())
            if n < 14:
                continue
            if kind in ("mousebite", "spur") and not attached(changed, copper, removes):
                continue
            if kind == "open" and not parts(changed, copper, +1) or kind == "short" and not parts(changed, ~copper, +1):
                continue
            ys, xs = np.nonzero(changed)
            pads = rng.integers(*PAD, 4)
            box = [max(0, xs.min() - pads[0]), max(0, ys.min() - pads[1]),
                   min(SIDE, xs.max() + 1 + pads[2]), min(SIDE, ys.max() + 1 + pads[3])]
            if max(box[2] - box[0], box[3] - box[1]) > 120:
                continue
            if any(box[0] < b[2] + 3 and b[0] < box[2] + 3 and box[1] < b[3] + 3 and b[1] < box[3] + 3 for b in boxes):
                continue
            picture[changed] = 255 if removes else 0
            boxes.append([int(v) for v in box] + [str(kind)])
            break
    return picture, boxes


def around(changed, margin):
    ys, xs = np.nonzero(changed)
    return slice(max(0, ys.min() - margin), ys.max() + margin + 1), slice(max(0, xs.min() - margin), xs.max() + margin + 1)


def attached(changed, copper, removes):
    """A bite opens to the board but parts nothing; a spur holds to copper and bridges nothing."""
    w = around(changed, 3)
    ring = cv2.dilate(changed[w].astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool) & ~changed[w]
    other = (~copper if removes else copper)[w]
    if not (ring & other).any():
        return False
    return not parts(changed, copper if removes else ~copper, +1)


def parts(changed, material, more):
    """Whether taking `changed` out of `material` parts it locally into at least `more` pieces more (specks not counted)."""
    w = around(changed, 6)
    m = material[w]

    def pieces(a):
        _, _, stats, _ = cv2.connectedComponentsWithStats(a.astype(np.uint8), connectivity=4)
        return int((stats[1:, cv2.CC_STAT_AREA] >= 12).sum())

    return pieces(m & ~changed[w]) >= pieces(m) + more


# ---- invented boards -------------------------------------------------------------------------------------------------------------

def invent(rng):
    """A board that exists nowhere: traces, pads, vias and planes with clearance around each."""
    big = np.full((SIDE, SIDE), 255, np.uint8)
    scale = rng.uniform(0.6, 1.8)  # how coarse this board is
    clear = rng.uniform(8, 22) * scale

    def lay(draw):
        """Draws twice: clearance first, so that nothing touches by chance, then copper."""
        draw(255, int(2 * clear))
        draw(0, 0)

    def plane():
        x, y = rng.uniform(-100, SIDE, 2)
        w, h = rng.uniform(90, 420, 2)
        cut = rng.uniform(0, 0.4) * min(w, h) * (rng.random(4) < 0.4)
        p = np.array([[x + cut[0], y], [x + w - cut[1], y], [x + w, y + cut[1]], [x + w, y + h - cut[2]], [x + w - cut[2], y + h],
                      [x + cut[3], y + h], [x, y + h - cut[3]], [x, y + cut[0]]]).round().astype(np.int32)

        def draw(colour, grow):
            cv2.fillPoly(big, [p], colour)
            if grow:
                cv2.polylines(big, [p], True, colour, grow)
        lay(draw)
        for _ in range(rng.integers(0, 6)):
            c = (int(rng.uniform(x, x + w)), int(rng.uniform(y, y + h)))
            cv2.circle(big, c, int(rng.uniform(4, 12)), 255, -1)

    def bundle():
        n = int(rng.integers(1, 9))
        width = int(max(5, rng.uniform(7, 24) * scale))
        pitch = width + clear * rng.uniform(0.8, 1.6)
        upright = rng.random() < 0.5
        at = np.array([rng.uniform(0, SIDE), rng.uniform(-40, SIDE * 0.6)])
        points = [at.copy()]
        for _ in range(rng.integers(1, 6)):
            run = rng.uniform(40, 320)
            lean = rng.choice([-1, 0, 0, 1])
            at = at + np.array([lean * run * rng.choice([1, 1, 0.5]), run])
            points.append(at.copy())
        points = np.array(points)
        lanes = []
        for i in range(n):
            lane = points + np.array([i * pitch, rng.uniform(-20, 20)])
            lanes.append((lane if upright else lane[:, ::-1]).round().astype(np.int32).reshape(-1, 1, 2))
        round_ends = rng.random() < 0.6

        def draw(colour, grow):
            for lane in lanes:
                cv2.polylines(big, [lane], False, colour, width + grow)
                if round_ends:
                    for end in (lane[0, 0], lane[-1, 0]):
                        cv2.circle(big, (int(end[0]), int(end[1])), int(width * 0.9) + grow // 2, colour, -1)
        lay(draw)
        if round_ends and rng.random() < 0.5:
            for lane in lanes:
                cv2.circle(big, (int(lane[-1, 0, 0]), int(lane[-1, 0, 1])), max(3, int(width * 0.4)), 255, -1)

    def pads():
        nx, ny = rng.integers(1, 8), rng.integers(1, 4)
        w, h = rng.uniform(14, 60, 2) * scale
        px, py = w + clear * rng.uniform(0.8, 2), h + clear * rng.uniform(0.8, 3)
        x0, y0 = rng.uniform(0, SIDE, 2)
        shape = rng.integers(0, 4)

        def draw(colour, grow):
            g = grow / 2
            for i in range(nx):
                for j in range(ny):
                    x, y = x0 + i * px, y0 + j * py
                    if shape == 0:
                        r = int(min(w, h) / 2 + g)
                        cv2.circle(big, (int(x), int(y)), r, colour, -1)
                        if not grow:
                            cv2.circle(big, (int(x), int(y)), int(r * 0.45), 255, -1)
                    elif shape == 1:
                        cv2.circle(big, (int(x), int(y)), int(min(w, h) / 2 + g), colour, -1)
                    else:
                        cv2.rectangle(big, (int(x - w / 2 - g), int(y - h / 2 - g)), (int(x + w / 2 + g), int(y + h / 2 + g)), colour, -1)
        lay(draw)

    def ring():
        c = tuple(int(v) for v in rng.uniform(0, SIDE, 2))
        r = rng.uniform(14, 90) * scale
        t = rng.uniform(8, 30) * scale

        def draw(colour, grow):
            cv2.circle(big, c, int(r), colour, int(t) + grow)
            if not grow and rng.random() < 0.4:
                cv2.circle(big, c, int(r * 0.4), 0, -1)
        lay(draw)

    def writing():
        c = (int(rng.uniform(0, SIDE * 0.7)), int(rng.uniform(60, SIDE)))
        text = "".join(rng.choice(list("ABCDEFGHKLMNPRSTUVXYZ0123456789"), 4))
        s, t = rng.uniform(1.5, 3.5), int(rng.uniform(6, 12))
        lay(lambda colour, grow: cv2.putText(big, text, c, cv2.FONT_HERSHEY_SIMPLEX, s, colour, t + grow // 2))

    recipe = [(plane, rng.integers(0, 5)), (bundle, rng.integers(2, 8)), (pads, rng.integers(0, 6)), (ring, rng.integers(0, 4)),
              (writing, int(rng.random() < 0.15))]
    todo = [f for f, n in recipe for _ in range(n)]
    for i in rng.permutation(len(todo)):
        todo[i]()
    if rng.random() < 0.12:
        big = 255 - big
    turn = int(rng.integers(4))
    return tidy(rough(tidy(np.ascontiguousarray(np.rot90(big, turn))), rng))


def tidy(picture):
    """Takes away slivers that clearances left: they would look like spurious copper or pin-holes and be called good."""
    for dark, least in ((True, 260), (False, 70)):
        mask = ((picture < 128) == dark).astype(np.uint8)
        _, names, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
        small = stats[:, cv2.CC_STAT_AREA] < least
        small[0] = False
        picture = np.where(small[names], 255 if dark else 0, picture).astype(np.uint8)
    return picture


def invented_pair(seed):
    """(defective, good, boxes) of an invented board."""
    rng = np.random.default_rng(seed)
    good = invent(rng)
    bad, boxes = draw_defects(good, rng, int(rng.integers(*DEFECTS)))
    return bad, good, boxes


def drawn_pair(good, seed):
    """(defective, good, boxes) on a given good board."""
    rng = np.random.default_rng(seed)
    bad, boxes = draw_defects(good, rng, int(rng.integers(*DEFECTS)))
    return bad, good, boxes
