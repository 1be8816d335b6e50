"""From boxes to what is learned: the packed conversation with its loss weights, and the dense labels of the auxiliary heads.

Everything is a tensor on one device; nothing here loops over pictures.
"""
import torch

import model
import prompts

IGNORE = -100
DEFECT_WEIGHT, BOX_WEIGHT, END_WEIGHT = 0.5, 0.15, 0.1  # per token, against 1 for the verdict


class Conversation:
    """The packed text of one task: the shared prefix, then one slot for each prompt, each as inference reads it."""

    def __init__(self, task, tok, device):
        self.task, self.prompts, self.device = task, prompts.prompts_of(task), device
        h, w = prompts.SIZES[task]
        self.grid = (h // 32, w // 32)
        self.count = self.grid[0] * self.grid[1]
        prefix = tok.encode(prompts.prefix_text()).ids
        pad = tok.token_to_id("<|image_pad|>")
        self.at = prefix.index(pad)
        self.prefix = prefix[:self.at] + [pad] * self.count + prefix[self.at + 1:]
        assert len(self.prefix) == self.at + self.count + 1, "the picture is followed by vision_end alone"
        self.questions = [tok.encode(prompts.question_text(p.question)).ids for p in self.prompts]
        end = tok.token_to_id("<|im_end|>")
        one = lambda text: tok.encode(text).ids
        quote = prompts.FORCED[-3:]

        def after(text):  # tokens of an answer that follows the forced start
            whole = one(prompts.FORCED + text)
            start = one(prompts.FORCED)
            assert whole[:len(start)] == start, (quote, text)
            return whole[len(start):]

        self.verdict_ids = [after(prompts.answer_text(v, "scratch", (1, 2, 3, 4)))[0] for v in prompts.VERDICTS]
        # REJECT","defect":"CODE","box":[ per class of box; the four numbers and commas follow, then ]} and the end of turn.
        heads, close = {}, None
        for p in self.prompts:
            for c in p.rejects:
                ids = after(prompts.answer_text("REJECT", c, (1, 2, 3, 4)))
                digits = [one(str(d))[0] for d in range(10)]
                comma = one("1,2")[1]
                numbers = [digits[1], comma, digits[2], comma, digits[3], comma, digits[4]]
                k = next(i for i in range(len(ids)) if ids[i:i + 7] == numbers)
                heads[c], close = ids[:k], ids[k + 7:]
        widest = max(len(v) for v in heads.values())
        head = torch.full((len(prompts.CLASSES), widest), -1)
        for c, ids in heads.items():
            head[prompts.CLASS_INDEX[c], :len(ids)] = torch.tensor(ids)
        self.head = head.to(device)
        number = torch.full((1001, 4), -1)
        for n in range(1001):
            ids = one(str(n))
            number[n, :len(ids)] = torch.tensor(ids)
        self.number = number.to(device)
        self.comma, self.close = comma, torch.tensor(close + [end], device=device)
        soft = {v: after(prompts.answer_text(v)) + [end] for v in ("PASS", "REVIEW")}
        self.plain = torch.full((2, max(map(len, soft.values()))), -1)
        for i, v in enumerate(("PASS", "REVIEW")):
            self.plain[i, :len(soft[v])] = torch.tensor(soft[v])
        self.plain = self.plain.to(device)

        longest = max(map(len, self.questions))
        answer = widest + 16 + 3 + len(close) + 1
        slots = len(self.prompts)
        self.length = longest + answer
        while (len(self.prefix) + slots * self.length) % 8:  # attention kernels want a multiple of 8
            self.length += 1
        question = torch.full((slots, longest), -1)
        for i, q in enumerate(self.questions):
            question[i, :len(q)] = torch.tensor(q)
        self.question = question.to(device)
        self.begin = torch.tensor([len(q) for q in self.questions], device=device)  # index in the slot of the verdict token
        self.fill = tok.token_to_id("<|endoftext|>")
        self.prefix = torch.tensor(self.prefix, device=device)
        self.positions = model.positions(self.at, *self.grid, slots, self.length)
        self.mask = model.block_mask(len(self.prefix), slots, self.length).to(device)
        # inference reads only up to the verdict: the same conversation with short slots
        self.short = longest + (-(len(self.prefix) + slots * longest) % 8 + slots - 1) // slots
        while (len(self.prefix) + slots * self.short) % 8:
            self.short += 1
        self.short_positions = model.positions(self.at, *self.grid, slots, self.short)
        self.short_mask = model.block_mask(len(self.prefix), slots, self.short).to(device)
        rejects = torch.zeros(slots, len(prompts.CLASSES), dtype=torch.bool)
        reviews = torch.zeros_like(rejects)
        for i, p in enumerate(self.prompts):
            rejects[i, [prompts.CLASS_INDEX[c] for c in p.rejects]] = True
            for c in p.reviews:
                reviews[i, prompts.CLASS_INDEX[c]] = True
        self.rejects, self.reviews = rejects.to(device), reviews.to(device)

    def verdicts(self, boxes, classes):
        """(verdict [B, P] as index into VERDICTS, index [B, P] of the largest rejected box) of boxes [B, K, 4], classes [B, K]."""
        valid = classes >= 0
        c = classes.clamp(min=0)
        hit = self.rejects.T[c].permute(0, 2, 1) & valid[:, None]  # [B, P, K]
        hide = self.reviews.T[c].permute(0, 2, 1) & valid[:, None]
        area = ((boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1]))[:, None].expand_as(hit)
        largest = area.masked_fill(~hit, -1).argmax(-1)
        verdict = torch.where(hit.any(-1), 1, torch.where(hide.any(-1), 2, 0))
        return verdict, largest

    def build(self, boxes, classes):
        """(ids [B, S], targets [B, P, L], weights [B, P, L], verdict [B, P]); targets are what follows each token of a slot."""
        b, p = boxes.shape[0], len(self.prompts)
        h, w = prompts.SIZES[self.task]
        verdict, largest = self.verdicts(boxes, classes)
        box = boxes.gather(1, largest[..., None].expand(-1, -1, 4))
        scale = boxes.new_tensor([1000 / w, 1000 / h, 1000 / w, 1000 / h])
        box = (box * scale).round().clamp(0, 1000).long()
        code = classes.clamp(min=0).gather(1, largest)
        num = self.number[box]  # [B, P, 4, 4]
        comma = torch.full_like(num[..., :1], self.comma)
        comma[:, :, 3] = -1
        inner = torch.cat((num, comma), -1).flatten(2)
        head = self.head[code]
        reject = torch.cat((head, inner, self.close.expand(b, p, -1)), -1)
        weight = torch.cat((torch.full_like(head, DEFECT_WEIGHT, dtype=torch.float), torch.full_like(inner, BOX_WEIGHT, dtype=torch.float),
                            torch.full((b, p, len(self.close)), END_WEIGHT, device=self.device)), -1)
        plain = self.plain[(verdict == 2).long()]
        plain = torch.nn.functional.pad(plain, (0, reject.shape[-1] - plain.shape[-1]), value=-1)
        sound = (verdict != 1)[..., None]
        answer = torch.where(sound, plain, reject)
        weight = torch.where(sound, torch.full_like(weight, END_WEIGHT), weight)
        weight[..., 0] = 1.0
        whole = torch.cat((self.question.expand(b, -1, -1), answer), -1)
        weight = torch.cat((torch.zeros_like(self.question, dtype=torch.float).expand(b, -1, -1), weight), -1)
        there = whole >= 0
        at = there.cumsum(-1) - 1
        at = torch.where(there, at, self.length)
        ids = torch.full((b, p, self.length + 1), self.fill, device=self.device).scatter(2, at, whole)[..., :self.length]
        w2 = torch.zeros((b, p, self.length + 1), device=self.device).scatter(2, at, weight)[..., :self.length]
        targets = torch.nn.functional.pad(ids[..., 1:], (0, 1), value=self.fill)
        weights = torch.nn.functional.pad(w2[..., 1:], (0, 1))
        return torch.cat((self.prefix.expand(b, -1), ids.flatten(1)), 1), targets, weights, verdict

    def ask(self, b):
        """ids [B, S] of the conversation that ends where the verdicts are read."""
        slot = torch.full((len(self.prompts), self.short), self.fill, device=self.device)
        slot[:, :self.question.shape[1]] = torch.where(self.question >= 0, self.question, self.fill)
        return torch.cat((self.prefix, slot.flatten())).expand(b, -1)


