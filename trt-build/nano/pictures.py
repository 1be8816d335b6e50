"""Sources of training pictures, all on the device as uint8: rendered brackets, boards and screws, cropped and disturbed in batches.

Each source's sample(n) gives (pictures [n, 3, H, W] in -1..1, boxes [n, K, 4] px of that picture, classes [n, K], -1 where there is none).
"""
import functools

import numpy as np
import torch
import torch.nn.functional as F

import prompts

SCALE = 0.09  # mm per pixel of the bracket's pictures


def warp(pictures, matrix, height, width):
    """Bilinear samples of pictures [B, C, h, w] at src = matrix [B, 2, 3] · (x, y, 1), x and y being pixel centres of the result."""
    b, _, h, w = pictures.shape
    x = torch.arange(width, device=pictures.device) + 0.5
    y = torch.arange(height, device=pictures.device) + 0.5
    m = matrix[:, :, :, None, None]
    src = m[:, :, 0] * x[None, None, None, :] + m[:, :, 1] * y[None, None, :, None] + m[:, :, 2]
    grid = torch.stack((src[:, 0] * (2 / w) - 1, src[:, 1] * (2 / h) - 1), -1)
    return F.grid_sample(pictures, grid, mode="bilinear", padding_mode="border", align_corners=False)


def carry(boxes, matrix):
    """Boxes [B, K, 4] of the source in the result's pixels: the bounding boxes of their turned corners."""
    inverse = torch.linalg.inv(matrix[:, :, :2].float())
    x = boxes[..., [0, 2, 0, 2]]
    y = boxes[..., [1, 1, 3, 3]]
    p = torch.stack((x - matrix[:, 0, 2, None, None], y - matrix[:, 1, 2, None, None]), -1)  # [B, K, 4, 2]
    q = torch.einsum("bij,bkcj->bkci", inverse, p)
    return torch.cat((q.amin(2), q.amax(2)), -1)


def clip(boxes, classes, height, width, least=0.3):
    """Boxes cut to the picture; those of which less than `least` is left lose their class."""
    full = (boxes[..., 2] - boxes[..., 0]).clamp(min=1e-3) * (boxes[..., 3] - boxes[..., 1]).clamp(min=1e-3)
    limit = boxes.new_tensor([width, height, width, height])
    cut = torch.minimum(boxes.clamp(min=0), limit)
    left = (cut[..., 2] - cut[..., 0]) * (cut[..., 3] - cut[..., 1])
    return cut, torch.where(left >= least * full, classes, -1)


@functools.cache
def spread(n, m, device):
    """[m, n] weights that resize n pixels to m ≥ n as PIL's bicubic filter does."""
    def cubic(x):
        x = abs(x)
        return ((1.5 * x - 2.5) * x) * x + 1 if x < 1 else (((-0.5 * x + 2.5) * x - 4) * x + 2 if x < 2 else 0.0)

    out = np.zeros((m, n))
    for i in range(m):
        centre = (i + 0.5) * n / m
        first, last = max(0, int(centre - 2 + 0.5)), min(n, int(centre + 2 + 0.5))
        out[i, first:last] = [cubic(j - centre + 0.5) for j in range(first, last)]
        out[i] /= out[i].sum()
    return torch.tensor(out, dtype=torch.float, device=device)


def show(x, boxes, task):
    """Pictures [B, 3, h, w] in 0..1 of a region as the model sees them, in -1..1, and the boxes in their pixels: 8 bits, resized by the image processor."""
    h, w = prompts.seen(task)
    x = (x * 255).round()
    if x.shape[-2:] != (h, w):
        wide = (x @ spread(x.shape[-1], w, x.device).T).round().clamp(0, 255)
        boxes = boxes * boxes.new_tensor([w / x.shape[-1], h / x.shape[-2]] * 2)
        x = (spread(x.shape[-2], h, x.device) @ wide).round().clamp(0, 255)
    return x / 127.5 - 1, boxes


