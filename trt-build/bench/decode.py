"""Checks the kernels of a few tokens against torch, and times them; and the one that unpacks four bits for many.

usage: decode.py [--nvcc nvcc] [--rounds N]

Compiles decode.cu for this machine's GPU, for two models and for weights in E4M3 and in four bits, with heads in E4M3 and BF16, runs each
kernel on random numbers for one, three and eight tokens and compares what comes out with torch in FP32. Then times them for the 8B, each behind the other with weights of several layers, so that
none is in a cache, beside what a copy reads and writes a second. Launches as DecodeLaunch does, but each kernel when the one before is
done. Exit code 1 if one differs. Needs a GPU, nvcc and torch; half a minute.
"""
import argparse
import sys

import torch

from attention import EPSILON, Compiled, microseconds

KERNELS = ("heads", "attended", "gated", "down", "head")
NORMED = {"heads", "gated", "head"}
BLOCK = 128
COLUMNS = {"E4m3": 64, "Int4": 128, "Bf16": 32}  # of a stage
SHAPES = {1: {"heads": (16, 2), "attended": (16, 2), "gated": (4, 8), "down": (16, 4), "head": (8, 6)}, 8: dict.fromkeys(KERNELS, (8, 4))}


class Matrix:
    """Random weights in one form, with their scales, which may be none; and the numbers that these mean."""

    def __init__(self, form, rows, columns, generator):
        self.form, self.shape = form, (rows, columns)
        if form == "Int4":
            self.stored = torch.randint(0, 256, (rows, columns // 2), device="cuda", generator=generator, dtype=torch.uint8)
            self.scales = (0.01 + 0.01 * torch.rand(rows, columns // BLOCK, device="cuda", generator=generator)).bfloat16()
        elif form == "E4m3":  # all numbers that it has, small ones too
            bits = torch.randint(0, 256, (rows, columns), device="cuda", generator=generator, dtype=torch.uint8)
            bits[(bits & 0x7f) == 0x7f] = 0  # the two that are none
            self.stored = bits.view(torch.float8_e4m3fn)
            self.scales = (0.001 + 0.001 * torch.rand(rows, device="cuda", generator=generator)).bfloat16()
        else:
            self.stored = (0.05 * torch.randn(rows, columns, device="cuda", generator=generator)).bfloat16()
            self.scales = None

    def numbers(self):
        if self.form == "Int4":
            pairs = self.stored.int()
            numbers = torch.stack([pairs & 15, pairs >> 4], -1)
            numbers = torch.where(numbers > 7, numbers - 16, numbers).reshape(self.shape[0], -1, BLOCK)
            return (numbers * self.scales.float()[..., None]).reshape(self.shape)
        return self.stored.float() * (1 if self.scales is None else self.scales.float()[:, None])

    @property
    def nbytes(self):
        return self.stored.nbytes + (self.scales.nbytes if self.form == "Int4" else 0)


class Model:
    """Kernels for one model, with random weights of some layers."""

    def __init__(self, nvcc, form, head_form, hidden, mlp, heads, kv_heads, size, vocabulary, layers=2):
        self.form, self.head_form = form, head_form
        self.hidden, self.mlp, self.queries, self.keys, self.vocabulary = hidden, mlp, heads * size, kv_heads * size, vocabulary
        self.compiled = Compiled(nvcc, ("decode.cu",), {f"{name}{room}": self.shared(name, room) for name in KERNELS for room in SHAPES},
                                 LAYERS=form, HEAD=head_form, LAYER_SIZE=hidden, MLP_SIZE=mlp, HEADS=heads, KV_HEADS=kv_heads, HEAD_SIZE=size, VOCABULARY=vocabulary,
                                 EPSILON=f"{EPSILON}f")
        self.generator = torch.Generator(device="cuda").manual_seed(7)
        sizes = {"heads": (self.queries + 2 * self.keys, hidden), "attended": (hidden, self.queries), "gated": (2 * mlp, hidden),
                 "down": (hidden, mlp)}
        self.layers = [{name: Matrix(form, *shape, self.generator) for name, shape in sizes.items()} for _ in range(layers)]
        self.head = Matrix(head_form, vocabulary, hidden, self.generator)
        self.gain = (1 + 0.3 * self.random(hidden)).bfloat16()

    def random(self, *shape):
        return torch.randn(*shape, device="cuda", generator=self.generator)

    def shape(self, name, room):
        """Warps, and stages of each."""
        warps, stages = SHAPES[room][name]
        return warps, 3 if room > 1 and self.form_of(name) == "Int4" else stages

    def form_of(self, name):
        return self.head_form if name == "head" else self.form

    def shared(self, name, room):
        warps, stages = self.shape(name, room)
        return warps * max(stages * (1024 + 2 * COLUMNS[self.form_of(name)] * (room + (name in NORMED))), 4 * room * 17)

    def launch(self, name, matrix, tokens, *operands):
        room = 1 if tokens == 1 else 8
        self.compiled.launch(f"{name}{room}", (-(-matrix.shape[0] // 16), 1, 1), 32 * self.shape(name, room)[0], self.shared(name, room), *operands,
                             tokens)

    def heads(self, layer, x, query, keys_and_values):
        matrix = layer["heads"]
        self.launch("heads", matrix, len(x), x, self.gain, matrix.stored, matrix.scales, query, keys_and_values)

    def added(self, name, layer, x, before, after):
        matrix = layer[name]
        self.launch(name, matrix, len(x), x, matrix.stored, matrix.scales, before, after)

    def gated(self, layer, x, mixed):
        matrix = layer["gated"]
        self.launch("gated", matrix, len(x), x, self.gain, matrix.stored, matrix.scales, mixed)

    def logits(self, x, asked, logits):
        self.launch("head", self.head, len(asked), x, self.gain, self.head.stored, self.head.scales, asked, logits)

    def tokens(self, count, size):
        return (3 * self.random(count, size)).bfloat16()

    def normed(self, x):
        x = x.float()
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + EPSILON) * self.gain.float()

    def is_right(self, count):
        layer, x = self.layers[-1], self.tokens(count, self.hidden)
        attended, mixed = self.tokens(count, self.queries), self.tokens(count, self.mlp)

        def product(matrix, y):
            return y @ matrix.numbers().T

        def empty(size, dtype=torch.bfloat16):
            return torch.full((count, size), float("nan"), device="cuda", dtype=dtype)

        out = {"query": empty(self.queries), "keys and values": empty(2 * self.keys), "attended": empty(self.hidden),
               "gated": empty(self.mlp), "down": empty(self.hidden), "logits": empty(self.vocabulary, torch.float32)}
        asked = torch.arange(count - 1, -1, -1, device="cuda")
        self.heads(layer, x, out["query"], out["keys and values"])
        self.added("attended", layer, attended, x, out["attended"])
        self.gated(layer, x, out["gated"])
        self.added("down", layer, mixed, x, out["down"])
        self.logits(x, asked, out["logits"])
        torch.cuda.synchronize()

        query, keys_and_values = product(layer["heads"], self.normed(x)).split([self.queries, 2 * self.keys], -1)
        gate, up = product(layer["gated"], self.normed(x)).chunk(2, -1)
        wanted = {"query": query, "keys and values": keys_and_values, "attended": x.float() + product(layer["attended"], attended.float()),
                  "gated": torch.nn.functional.silu(gate) * up, "down": x.float() + product(layer["down"], mixed.float()),
                  "logits": product(self.head, self.normed(x))[asked]}
        errors = {name: ((out[name].float() - it).norm() / it.norm()).item() for name, it in wanted.items()}
        right = all(error < 5e-3 for error in errors.values())
        print(f"{'ok   ' if right else 'WRONG'} {self.form}, {self.hidden} and {self.mlp}, head {self.head_form}, {count} tokens: " + ", ".join(
            f"{name} {error:.1e}" for name, error in errors.items()), flush=True)
        return right


def is_unpacked(nvcc, rounds):
    """What int4-matrix.cu makes is, bit by bit, what torch rounds; and how long it takes for the 8B's gate and up."""
    compiled = Compiled(nvcc, ("int4-matrix.cu",), {"unpack": 0})
    generator = torch.Generator(device="cuda").manual_seed(7)
    right = True
    for rows, columns in ((48, 256), (24576, 4096)):
        matrix = Matrix("Int4", rows, columns, generator)
        made = torch.full((rows, columns), float("nan"), device="cuda").bfloat16()
        count = rows * columns // 8

        def unpack():
            compiled.launch("unpack", (-(-count // 256), 1, 1), 256, 0, matrix.stored, matrix.scales, made, count)

        unpack()
        torch.cuda.synchronize()
        right = right and torch.equal(made, matrix.numbers().bfloat16())
    time = microseconds(unpack, rounds, 4)
    print(f"{'ok   ' if right else 'WRONG'} four bits unpacked; {rows} x {columns} in {time:.0f} us, {(matrix.nbytes + made.nbytes) / time / 1e6:.2f} TB/s")
    return right


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nvcc", default="nvcc")
    parser.add_argument("--rounds", type=int, default=20)
    arguments = parser.parse_args()
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.zeros(1, device="cuda")
    print(torch.cuda.get_device_name())

    right = [is_unpacked(arguments.nvcc, arguments.rounds)]
    for form, head_form, hidden, mlp in (("E4m3", "E4m3", 272, 528), ("E4m3", "Bf16", 272, 528), ("Int4", "Bf16", 256, 640)):
        small = Model(arguments.nvcc, form, head_form, hidden, mlp, 4, 2, 16 if form == "E4m3" else 32, 570)
        right += [small.is_right(count) for count in (1, 3, 8)]
    copied = torch.empty(1 << 30, device="cuda", dtype=torch.uint8)
    other = torch.empty_like(copied)
    bandwidth = 2 * copied.nbytes / microseconds(lambda: other.copy_(copied), arguments.rounds, 4)
    print(f"\na copy reads and writes {bandwidth / 1e6:.2f} TB/s; microseconds, and TB/s of weights")
    right += [it for form, head_form in (("E4m3", "E4m3"), ("Int4", "Bf16")) for it in timed(arguments, form, head_form)]
    sys.exit(0 if all(right) else 1)


def timed(arguments, form, head_form):
    """Of the 8B; whether its numbers are right."""
    model = Model(arguments.nvcc, form, head_form, 4096, 12288, 32, 8, 128, 151936, layers=8)
    right = [model.is_right(count) for count in (1, 3, 8)]
    for count in (1, 8):
        x, y = model.tokens(count, 4096), model.tokens(count, 4096)
        keys_and_values, mixed = model.tokens(count, 2048), model.tokens(count, 12288)
        asked, logits = torch.arange(count, device="cuda"), torch.empty(count, 151936, device="cuda")
        turns = {"heads": lambda layer: model.heads(layer, x, y, keys_and_values), "attended": lambda layer: model.added("attended", layer, y, x, x),
                 "gated": lambda layer: model.gated(layer, x, mixed), "down": lambda layer: model.added("down", layer, mixed, x, x)}
        told = []
        for name, turn in turns.items():
            time = microseconds(lambda: [turn(layer) for layer in model.layers], arguments.rounds, 4) / len(model.layers)
            told.append(f"{name} {time:.1f} ({model.layers[0][name].nbytes / time / 1e6:.2f})")
        time = microseconds(lambda: model.logits(x, asked, logits), arguments.rounds, 4)
        told.append(f"head {time:.0f} ({model.head.nbytes / time / 1e6:.2f})")
        print(f"{form}, {count} token{'s' if count > 1 else ''}: " + ", ".join(told))
    return right


if __name__ == "__main__":
    main()