def dense(boxes, classes, height, width, cell, shrink):
    """(label [B, C, gh, gw] bool, ignore [B, C, gh, gw] bool, member [B, K, gh·gw] bool) of a grid of cells of `cell` px.

    A cell is positive when the box, shrunk by `shrink` of its size on each side, covers a quarter of the cell or the cell holds a quarter
    of that core; other cells that the box touches are ignored. `member` holds the cells that each box touches.
    """
    b, k = classes.shape
    gh, gw = height // cell, width // cell
    device = boxes.device
    x = torch.arange(gw, device=device) * cell
    y = torch.arange(gh, device=device) * cell

    def cover(q):  # area of each cell inside the boxes q
        ox = (torch.minimum(q[..., 2, None], x + cell) - torch.maximum(q[..., 0, None], x)).clamp(min=0)
        oy = (torch.minimum(q[..., 3, None], y + cell) - torch.maximum(q[..., 1, None], y)).clamp(min=0)
        return oy[..., :, None] * ox[..., None, :]

    size = torch.stack((boxes[..., 2] - boxes[..., 0], boxes[..., 3] - boxes[..., 1]), -1)
    core = torch.cat((boxes[..., :2] + shrink * size, boxes[..., 2:] - shrink * size), -1)
    area = (core[..., 2] - core[..., 0]) * (core[..., 3] - core[..., 1])
    inside = cover(core)
    valid = (classes >= 0)[..., None, None]
    hit = (inside >= 0.25 * torch.minimum(area, torch.full_like(area, cell * cell))[..., None, None]) & (inside > 0) & valid
    touch = (cover(torch.cat((boxes[..., :2] - 1, boxes[..., 2:] + 1), -1)) > 0) & valid
    channel = classes.clamp(min=0)[..., None, None].expand(-1, -1, gh, gw)
    n = len(prompts.CLASSES)
    label = torch.zeros((b, n, gh, gw), device=device).scatter_add_(1, channel, hit.float()) > 0
    ignore = torch.zeros((b, n, gh, gw), device=device).scatter_add_(1, channel, touch.float()) > 0
    return label, ignore & ~label, touch.flatten(2)