def light(x, strength, g):
    """Photometric disturbance of pictures in 0..1: gain, white balance, offset, gamma, blur and noise."""
    b, device = x.shape[0], x.device
    u = lambda *s: torch.rand(s, generator=g, device=device) * 2 - 1
    gain = torch.exp(strength * (0.25 * u(b, 1, 1, 1) + 0.08 * u(b, 3, 1, 1)))
    x = (x * gain + 0.04 * strength * u(b, 1, 1, 1)).clamp(1e-4, 1)
    x = x ** torch.exp(0.25 * strength * u(b, 1, 1, 1))
    soft = F.avg_pool2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), 3, 1)
    x = x + (soft - x) * (0.7 * (u(b, 1, 1, 1) * strength - 0.3).clamp(min=0))
    return (x + torch.randn(x.shape, generator=g, device=device) * (0.012 * strength * u(b, 1, 1, 1).abs())).clamp(0, 1)


class Brackets:
    """A ring of rendered pictures with their truth; new renderings overwrite the oldest."""

    boxes_each = 6

    def __init__(self, capacity, device, seed):
        self.device, self.capacity = device, capacity
        self.pictures = torch.zeros((capacity, 480, 640, 3), dtype=torch.uint8, device=device)
        self.pose = torch.zeros((capacity, 3), device=device)
        self.boxes = torch.zeros((capacity, self.boxes_each, 4), device=device)
        self.classes = torch.full((capacity, self.boxes_each), -1, dtype=torch.long, device=device)
        self.weight = torch.zeros(capacity, device=device)
        self.codes = torch.full((capacity, prompts.LONGEST_CODE), -1, dtype=torch.long, device=device)
        self.count = self.added = 0
        self.g = torch.Generator(device=device).manual_seed(seed)

    def add(self, pictures, pose, boxes, classes, weight, codes):
        """Takes numpy arrays of n parts."""
        n = len(pictures)
        at = (torch.arange(n) + self.added) % self.capacity
        at = at.to(self.device)
        for own, new in ((self.pictures, pictures), (self.pose, pose), (self.boxes, boxes), (self.classes, classes), (self.weight, weight),
                         (self.codes, codes)):
            own[at] = torch.as_tensor(new).to(self.device, dtype=own.dtype)
        self.added += n
        self.count = min(self.capacity, self.added)

    def matrix(self, pose, shift, turn, off=(0, 0), size=prompts.SIZES["bracket"]):
        """Source pixel of each pixel of a region of `size` whose centre is `off` px from the part's: in the part's frame at 0.09 mm per pixel,
        missed by `shift` mm and `turn` degrees."""
        h, w = size
        a = torch.deg2rad(pose[:, 2] + turn)
        cos, sin = a.cos(), a.sin()
        left, top = off[0] - w / 2, off[1] - h / 2
        cx = 320 + (pose[:, 0] + shift[:, 0]) / SCALE
        cy = 240 + (pose[:, 1] + shift[:, 1]) / SCALE
        return torch.stack((torch.stack((cos, -sin, cx + cos * left - sin * top), 1),
                            torch.stack((sin, cos, cy + sin * left + cos * top), 1)), 1)

    def crop(self, index, shift, turn):
        h, w = prompts.SIZES["bracket"]
        m = self.matrix(self.pose[index], shift, turn)
        x = warp(self.pictures[index].permute(0, 3, 1, 2).float() / 255, m, h, w)
        boxes, classes = clip(carry(self.boxes[index], m), self.classes[index], h, w)
        return x, boxes, classes

    def sample(self, n):
        index = torch.multinomial(self.weight[:self.count], n, replacement=True, generator=self.g)
        u = lambda *s: torch.rand(s, generator=self.g, device=self.device) * 2 - 1
        wide = (u(n) > 0).float()
        shift = u(n, 2) * (0.06 + 0.24 * wide)[:, None]
        turn = u(n) * (0.15 + 0.45 * wide)
        x, boxes, classes = self.crop(index, shift, turn)
        return *show(light(x, 0.5, self.g), boxes, "bracket"), classes

    def labels(self, n):
        """(pictures, codes [n, LONGEST_CODE]) of the label's region."""
        u = lambda *s: torch.rand(s, generator=self.g, device=self.device) * 2 - 1
        index = torch.randint(self.count, (n,), generator=self.g, device=self.device)
        x = self.label(index, u(n, 2) * 0.15, u(n) * 0.3)
        return show(light(x, 0.6, self.g), torch.zeros(n, 1, 4, device=self.device), "label")[0], self.codes[index]

    def label(self, index, shift, turn):
        h, w = prompts.SIZES["label"]
        x, y = prompts.LABEL_AT
        m = self.matrix(self.pose[index], shift, turn, (x + w / 2 - 320, y + h / 2 - 240), (h, w))
        return warp(self.pictures[index].permute(0, 3, 1, 2).float() / 255, m, h, w)

    def straight_labels(self, index):
        x = self.label(index, *self.measured(index))
        return show(x, torch.zeros(len(index), 1, 4, device=self.device), "label")[0], self.codes[index]

    def measured(self, index):
        """(shift mm, turn degrees) by which the camera's pose is off."""
        g = torch.Generator().manual_seed(int(index[0]) + 1)
        return (((torch.rand((len(index), 2), generator=g) * 2 - 1) * 0.05).to(self.device), ((torch.rand(len(index), generator=g) * 2 - 1) * 0.1).to(self.device))

    def straight(self, index):
        """Pictures at `index`, upright by their true pose up to what a camera measures (± 0.05 mm, ± 0.1°), undisturbed."""
        x, boxes, classes = self.crop(index, *self.measured(index))
        return *show(x, boxes, "bracket"), classes


