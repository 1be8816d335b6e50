"""From boxes, codes and times to what is learned: the packed conversation with its loss weights, and the dense labels of the auxiliary heads.

Everything is a tensor on one device; nothing here loops over pictures.
"""
import torch

import model
import prompts

# Loss weights per token, against 1 for a verdict read at once.
SECOND_VERDICT = 0.5  # the verdict of a whole answer, thought or not
DECISION = 0.4  # another finding or the end; another sentence or the end
DEFECT_WEIGHT, BOX_WEIGHT, END_WEIGHT = 0.4, 0.25, 0.1
CHARACTER, TIME = 0.6, 1.0
THOUGHTS = {"bracket": 0.35, "board": 0.15, "pair": 0.15, "screw": 0.35}  # share of the long slots that think before they answer
FINDINGS = {"bracket": 3, "board": 8, "pair": 8, "screw": 1}  # that are learned of one answer
ASKED = 0.65  # share of the long slots that go to a prompt with something to say, where there is one


class Slots:
    """The packed text of one task: a prefix with its pictures, then slots that all continue it, each as inference reads it."""

    def __init__(self, task, tok, device):
        self.task, self.tok, self.device = task, tok, device
        h, w = prompts.seen(task)
        self.grid = (h // 32, w // 32)
        pads = (tok.token_to_id("<|image_pad|>"), tok.token_to_id("<|video_pad|>"))
        count = self.grid[0] * self.grid[1]
        self.before = [i for t in tok.encode(prompts.prefix_text(task)).ids for i in ([t] * count if t in pads else [t])]
        self.prefix = torch.tensor(self.before, device=device)
        self.pads, self.fill, self.end = pads, tok.token_to_id("<|endoftext|>"), tok.token_to_id("<|im_end|>")
        number = torch.full((1001, 4), -1)
        for n in range(1001):
            ids = self.one(str(n))
            number[n, :len(ids)] = torch.tensor(ids)
        self.number, self.comma = number.to(device), self.one("1,2")[1]

    def one(self, text):
        return self.tok.encode(text).ids

    def after(self, start, text):
        """Tokens of `text` where it follows `start`."""
        whole, first = self.one(start + text), self.one(start)
        assert whole[:len(first)] == first, (start, text)
        return whole[len(first):]

    def table(self, rows):
        """Lists of tokens as one tensor, filled with -1."""
        out = torch.full((len(rows), max(map(len, rows))), -1)
        for i, r in enumerate(rows):
            out[i, :len(r)] = torch.tensor(r)
        return out.to(self.device)

    def lay(self, lengths):
        """(at, cos and sin positions, mask) of the prefix followed by slots of these lengths; the last one is made longer until all is a multiple of 8."""
        lengths = list(lengths)
        lengths[-1] += -(len(self.before) + sum(lengths)) % 8  # attention kernels want a multiple of 8
        positions, at = model.positions(self.before, self.pads, self.grid, lengths)
        return lengths, positions, at.to(self.device), model.block_mask(len(self.before), lengths).to(self.device)

    def squeeze(self, whole, weight, length):
        """whole [B, P, N] tokens with -1 where there is none → (ids, targets, weights), each [B, P·length]: what is there, moved together."""
        b, p, _ = whole.shape
        there = whole >= 0
        at = torch.where(there, there.cumsum(-1) - 1, length + 1).clamp(max=length + 1)
        ids = torch.full((b, p, length + 2), self.fill, device=self.device).scatter(2, at, whole.clamp(min=0))
        weights = torch.zeros((b, p, length + 2), device=self.device).scatter(2, at, weight)
        return tuple(t.flatten(1) for t in (ids[..., :length], ids[..., 1:length + 1], weights[..., 1:length + 1]))

    def join(self, *groups):
        """(ids [B, S], targets [B, T], weights [B, T]) of the prefix and these groups of slots."""
        ids, want, weight = (torch.cat(v, 1) for v in zip(*groups))
        return torch.cat((self.prefix.expand(len(ids), -1), ids), 1), want, weight


class Conversation(Slots):
    """Verdict prompts: for each a slot that ends where the verdict is read, and one long slot with a whole answer to one of them."""

    def __init__(self, task, tok, device):
        super().__init__(task, tok, device)
        self.prompts = prompts.prompts_of(task)
        self.k = FINDINGS[task]
        two = lambda c: [(c, (1, 2, 3, 4)), (c, (5, 6, 7, 8))]
        self.verdict_ids = [self.after(prompts.FORCED, prompts.answer_text(v, two("scratch")))[0] for v in prompts.VERDICTS]
        self.verdict_at = torch.tensor(self.verdict_ids, device=device)
        classes = [c for p in self.prompts for c in p.rejects]
        cuts = lambda start, text: self.cut(self.after(start, text))
        heads, nexts, firsts, mores = ([[] for _ in prompts.CLASSES] for _ in range(4))
        for c in classes:
            i = prompts.CLASS_INDEX[c]
            heads[i], nexts[i], close = cuts(prompts.FORCED, prompts.answer_text("REJECT", two(c)))
            firsts[i], mores[i], stop = cuts("<think>\n", prompts.thought_text("REJECT", two(c)) + prompts.FORCED)
        self.head, self.next, self.first, self.more = map(self.table, (heads, nexts, firsts, mores))
        self.close, self.stop = torch.tensor(close + [self.end], device=device), torch.tensor(stop, device=device)
        self.plain = self.table([self.after(prompts.FORCED, prompts.answer_text(v)) + [self.end] for v in ("PASS", "REVIEW")])
        self.calm = self.table([self.after("<think>\n", prompts.thought_text(v) + prompts.FORCED) for v in ("PASS", "REVIEW")])
        self.forced = torch.tensor(self.one(prompts.FORCED), device=device)
        self.question = self.table([self.one(prompts.question_text(p.question)) for p in self.prompts])
        self.thinking = self.table([self.one(prompts.ask_text(p.question)) for p in self.prompts])
        self.begin = (self.question >= 0).sum(1)  # index in the slot of the verdict token
        slots, short = len(self.prompts), self.question.shape[1]
        answer = self.head.shape[1] + (self.k - 1) * self.next.shape[1] + self.k * 17 + len(self.close)
        t = min(self.k, prompts.MOST_THOUGHTS)
        thought = self.first.shape[1] + (t - 1) * self.more.shape[1] + t * 17 + len(self.stop)
        long = self.thinking.shape[1] + max(len(self.forced) + answer, thought + self.head.shape[1] + (t - 1) * self.next.shape[1] + t * 17 + len(self.close))
        self.lengths, self.positions, self.at, self.mask = self.lay([short] * slots + [long])
        self.short = self.lay([short] * slots)  # inference reads only up to the verdict
        rejects = torch.zeros(slots, len(prompts.CLASSES), dtype=torch.bool)
        reviews = torch.zeros_like(rejects)
        for i, p in enumerate(self.prompts):
            rejects[i, [prompts.CLASS_INDEX[c] for c in p.rejects]] = True
            for c in p.reviews:
                reviews[i, prompts.CLASS_INDEX[c]] = True
        self.rejects, self.reviews = rejects.to(device), reviews.to(device)

    def cut(self, ids):
        """(before the first box's numbers, between the boxes, after the second) of tokens with the boxes 1,2,3,4 and 5,6,7,8."""
        def find(n):
            numbers = self.one(",".join(str(v) for v in range(n, n + 4)))
            return next(i for i in range(len(ids)) if ids[i:i + 7] == numbers)
        a, b = find(1), find(5)
        return ids[:a], ids[a + 7:b], ids[b + 7:]

    def verdicts(self, boxes, classes):
        """verdict [B, P] as index into VERDICTS of boxes [B, K, 4], classes [B, K]."""
        valid = classes >= 0
        c = classes.clamp(min=0)
        hit = self.rejects.T[c].permute(0, 2, 1) & valid[:, None]  # [B, P, K]
        hide = self.reviews.T[c].permute(0, 2, 1) & valid[:, None]
        return torch.where(hit.any(-1), 1, torch.where(hide.any(-1), 2, 0))

    def build(self, boxes, classes, g=None):
        """(ids [B, S], targets [B, T], weights [B, T], verdict [B, P]); targets are what follows each token of the slots."""
        b, p, dev = boxes.shape[0], len(self.prompts), self.device
        verdict = self.verdicts(boxes, classes)
        rand = lambda *s: torch.rand(s, generator=g, device=dev)
        # the short slots: only the verdict is learned
        asked = torch.cat((self.question.expand(b, -1, -1), self.verdict_at[verdict][..., None]), -1)
        weight = torch.zeros(asked.shape, device=dev)
        weight[..., -1] = 1
        short = self.squeeze(asked, weight, self.lengths[0])
        # the long slot: one prompt, its whole answer, now and then after a thought
        some = (verdict > 0).float()
        pick = torch.where((rand(b) < ASKED) & (some.sum(1) > 0), torch.multinomial(some + 1e-6, 1, generator=g)[:, 0], torch.randint(p, (b,), generator=g, device=dev))
        said = verdict.gather(1, pick[:, None])[:, 0]
        mine = self.rejects[pick].gather(1, classes.clamp(min=0)) & (classes >= 0)
        h, w = prompts.seen(self.task)
        scale = boxes.new_tensor([1000 / w, 1000 / h, 1000 / w, 1000 / h])
        box = (boxes * scale).round().clamp(0, 1000).long()
        order = torch.where(mine, box[..., 1] * 1001 + box[..., 0], 1 << 30).argsort(1)[:, :self.k]
        take = lambda v: v.gather(1, order.view(b, -1, *[1] * (v.ndim - 2)).expand(-1, -1, *v.shape[2:]))
        count = mine.sum(1)
        mine, code, box = take(mine), take(classes.clamp(min=0)), take(box)
        thinks = rand(b) < THOUGHTS[self.task]
        answer, weight = self.answer(said, mine, code, box, count)
        thought, weigh = self.thought(said, mine, code, box, thinks)
        start = torch.where(thinks[:, None], self.thinking[pick], -1)
        plain = torch.where(thinks[:, None], -1, self.question[pick])
        whole = torch.cat((plain, start, thought, answer), 1)
        zero = lambda t: torch.zeros(t.shape, device=dev)
        weight = torch.cat((zero(plain), zero(start), weigh, weight), 1)
        long = self.squeeze(whole[:, None], weight[:, None], self.lengths[-1])
        return (*self.join(short, long), verdict)

    def numbers(self, box):
        """Tokens [B, K, 20] of boxes [B, K, 4] with the commas between their numbers."""
        num = self.number[box]
        comma = torch.full_like(num[..., :1], self.comma)
        comma[:, :, 3] = -1
        return torch.cat((num, comma), -1).flatten(2)

    def list(self, mine, code, box, first, more, decision):
        """(tokens, weights) [B, N] of a list of boxes: `first` before the first one, `more` before each other, which token `decision` of it decides."""
        b, k = mine.shape
        nums = torch.where(mine[..., None], self.numbers(box), -1)
        parts, weights = [], []
        for i in range(k):
            lead = torch.where(mine[:, i, None], (first if i == 0 else more)[code[:, i]], -1)
            w = torch.full(lead.shape, DEFECT_WEIGHT, device=self.device)
            if i:
                w[:, decision] = DECISION
            parts += [lead, nums[:, i]]
            weights += [w, torch.full(nums[:, i].shape, BOX_WEIGHT, device=self.device)]
        return torch.cat(parts, 1), torch.cat(weights, 1)

    def answer(self, said, mine, code, box, count):
        b, k = mine.shape
        listed, weight = self.list(mine, code, box, self.head, self.next, 0)
        weight[:, 0] = SECOND_VERDICT
        close = self.close.expand(b, -1)
        ends = torch.full(close.shape, END_WEIGHT, device=self.device)
        ends[:, 0] = DECISION
        ends = torch.where(count[:, None] > k, 0.0, ends)  # there would be more to say
        reject, weight = torch.cat((listed, close), 1), torch.cat((weight, ends), 1)
        plain = torch.nn.functional.pad(self.plain[(said == 2).long()], (0, reject.shape[1] - self.plain.shape[1]), value=-1)
        sound = (said != 1)[:, None]
        calm = torch.full_like(weight, END_WEIGHT)
        calm[:, 0] = SECOND_VERDICT
        return torch.where(sound, plain, reject), torch.where(sound, calm, weight)

    def thought(self, said, mine, code, box, thinks):
        t = min(self.k, prompts.MOST_THOUGHTS)
        mine, code, box = mine[:, :t], code[:, :t], box[:, :t]
        listed, weight = self.list(mine, code, box, self.first, self.more, 1)
        stop = self.stop.expand(len(mine), -1)
        ends = torch.full(stop.shape, END_WEIGHT, device=self.device)
        ends[:, 1] = DECISION  # after the sentence's end
        seen, weight = torch.cat((listed, stop), 1), torch.cat((weight, ends), 1)
        calm = torch.nn.functional.pad(self.calm[(said == 2).long()], (0, seen.shape[1] - self.calm.shape[1]), value=-1)
        sound = (said != 1)[:, None]
        text, weight = torch.where(sound, calm, seen), torch.where(sound, END_WEIGHT, weight)
        weight[:, :4] = DECISION  # "I see no", "I cannot"
        return torch.where(thinks[:, None], text, -1), weight

    def ask(self, b):
        """ids [B, S] of the conversation that ends where the verdicts are read."""
        slots = torch.where(self.question >= 0, self.question, self.fill)
        tail = torch.full((sum(self.short[0]),), self.fill, device=self.device)
        tail[:slots.numel()] = slots.flatten()
        return torch.cat((self.prefix, tail)).expand(b, -1)


class Reading(Slots):
    """"Read the code.": one slot with its answer."""

    def __init__(self, task, tok, device):
        super().__init__(task, tok, device)
        question = self.one(prompts.question_text(prompts.CODE_QUESTION, prompts.CODE))
        self.question = torch.tensor(question, device=device)
        self.character = torch.tensor([self.one(c)[0] for c in prompts.CHARACTERS] + [-1], device=device)
        text = self.one(prompts.code_text("A"))
        self.quote, self.close = torch.tensor(text[:1], device=device), torch.tensor(text[2:] + [self.end], device=device)
        self.nothing = torch.tensor(self.one(prompts.code_text(None)) + [self.end], device=device)
        self.lengths, self.positions, self.at, self.mask = self.lay([len(question) + prompts.LONGEST_CODE + 1 + len(self.close)])

    def build(self, codes):
        """(ids, targets, weights) of codes [B, LONGEST_CODE]: indices of CHARACTERS, -1 after the end; all -1 where nothing can be read."""
        b = len(codes)
        letters = self.character[codes]
        blank = (codes[:, :1] < 0)
        text = torch.cat((self.quote.expand(b, -1), letters, self.close.expand(b, -1)), 1)
        none = torch.nn.functional.pad(self.nothing.expand(b, -1), (0, text.shape[1] - len(self.nothing)), value=-1)
        answer = torch.where(blank, none, text)
        weight = torch.full(answer.shape, CHARACTER, device=self.device)
        weight[:, 0] = 1.0  # a code or nothing
        whole = torch.cat((self.question.expand(b, -1), answer), 1)
        weight = torch.cat((torch.zeros((b, len(self.question)), device=self.device), weight), 1)
        return self.join(self.squeeze(whole[:, None], weight[:, None], self.lengths[0]))


class Watching(Slots):
    """A clip: one slot for each bolt's question with its answer."""

    def __init__(self, task, tok, device):
        super().__init__(task, tok, device)
        self.question = self.table([self.one(prompts.question_text(q, prompts.AT)) for q in prompts.CLIP_QUESTIONS])
        self.times = self.table([self.one(prompts.at_text(t / 10)) + [self.end] for t in range(100)] + [self.one(prompts.at_text(None)) + [self.end]])
        self.lengths, self.positions, self.at, self.mask = self.lay([self.question.shape[1] + self.times.shape[1]] * len(prompts.CLIP_QUESTIONS))
        # where each pair of frames ends in the text: what was seen so far is known there
        ends = [i for i, t in enumerate(self.before) if t == tok.token_to_id("<|vision_end|>")]
        self.frame_ends = torch.tensor(ends, device=device)

    def build(self, seconds):
        """(ids, targets, weights) of seconds [B, 4], negative for a bolt that was never fitted."""
        tenths = torch.where(seconds < 0, 100, (seconds * 10).round().clamp(0, 99)).long()
        answer = self.times[tenths]
        weight = torch.full(answer.shape, TIME, device=self.device)
        weight[..., 1:] = torch.where(tenths[..., None] < 100, 0.7 * TIME, END_WEIGHT)
        b = len(seconds)
        whole = torch.cat((self.question.expand(b, -1, -1), answer), -1)
        weight = torch.cat((torch.zeros((b, *self.question.shape), device=self.device), weight), -1)
        parts = [self.squeeze(whole[:, i:i + 1], weight[:, i:i + 1], n) for i, n in enumerate(self.lengths)]
        return self.join(*parts)


def conversation(task, tok, device):
    return {"label": Reading, "clip": Watching}.get(task, Conversation)(task, tok, device)


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


def seated_loss(logits, seconds, unsure):
    """Loss of logits [B, T, 4], "this bolt is seated by now", at each pair of frames; within `unsure` seconds of the seating either is right."""
    now = torch.arange(logits.shape[1], device=logits.device)[None, :, None] * 2 / prompts.FPS + 0.5 / prompts.FPS
    at = torch.where(seconds < 0, 1e3, seconds)[:, None]
    ce = torch.nn.functional.binary_cross_entropy_with_logits(logits.float(), (now >= at).float(), reduction="none")
    sure = ((now - at).abs() > unsure).float()
    return 4 * (ce * sure).sum() / sure.sum()


def letters_loss(logits, codes):
    """Loss of logits [B, LONGEST_CODE, characters] of the characters of codes [B, LONGEST_CODE]."""
    return 2 * torch.nn.functional.cross_entropy(logits.float().flatten(0, 1), codes.flatten(), ignore_index=-1, reduction="sum") / (codes >= 0).sum().clamp(min=1)