THIN = torch.tensor([c in prompts.THIN for c in prompts.CLASSES])


def dense_loss(logits, boxes, classes, height, width, cell, channels, shrink):
    """Auxiliary loss of logits [B, gh·gw, C] (row-major cells): focal for compact defects, "somewhere in the box" for thin ones."""
    label, ignore, member = dense(boxes, classes, height, width, cell, shrink)
    x = logits.float().transpose(1, 2)  # [B, C, N]
    label, ignore = label.flatten(2), ignore.flatten(2)
    thin = THIN.to(x.device)[None, :, None]
    wide = member.sum(-1, keepdim=True) > 4  # a long scratch's box is mostly sound metal
    vague = torch.zeros_like(label, dtype=torch.float).scatter_add_(
        1, classes.clamp(min=0)[..., None].expand(-1, -1, label.shape[2]),
        (member & wide & (classes >= 0)[..., None]).float()) > 0
    vague = vague & thin
    ce = torch.nn.functional.binary_cross_entropy_with_logits(x, label.float(), reduction="none")
    p = torch.sigmoid(x)
    focus = torch.where(label, (1 - p), p).detach() ** 1.5
    weight = torch.where(vague, 0.0, torch.where(ignore, 0.0, torch.where(label, 2.0, 1.0))) * channels[None, :, None]
    positives = (label & ~vague).float().mul(channels[None, :, None]).sum().clamp(min=1)
    loss = (ce * focus * weight).sum() / positives
    # each box: the smooth maximum of its cells is positive
    own = x.gather(1, classes.clamp(min=0)[..., None].expand(-1, -1, x.shape[2]))  # [B, K, N]
    best = torch.logsumexp((own * 2).masked_fill(~member, -1e4), -1) / 2
    valid = ((classes >= 0) & member.any(-1)).float()
    bag = torch.nn.functional.softplus(-best.clamp(min=-30)) * valid
    return loss + bag.sum() / valid.sum().clamp(min=1)