class Boards:
    """Pairs of a defective and a good picture of the same place; windows are put together from both, defect by defect."""

    boxes_each = 20
    tries = 16

    def __init__(self, device, seed):
        self.device = device
        self.groups = []  # (first, count, share)
        self.parts = []
        self.g = torch.Generator(device=device).manual_seed(seed)

    def add(self, pairs, share):
        """pairs: list of (defective [640, 640] uint8, good, boxes [[x0, y0, x1, y1, class]], healable flags or None)."""
        k = self.boxes_each
        pictures = torch.from_numpy(np.stack([np.stack(p[:2]) for p in pairs]))
        boxes, classes, heal = torch.zeros(len(pairs), k, 4), torch.full((len(pairs), k), -1), torch.zeros(len(pairs), k, dtype=torch.bool)
        for i, (_, _, rows, flags) in enumerate(pairs):
            for j, row in enumerate(rows[:k]):
                boxes[i, j] = torch.tensor(row[:4], dtype=torch.float)
                classes[i, j] = prompts.CLASS_INDEX[row[4]]
                heal[i, j] = True if flags is None else bool(flags[j])
        first = sum(len(p[0]) for p in self.parts)
        self.parts.append((pictures, boxes, classes, heal))
        self.groups.append((first, len(pairs), share))

    def ready(self):
        self.pictures, self.boxes, self.classes, self.heal = (torch.cat(t).to(self.device) for t in zip(*self.parts))
        self.parts = None

    def sample(self, n, pair=False):
        """With `pair` the pictures are [n, 2, 3, H, W]: the reference and the part, whose every defect is a difference."""
        dev, g, k, t = self.device, self.g, self.boxes_each, self.tries
        rand = lambda *s: torch.rand(s, generator=g, device=dev)
        share = torch.tensor([s for _, _, s in self.groups], device=dev)
        group = torch.multinomial(share, n, replacement=True, generator=g)
        first = torch.tensor([f for f, _, _ in self.groups], device=dev)[group]
        count = torch.tensor([c for _, c, _ in self.groups], device=dev)[group]
        index = first + (rand(n) * count).long()
        want = rand(n) < 0.57  # some tries find no window that holds a defect
        from_good = rand(n) < 0.4  # what lies outside all boxes comes from the good picture
        boxes, classes, heal = self.boxes[index], self.classes[index], self.heal[index]
        there = classes >= 0
        dense = rand(n) < 0.5  # every defect, in the fullest window of all tries: lists of many boxes are what is hard to say
        few = torch.where(dense, 1.0, 0.15 + 0.85 * rand(n))[:, None]
        keep = torch.where(heal, (rand(n, k) < few) & want[:, None], ~from_good[:, None]) & there

        zoom = torch.where(rand(n) < 0.5, torch.exp((rand(n) - 0.5) * 0.5), 1.0)
        turn = torch.where(rand(n) < 0.2, (rand(n) - 0.5) * 0.2, 0.0)
        reach = 160 * zoom * (turn.cos().abs() + turn.sin().abs())
        zoom = torch.where(reach > 318, zoom * 318 / reach, zoom)
        reach = reach.clamp(max=318)
        centre = reach[:, None, None] + rand(n, t, 2) * (640 - 2 * reach)[:, None, None]
        pick = torch.multinomial(keep.float() + 1e-6, t // 2, replacement=True, generator=g)
        near = boxes.gather(1, pick[..., None].expand(-1, -1, 4))
        near = (near[..., :2] + near[..., 2:]) / 2 + (rand(n, t // 2, 2) * 2 - 1) * (145 * zoom)[:, None, None]
        near = torch.minimum(torch.maximum(near, reach[:, None, None]), (640 - reach)[:, None, None])
        centre[:, : t // 2] = torch.where(want[:, None, None], near, centre[:, : t // 2])
        # boxes in window pixels for every try
        cos, sin = turn.cos(), turn.sin()
        cx, cy = boxes[..., [0, 2, 0, 2]], boxes[..., [1, 1, 3, 3]]
        dx = cx[:, None] - centre[..., 0, None, None]
        dy = cy[:, None] - centre[..., 1, None, None]
        c4, s4, z4 = cos[:, None, None, None], sin[:, None, None, None], zoom[:, None, None, None]
        wx = (c4 * dx + s4 * dy) / z4 + 160
        wy = (-s4 * dx + c4 * dy) / z4 + 160
        tb = torch.stack((wx.amin(-1), wy.amin(-1), wx.amax(-1), wy.amax(-1)), -1)  # [n, t, k, 4]
        inside = (tb[..., :2] >= 0).all(-1) & (tb[..., 2:] <= 320).all(-1)
        away = lambda m: (tb[..., 0] >= 320 + m) | (tb[..., 2] <= -m) | (tb[..., 1] >= 320 + m) | (tb[..., 3] <= -m)
        fixed = (keep & ~heal)[:, None]
        cut_fixed = (fixed & ~inside & ~away(0)).any(-1)
        some = (keep[:, None] & inside).any(-1)
        close_fixed = (fixed & ~away(16)).any(-1)
        valid = torch.where(want[:, None], some & ~cut_fixed, ~close_fixed)
        score = valid.float() * 100 + (keep[:, None] & inside).sum(-1) * dense[:, None] + rand(n, t) * 0.5
        best = score.argmax(1)
        ok = valid.gather(1, best[:, None])[:, 0]
        take = lambda a: a.gather(1, best.view(-1, 1, *[1] * (a.ndim - 2)).expand(-1, 1, *a.shape[2:]))[:, 0]
        inside, tb = take(inside), take(tb)
        centre = centre.gather(1, best[:, None, None].expand(-1, 1, 2))[:, 0]
        keep = keep & (inside | ~heal)  # what the window would cut is healed
        shown = keep & inside

        flip = (rand(n, 2) < 0.5).float() * 2 - 1
        swap = rand(n) < 0.5
        d = torch.diag_embed(flip)
        d = torch.where(swap[:, None, None], d.flip(2), d)
        r = torch.stack((torch.stack((cos, -sin), 1), torch.stack((sin, cos), 1)), 1) * zoom[:, None, None]
        a = r @ d
        matrix = torch.cat((a, (centre - (a * 160).sum(2))[:, :, None]), 2)
        both = warp(self.pictures[index].float() / 255, matrix, 320, 320)
        window = merge(both, matrix, boxes, keep, there & ~keep, from_good)
        window = self.rub(window)
        out = carry(boxes, matrix)
        cls = torch.where(shown & ok[:, None], classes, -1)
        if not pair:
            x, out = show(window, out, "board")
            return x.expand(-1, 3, -1, -1), out, cls, ok
        # the reference was taken at another time: a little off, other edges
        matrix[:, :, 2] += (rand(n, 2) * 2 - 1) * 1.5
        good = self.rub(warp(self.pictures[index, 1:].float() / 255, matrix, 320, 320))
        cls = torch.where(cls >= 0, prompts.CLASS_INDEX["difference"], -1)
        good, _ = show(good, out, "pair")
        x, out = show(window, out, "pair")
        return torch.stack((good, x), 1).expand(-1, -1, 3, -1, -1), out, cls, ok

    def rub(self, x):
        """Grows or thins copper and frays its edges for half of the windows [B, 1, 320, 320] in 0..1; then only black and white."""
        n, dev = x.shape[0], self.device
        rand = lambda *s: torch.rand(s, generator=self.g, device=dev)
        on = rand(n) < 0.5
        sigma = 0.5 + 1.1 * rand(n)
        at = torch.arange(-4, 5, device=dev).float()
        kernel = torch.exp(-0.5 * (at[None] / sigma[:, None]) ** 2)
        kernel = torch.where(on[:, None], kernel / kernel.sum(1, keepdim=True), (at == 0).float()[None])
        y = F.pad(x.transpose(0, 1), (4, 4, 4, 4), mode="replicate")
        y = F.conv2d(y, kernel[:, None, :, None], groups=n)
        y = F.conv2d(y, kernel[:, None, None, :], groups=n).transpose(0, 1)
        noise = F.avg_pool2d(torch.randn(x.shape, generator=self.g, device=dev), 3, 1, 1) * 3
        y = y + noise * (on * rand(n) * 0.13)[:, None, None, None]
        level = 0.5 + on * (rand(n) - 0.5) * 0.36
        return (y > level[:, None, None, None]).float()


def merge(both, matrix, boxes, kept, healed, from_good):
    """Window [B, 1, H, W] from the defective and the good one: kept boxes from the first, healed ones from the second."""
    b, _, h, w = both.shape
    dev = both.device
    x = torch.arange(w, device=dev) + 0.5
    y = torch.arange(h, device=dev) + 0.5
    sx = matrix[:, 0, 0, None, None] * x + matrix[:, 0, 1, None, None] * y[:, None] + matrix[:, 0, 2, None, None]
    sy = matrix[:, 1, 0, None, None] * x + matrix[:, 1, 1, None, None] * y[:, None] + matrix[:, 1, 2, None, None]
    good = from_good[:, None, None].expand(b, h, w)
    for sort, value in ((healed, True), (kept, False)):
        for k in range(boxes.shape[1]):
            q = boxes[:, k, :, None, None]
            within = (sx >= q[:, 0]) & (sx < q[:, 2]) & (sy >= q[:, 1]) & (sy < q[:, 3]) & sort[:, k, None, None]
            good = torch.where(within, value, good)
    return torch.where(good, both[:, 1], both[:, 0])[:, None]


class Screws:
    """Photos of a block with four screws; one position at a time."""

    def __init__(self, device, seed):
        self.device = device
        self.g = torch.Generator(device=device).manual_seed(seed)

    def load(self, photos, boxes, missing):
        """photos: numpy [n, H, W, 3]; boxes [n, 4, 4]; missing [n, 4] bool."""
        self.pictures = torch.as_tensor(photos).to(self.device)
        self.boxes = torch.as_tensor(boxes).float().to(self.device)
        self.missing = torch.as_tensor(missing).to(self.device)

    def crop(self, photo, position, shift, zoom, turn, flip):
        size = 256
        box = self.boxes[photo, position]
        centre = (box[:, :2] + box[:, 2:]) / 2 + shift
        cos, sin = turn.cos() * zoom, turn.sin() * zoom
        a = torch.stack((torch.stack((cos, -sin), 1), torch.stack((sin, cos), 1)), 1) * flip[:, None, :]
        m = torch.cat((a, (centre - (a * (size / 2)).sum(2))[:, :, None]), 2)
        x = warp(self.pictures[photo].permute(0, 3, 1, 2).float() / 255, m, size, size)
        boxes, classes = clip(carry(box[:, None], m), torch.where(self.missing[photo, position], prompts.CLASS_INDEX["missing_screw"], -1)[:, None],
                              size, size)
        return x, boxes, classes

    def sample(self, n):
        rand = lambda *s: torch.rand(s, generator=self.g, device=self.device)
        u = lambda *s: rand(*s) * 2 - 1
        want = rand(n) < 0.5
        flat = self.missing.flatten().float()
        pos = torch.multinomial(flat + 1e-9, n, replacement=True, generator=self.g)
        neg = torch.multinomial(1 - flat + 1e-9, n, replacement=True, generator=self.g)
        at = torch.where(want, pos, neg)
        flip = torch.where(rand(n, 2) < 0.5, -1.0, 1.0)
        x, boxes, classes = self.crop(at // 4, at % 4, u(n, 2) * 24, torch.exp(0.18 * u(n)), u(n) * 0.17, flip)
        return *show(light(x, 1.2, self.g), boxes, "screw"), classes

    def straight(self, at):
        n = len(at)
        z = torch.zeros(n, device=self.device)
        x, boxes, classes = self.crop(at // 4, at % 4, torch.zeros(n, 2, device=self.device), z + 257 / 256, z, torch.ones(n, 2, device=self.device))
        return *show(x, boxes, "screw"), classes


class Clips:
    """Films of a station where four bolts are fitted, with the seconds at which each was seated."""

    def __init__(self, capacity, device, seed):
        h, w = prompts.SIZES["clip"]
        self.device, self.capacity = device, capacity
        self.frames = torch.zeros((capacity, prompts.FRAMES, h, w, 3), dtype=torch.uint8, device=device)
        self.seconds = torch.full((capacity, 4), -1.0, device=device)
        self.count = self.added = 0
        self.g = torch.Generator(device=device).manual_seed(seed)

    def add(self, frames, seconds):
        """Takes n clips until the store is full."""
        n = min(len(frames), self.capacity - self.count)
        self.frames[self.count:self.count + n] = torch.as_tensor(frames[:n]).to(self.device)
        self.seconds[self.count:self.count + n] = torch.as_tensor(seconds[:n], dtype=torch.float).to(self.device)
        self.count += n
        self.added = self.count

    def straight(self, index):
        """([n, frames / 2, 2, 3, H, W] in -1..1, seconds [n, 4])."""
        x = self.frames[index].permute(0, 1, 4, 2, 3).float() / 127.5 - 1
        return x.unflatten(1, (-1, 2)), self.seconds[index]

    def sample(self, n):
        """As `straight`, begun up to two seconds earlier or later (the film stands still where there is none), in other light."""
        u = lambda *s: torch.rand(s, generator=self.g, device=self.device) * 2 - 1
        index = torch.randint(self.count, (n,), generator=self.g, device=self.device)
        seconds = self.seconds[index]
        first = torch.where(seconds < 0, 1e3, seconds).amin(1)
        late = torch.minimum((u(n) * 8.99).trunc(), (first * prompts.FPS - 2).floor().clamp(min=0))  # frames cut off at the start: nothing is fitted yet
        late = torch.where(u(n) > 0, late, 0.0)
        at = (torch.arange(prompts.FRAMES, device=self.device) + late[:, None]).clamp(0, prompts.FRAMES - 1).long()
        x = self.frames[index[:, None], at].permute(0, 1, 4, 2, 3).float() / 255
        gain = torch.exp(0.2 * u(n, 1, 1, 1, 1) + 0.05 * u(n, 1, 3, 1, 1))
        x = (x * gain + 0.03 * u(n, 1, 1, 1, 1)).clamp(1e-4, 1) ** torch.exp(0.15 * u(n, 1, 1, 1, 1))
        x = x + torch.randn(x.shape, generator=self.g, device=self.device) * (0.012 * u(n, 1, 1, 1, 1).abs())
        moved = torch.where(seconds < 0, -1.0, seconds - late[:, None] / prompts.FPS)
        moved = torch.where(moved > (prompts.FRAMES - 1) / prompts.FPS, -1.0, moved)
        return (x.clamp(0, 1) * 2 - 1).unflatten(1, (-1, 2)), moved
