"""Checks the kernels of the text's attention against torch, and times them.

usage: attention.py [--nvcc nvcc] [--rounds N]

Compiles cached-attention.cu and cached-attention-many.cu for this machine's GPU and several heads, runs it on random numbers and compares what comes out with
torch in FP32: what is attended, keys and values where they belong, nothing written elsewhere, rows that are nobody's zero. Then
times it for the 8B's heads, with keys and values in the cache and out of it. Launches as AttentionLaunch does. Exit code 1 if a case
differs. Needs a GPU, nvcc and torch; a minute.
"""
import argparse
import ctypes
import math
import pathlib
import subprocess
import sys
import tempfile

import torch

FOLDER = pathlib.Path(__file__).parents[1] / "src/main/resources/goshawk/trtbuild/tensorrt"
MAGIC = 0x676F736861776B31
EPSILON = 1e-6
TILE, MANY = 64, 128
SHARED_OF_MANY = 5 * MANY * 256 + 1024
MOST_SPLITS = 32
FEW = 8
SHARED = 8  # CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES
CUDA = ctypes.CDLL("libcuda.so.1")


def is_hopper():
    """As KernelCompiler: such a device has products of matrices in shared memory."""
    return torch.cuda.get_device_capability() == (9, 0)


def check(code, call):
    if code:
        sys.exit(f"{call}: CUDA error {code}")


class Compiled:
    """Kernels of some sources, compiled behind what all have in common and with its definitions, and loaded."""

    def __init__(self, nvcc, sources, shared, **definitions):
        """sources: names of files; shared: the most memory of a block, by kernel"""
        major, minor = torch.cuda.get_device_capability()
        arch = f"sm_{major}{minor}" + ("a" if is_hopper() else "")
        with tempfile.TemporaryDirectory() as folder:
            cubin = f"{folder}/kernels.cubin"
            subprocess.run([nvcc, "-cubin", f"-arch={arch}", "-std=c++17", *[f"-D{name}={value}" for name, value in definitions.items()],
                            *[word for name in ("common.cu", *sources[:-1]) for word in ("-include", str(FOLDER / name))], str(FOLDER / sources[-1]),
                            "-o", cubin], check=True)
            module = ctypes.c_void_p()
            check(CUDA.cuModuleLoad(ctypes.byref(module), cubin.encode()), "cuModuleLoad")
        self.functions = {}
        for name, most in shared.items():
            self.functions[name] = ctypes.c_void_p()
            check(CUDA.cuModuleGetFunction(ctypes.byref(self.functions[name]), module, name.encode()), name)
            check(CUDA.cuFuncSetAttribute(self.functions[name], SHARED, most), "cuFuncSetAttribute")

    def launch(self, name, grid, threads, shared, *operands):
        """operands: tensors, whole numbers of 32 bits, None for no address"""
        values = [ctypes.c_int(it) if isinstance(it, int) else ctypes.c_void_p(it.data_ptr() if it is not None else None) for it in operands]
        pointers = (ctypes.c_void_p * len(values))(*[ctypes.cast(ctypes.pointer(it), ctypes.c_void_p) for it in values])
        stream = ctypes.c_void_p(torch.cuda.current_stream().cuda_stream)
        check(CUDA.cuLaunchKernel(self.functions[name], *grid, threads, 1, 1, shared, stream, pointers, None), name)


