"""Checks the kernels of a few tokens against torch, and times them.

usage: decode.py [--nvcc nvcc] [--rounds N]

Compiles decode.cu for this machine's GPU and for two models, runs each kernel on random numbers for one, three and eight tokens and
compares what comes out with torch in FP32. Then times them for the 8B, each behind the other with weights of several layers, so that
none is in a cache, beside what a copy reads and writes a second. Launches as DecodeLaunch does, but each kernel when the one before is
done. Exit code 1 if one differs. Needs a GPU, nvcc and torch; half a minute.
"""
import argparse
import sys

import torch

from attention import EPSILON, Compiled, microseconds

KERNELS = ("heads", "attended", "gated", "down", "head")
NORMED = {"heads", "gated", "head"}
SHAPES = {1: {"heads": (16, 2), "attended": (16, 2), "gated": (4, 8), "down": (16, 4), "head": (8, 6)}, 8: dict.fromkeys(KERNELS, (8, 4))}


class Model:
    """Kernels for one model, with random weights of some layers."""

    def __init__(self, nvcc, hidden, mlp, heads, kv_heads, size, vocabulary, layers=2):
        self.hidden, self.mlp, self.queries, self.keys, self.vocabulary = hidden, mlp, heads * size, kv_heads * size, vocabulary
        self.compiled = Compiled(nvcc, ("decode.cu",), {f"{name}{room}": self.shared(name, room) for name in KERNELS for room in SHAPES},
                                 LAYER_SIZE=hidden, MLP_SIZE=mlp, HEADS=heads, KV_HEADS=kv_heads, HEAD_SIZE=size, VOCABULARY=vocabulary,
                                 EPSILON=f"{EPSILON}f")
        self.generator = torch.Generator(device="cuda").manual_seed(7)
        sizes = {"heads": (self.queries + 2 * self.keys, hidden), "attended": (hidden, self.queries), "gated": (2 * mlp, hidden),
                 "down": (hidden, mlp)}
        self.layers = [{name: self.matrix(*shape) for name, shape in sizes.items()} for _ in range(layers)]
        self.head = self.matrix(vocabulary, hidden)
        self.gain = (1 + 0.3 * self.random(hidden)).bfloat16()

    def random(self, *shape):
        return torch.randn(*shape, device="cuda", generator=self.generator)

    def matrix(self, rows, columns):
        """All numbers that E4M3 has, small ones too, and a scale for each row."""
        bits = torch.randint(0, 256, (rows, columns), device="cuda", generator=self.generator, dtype=torch.uint8)
        bits[(bits & 0x7f) == 0x7f] = 0  # the two that are none
        return bits.view(torch.float8_e4m3fn), (0.001 + 0.001 * self.random(rows).abs()).bfloat16()

    @staticmethod
    def shared(name, room):
        warps, stages = SHAPES[room][name]
        return warps * max(stages * (1024 + 128 * (room + (name in NORMED))), 4 * room * 17)

    def launch(self, name, rows, tokens, *operands):
        room = 1 if tokens == 1 else 8
        self.compiled.launch(f"{name}{room}", (-(-rows // 16), 1, 1), 32 * SHAPES[room][name][0], self.shared(name, room), *operands, tokens)

    def heads(self, layer, x, query, keys_and_values):
        weights, scales = layer["heads"]
        self.launch("heads", len(scales), len(x), x, self.gain, weights, scales, query, keys_and_values)

    def added(self, name, layer, x, before, after):
        self.launch(name, self.hidden, len(x), x, *layer[name], before, after)

    def gated(self, layer, x, mixed):
        self.launch("gated", 2 * self.mlp, len(x), x, self.gain, *layer["gated"], mixed)

    def logits(self, x, asked, logits):
        self.launch("head", self.vocabulary, len(asked), x, self.gain, *self.head, asked, logits)

    def tokens(self, count, size):
        return (3 * self.random(count, size)).bfloat16()

    def normed(self, x):
        x = x.float()
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + EPSILON) * self.gain.float()

    def is_right(self, count):
        layer, x = self.layers[-1], self.tokens(count, self.hidden)
        attended, mixed = self.tokens(count, self.queries), self.tokens(count, self.mlp)

        def product(matrix, y):
            return y @ (matrix[0].float() * matrix[1].float()[:, None]).T

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
        print(f"{'ok   ' if right else 'WRONG'} {self.hidden} and {self.mlp}, {count} tokens: " + ", ".join(
            f"{name} {error:.1e}" for name, error in errors.items()), flush=True)
        return right


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nvcc", default="nvcc")
    parser.add_argument("--rounds", type=int, default=20)
    arguments = parser.parse_args()
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.zeros(1, device="cuda")
    print(torch.cuda.get_device_name())

    small = Model(arguments.nvcc, 272, 528, 4, 2, 16, 570)
    right = [small.is_right(count) for count in (1, 3, 8)]
    model = Model(arguments.nvcc, 4096, 12288, 32, 8, 128, 151936, layers=8)
    right += [model.is_right(count) for count in (1, 3, 8)]

    copied = torch.empty(1 << 30, device="cuda", dtype=torch.uint8)
    other = torch.empty_like(copied)
    bandwidth = 2 * copied.nbytes / microseconds(lambda: other.copy_(copied), arguments.rounds, 4)
    print(f"\na copy reads and writes {bandwidth / 1e6:.2f} TB/s; microseconds, and TB/s of weights")
    for count in (1, 8):
        x, y = model.tokens(count, 4096), model.tokens(count, 4096)
        keys_and_values, mixed = model.tokens(count, 2048), model.tokens(count, 12288)
        asked, logits = torch.arange(count, device="cuda"), torch.empty(count, 151936, device="cuda")
        turns = {"heads": lambda layer: model.heads(layer, x, y, keys_and_values), "attended": lambda layer: model.added("attended", layer, y, x, x),
                 "gated": lambda layer: model.gated(layer, x, mixed), "down": lambda layer: model.added("down", layer, mixed, x, x)}
        told = []
        for name, turn in turns.items():
            time = microseconds(lambda: [turn(layer) for layer in model.layers], arguments.rounds, 4) / len(model.layers)
            told.append(f"{name} {time:.1f} ({model.layers[0][name][0].nbytes / time / 1e6:.2f})")
        time = microseconds(lambda: model.logits(x, asked, logits), arguments.rounds, 4)
        told.append(f"head {time:.0f} ({model.head[0].nbytes / time / 1e6:.2f})")
        print(f"{count} token{'s' if count > 1 else ''}: " + ", ".join(told))
    sys.exit(0 if all(right) else 1)


if __name__ == "__main__":
    main()