class Kernels(Compiled):
    """Attention for one kind of heads."""

    def __init__(self, nvcc, heads, kv_heads, size):
        self.heads, self.kv_heads, self.size = heads, kv_heads, size
        self.shared = 512 * (size + 8)
        self.has_many = is_hopper() and size == 128 and 16 % (heads // kv_heads) == 0
        many = {"attendMany": SHARED_OF_MANY} if self.has_many else {}
        super().__init__(nvcc, ("cached-attention.cu", "cached-attention-many.cu"), {"prepare": 0, "attend": self.shared, "combine": 0, **many}, HEADS=heads, KV_HEADS=kv_heads, HEAD_SIZE=size,
                         EPSILON=f"{EPSILON}f")


class Case:
    """New tokens behind a past, in rows of which the last may be nobody's; with a tree they are continuations that nobody keeps."""

    LAYERS, LAYER = 2, 1

    def __init__(self, kernels, tokens, rows, past, tree=None, splits=None, is_scaled=False, is_many=None):
        """splits, is_many: or else as AttentionLaunch decides"""
        self.kernels, self.tokens, self.rows, self.past, self.tree = kernels, tokens, rows, past, tree
        heads, kv_heads, size = kernels.heads, kernels.kv_heads, kernels.size
        generator = torch.Generator(device="cuda").manual_seed(7 * tokens + past)

        def random(*shape):
            return torch.randn(*shape, device="cuda", generator=generator)

        self.query, self.keys_and_values = (random(rows, n * size).mul(2).bfloat16() for n in (heads, 2 * kv_heads))
        self.key, self.value = self.keys_and_values.chunk(2, -1)
        self.gains = [(1 + 0.3 * random(size)).bfloat16() for _ in range(2)]
        angles = 3 * random(rows, size // 2)
        self.cos, self.sin = angles.cos().contiguous(), angles.sin().contiguous()
        capacity = (past + tokens + 511) // 256 * 256
        self.kept = random(self.LAYERS, 2, kv_heads, capacity, size).bfloat16()
        self.kept[:, :, :, past:] = float("nan")  # nobody may read it
        self.scratch = torch.full((2, kv_heads, rows, size), float("nan"), device="cuda").bfloat16()
        self.layer = torch.tensor([self.LAYER], device="cuda", dtype=torch.int32)
        self.words = (rows + 31) // 32
        sees = torch.zeros(rows, 32 * self.words, dtype=torch.bool)
        for token in range(tokens):
            at = token
            while at >= 0:
                sees[token, at] = True
                at = at - 1 if tree is None else tree[at]
        self.visible = sees[:tokens, :tokens].cuda()
        bits = (sees.view(rows, self.words, 32).long() << torch.arange(32)).sum(-1)
        self.sees = torch.where(bits >= 2**31, bits - 2**32, bits).int().cuda().contiguous()
        row = 2 * size
        own = [self.kept.data_ptr(), 2 * kv_heads * capacity * row, capacity * row]
        fresh = own + [past] if tree is None else [self.scratch.data_ptr(), 0, rows * row, 0]
        self.places = torch.tensor([MAGIC, *own, past, *fresh, tokens], dtype=torch.int64, device="cuda")
        self.rotated = torch.full((rows, heads * size), float("nan"), device="cuda").bfloat16()
        self.scale = torch.tensor([2**-7], device="cuda").bfloat16() if is_scaled else None
        self.attended = torch.full((rows, heads * size), float("nan"), device="cuda").to(torch.float8_e4m3fn if is_scaled else torch.bfloat16)
        processors = torch.cuda.get_device_properties(0).multi_processor_count
        packed = rows * heads // kv_heads
        is_enough = kernels.has_many and splits is None and 2 * -(-packed // MANY) * kv_heads >= processors
        self.is_many = is_enough if is_many is None else is_many
        self.tiles = -(-packed // (MANY if self.is_many else TILE))
        self.splits = splits or (1 if self.is_many else max(1, min(MOST_SPLITS, processors // (self.tiles * kv_heads))))
        self.partial = torch.full((self.splits * rows * heads * (size + 2),), float("nan"), device="cuda")
        is_combined_by_last = self.splits > 1 and rows * heads // kv_heads <= FEW
        self.done = torch.full((kv_heads,), 77, device="cuda", dtype=torch.int32) if is_combined_by_last else None

    def prepare(self):
        k = self.kernels
        k.launch("prepare", (self.rows, 1, 1), 384, 0, self.query, self.keys_and_values, *self.gains,
                 self.cos, self.sin, self.places, self.layer, self.rotated, self.done)

    def attend(self):
        k = self.kernels
        inputs = self.rotated, self.sees, self.words, self.places, self.layer, self.attended, self.scale
        if self.is_many:
            k.launch("attendMany", (k.kv_heads, self.tiles, 1), 256, SHARED_OF_MANY, *inputs, self.rows)
        else:
            k.launch("attend", (k.kv_heads, self.tiles, self.splits), 128, k.shared, *inputs, self.rows, self.splits, self.partial, self.done)

    def combine(self):
        if self.splits > 1 and self.done is None:
            self.kernels.launch("combine", (-(-self.rows * self.kernels.heads // 4), 1, 1), 128, 0, self.places, self.partial,
                                self.attended, self.scale, self.rows, self.splits)

    def run(self):
        self.prepare()
        self.attend()
        self.combine()

    def turned(self, x, heads, gain):
        size = self.kernels.size
        x = x[:self.tokens].float().reshape(self.tokens, heads, size)
        x = x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + EPSILON) * gain.float()
        a, b = x[..., :size // 2], x[..., size // 2:]
        cos, sin = self.cos[:self.tokens, None], self.sin[:self.tokens, None]
        return torch.cat([a * cos - b * sin, b * cos + a * sin], -1).bfloat16().float()

    def is_right(self):
        k, tokens, past = self.kernels, self.tokens, self.past
        query, key = self.turned(self.query, k.heads, self.gains[0]), self.turned(self.key, k.kv_heads, self.gains[1])
        value = self.value[:tokens].float().reshape(tokens, k.kv_heads, k.size)
        group = k.heads // k.kv_heads
        keys, values = (torch.cat([self.kept[self.LAYER, i, :, :past].float(), new.transpose(0, 1)], 1).repeat_interleave(group, 0)
                        for i, new in enumerate((key, value)))
        visible = torch.cat([torch.ones(tokens, past, device="cuda").bool(), self.visible], 1)
        scores = (query.transpose(0, 1) @ keys.transpose(1, 2)) / math.sqrt(k.size)
        wanted = (scores.masked_fill(~visible, float("-inf")).softmax(-1) @ values).transpose(0, 1).reshape(tokens, -1)

        before = self.kept.clone()
        self.run()
        torch.cuda.synchronize()
        attended = self.attended.float() * (1 if self.scale is None else self.scale.float())
        error = ((attended[:tokens] - wanted).norm() / wanted.norm()).item()
        others = attended[tokens:].abs().sum().item()
        if self.tree is None:
            written = self.kept[self.LAYER, :, :, past:past + tokens].clone()
            before[self.LAYER, :, :, past:past + tokens] = written
        else:
            written = self.scratch[:, :, :tokens]
        keys_off = (written[0].float().transpose(0, 1) - key).abs().max().item()
        values_off = (written[1].float().transpose(0, 1) - value).abs().max().item()
        untouched = torch.equal(before.nan_to_num(9e9), self.kept.nan_to_num(9e9))
        right = error < (6e-3 if self.scale is None else 0.035) and others == 0 and keys_off < 0.07 and values_off == 0 and untouched
        print(f"{'ok   ' if right else 'WRONG'} heads {k.heads}/{k.kv_heads} of {k.size}, {tokens} tokens in {self.rows} rows behind {past}"
              f"{', a tree' if self.tree else ''}{', in E4M3' if self.scale is not None else ''}, {'many' if self.is_many else f'{self.splits} splits'}: error {error:.1e}, others' rows {others}, keys {keys_off:.3f},"
              f" values {values_off}, elsewhere {'nothing' if untouched else 'WRITTEN'}", flush=True)
        return right


def tree(continuations, length, shared=0):
    """By token: the one before it, -1 for the past. Continuations that begin with the same tokens."""
    parents = [i - 1 for i in range(shared)]
    for _ in range(continuations):
        parents += [shared - 1 if i == 0 else len(parents) + i - 1 for i in range(length)]
    return parents


def microseconds(work, rounds, repeat=36):
    """Of one call, by a recorded graph of many."""
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        work()
        stream.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, stream=stream):
            for _ in range(repeat):
                work()
    graph.replay()
    times = []
    for _ in range(rounds):
        began, ended = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        began.record()
        graph.replay()
        ended.record()
        torch.cuda.synchronize()
        times.append(began.elapsed_time(ended) * 1000 / repeat)
    return sorted(times)[len(times) // 2]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nvcc", default="nvcc")
    parser.add_argument("--rounds", type=int, default=20)
    arguments = parser.parse_args()
    torch.zeros(1, device="cuda")
    print(torch.cuda.get_device_name())

    right = []
    for heads, kv_heads, size in [(8, 2, 32), (4, 2, 64), (6, 2, 16), (7, 1, 48), (4, 4, 128), (4, 2, 128), (8, 1, 128), (16, 1, 128), (2, 1, 176)]:
        kernels = Kernels(arguments.nvcc, heads, kv_heads, size)
        for tokens, rows, past in [(5, 64, 0), (1, 1, 77), (70, 128, 130), (257, 320, 0)]:
            right.append(Case(kernels, tokens, rows, past).is_right())
            if kernels.has_many:
                right.append(Case(kernels, tokens, rows, past, is_many=True).is_right())
    kernels = Kernels(arguments.nvcc, 32, 8, 128)
    cases = [Case(kernels, 1024, 1024, 0), Case(kernels, 1024, 1024, 40), Case(kernels, 1064, 1088, 0), Case(kernels, 1024, 1024, 1024),
             Case(kernels, 1, 1, 0), Case(kernels, 1, 1, 1200), Case(kernels, 1, 1, 3000), Case(kernels, 40, 64, 1064),
             Case(kernels, 320, 320, 1064, tree(8, 40)), Case(kernels, 8, 64, 1200, tree(8, 1)), Case(kernels, 300, 320, 1001, tree(7, 40, 20)),
             Case(kernels, 500, 512, 77), Case(kernels, 13, 64, 0), Case(kernels, 300, 320, 1001, tree(7, 40, 20), splits=3),
             *(Case(kernels, *shape, is_many=True) for shape in [(320, 320, 1064, tree(8, 40)), (300, 320, 1001, tree(7, 40, 20)), (1, 1, 0), (13, 64, 0)]
               if kernels.has_many),
             *(Case(kernels, tokens, rows, 1200, is_scaled=True) for tokens, rows in [(1, 1), (40, 64), (1024, 1024)])]
    right += [case.is_right() for case in cases]

    cache = torch.empty(64 << 20, device="cuda")  # more than any cache holds
    flush = microseconds(lambda: cache.add_(1), arguments.rounds, 8)
    print("\nmicroseconds                   splits  prepare  attend combine     all    cold")
    for case in cases:
        parts = [microseconds(it, arguments.rounds) for it in (case.prepare, case.attend, case.combine, case.run)]
        cold = microseconds(lambda: (cache.add_(1), case.run()), arguments.rounds, 8) - flush
        print(f"{case.tokens:5} tokens behind {case.past:5}{' (a tree)' if case.tree else '':9}{'many' if case.is_many else case.splits:>6}" + "".join(f"{it:8.1f}" for it in [*parts, cold]))
    sys.exit(0 if all(right) else 1)


if __name__ == "__main__":
    main()
