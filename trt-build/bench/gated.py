"""Checks the fused first half of an MLP of many tokens in E4M3 against torch, and times it.

usage: gated.py [--nvcc nvcc] [--seconds N] [--rows ROWS ...]

Compiles gated-many.cu for a Hopper GPU and two models, and compares with torch in FP32. Tensor cores add E4M3's products with fewer bits than
FP32 has: a sum of K products is taken to be off by at most 2^-9 of the sum of their absolute values; torch._scaled_mm's own sums are off by up
to 1.1e-3 of it, 2^-9.8. So the output has to be between the roundings of the least and the greatest result that sums within that bound have.
Closer: of torch._scaled_mm's sums, with what follows in FP32, 99.99% of the bytes have to be the same and none more than one step of E4M3's
off. Output is written wherever it has to be (it was NaN before) and nowhere behind; tokens behind the last are NaN and must not matter.

Then times it, for so many seconds of work each, with the weights of several matrices in turn, beside torch._scaled_mm of the same
product with output in BF16, and that with a copy behind it that reads and writes as much as a pointwise kernel would. Launches as GatedLaunch
does. Exit code 1 if a case differs. Needs a Hopper GPU, nvcc and torch; a minute.
"""
import argparse
import ctypes
import sys
import time

import torch

from attention import CUDA, Compiled, check

E4M3 = torch.float8_e4m3fn
COLUMNS, DEPTH = 64, 128  # of a block's tile, of a stage
HIGHS = 64, 96, 128, 160, 176, 192, 208, 224, 240, 256, 272  # tokens of a tile
MIXED_ROW, MOST_STAGES, MOST_BYTES = COLUMNS + 16, 8, 225 * 1024
BYTES, NOT_INTERLEAVED, SWIZZLE_128, PROMOTION_256, ZEROS = 0, 0, 3, 3, 0
SUM_ERROR = 2**-9
HIDDEN, MLP = 4096, 12288  # of the 8B


class TensorMap:
    """What TMA fetches, in boxes that have 128 bytes of the first dimension: 128 bytes, at a multiple of 64."""

    def __init__(self, tensor, sizes, strides, box):
        """strides: bytes, of all dimensions but the first"""
        self.memory = ctypes.create_string_buffer(192)
        self.address = (ctypes.addressof(self.memory) + 63) // 64 * 64
        rank = len(sizes)
        check(CUDA.cuTensorMapEncodeTiled(
            ctypes.c_void_p(self.address), BYTES, rank, ctypes.c_void_p(tensor.data_ptr()), (ctypes.c_uint64 * rank)(*sizes),
            (ctypes.c_uint64 * (rank - 1))(*strides), (ctypes.c_uint32 * rank)(*box), (ctypes.c_uint32 * rank)(*[1] * rank),
            NOT_INTERLEAVED, SWIZZLE_128, PROMOTION_256, ZEROS), "cuTensorMapEncodeTiled")


class Kernel(Compiled):
    def __init__(self, nvcc, hidden, mlp):
        self.hidden, self.mlp = hidden, mlp
        super().__init__(nvcc, ("gated-many.cu",), {"gatedMany": MOST_BYTES + 1024}, LAYER_SIZE=hidden, MLP_SIZE=mlp)
        self.clusters = torch.cuda.get_device_properties(0).multi_processor_count // 2

    def highs(self, rows):
        """Tokens of a tile, the best first: those of the cluster that has most tiles, and something for each tile."""
        def time(high):
            return -(-self.items(rows, high) // self.clusters) * (high + 24)
        return sorted(HIGHS, key=lambda high: (time(high), high))

    def items(self, rows, high):
        return -(-rows // high) * (self.mlp // (2 * COLUMNS))

    def tokens_map(self, x, high):
        return TensorMap(x, (self.hidden, len(x)), (self.hidden,), (DEPTH, high // 2))

    def weights_map(self, weights):
        k = self.hidden
        return TensorMap(weights, (k, 8, 2, self.mlp // 8), (k, self.mlp * k, 8 * k), (DEPTH, 8, 2, 8))

    def gated(self, tokens_map, weights_map, scales, scale, mixed_scale, mixed, rows, high):
        stage, mixed_bytes = (2 * COLUMNS + high) * DEPTH, high * MIXED_ROW
        shared = min(MOST_STAGES, (MOST_BYTES - mixed_bytes) // stage) * stage + mixed_bytes + 1024
        blocks = 2 * min(self.clusters, self.items(rows, high))
        operands = [tokens_map.address, weights_map.address]
        values = [ctypes.c_void_p(it.data_ptr()) for it in (scales, scale, mixed_scale, mixed)] + [ctypes.c_int(rows), ctypes.c_int(high)]
        operands += [ctypes.addressof(it) for it in values]
        pointers = (ctypes.c_void_p * len(operands))(*operands)
        stream = ctypes.c_void_p(torch.cuda.current_stream().cuda_stream)
        check(CUDA.cuLaunchKernel(self.functions["gatedMany"], blocks, 1, 1, 384, 1, 1, shared, stream, pointers, None), "gatedMany")


def e4m3(x):
    """Rounded, as the kernel does: what is too large is the largest."""
    return x.clamp(-448, 448).to(E4M3)


def steps(x):
    """E4M3's numbers, counted from zero up and down"""
    bits = x.view(torch.uint8).int()
    return torch.where(bits >= 128, -(bits & 127), bits)


class Model:
    def __init__(self, kernel, layers, is_wild):
        self.kernel = kernel
        self.generator = torch.Generator(device="cuda").manual_seed(7)
        self.scale = torch.tensor([2**-8 * 4096**0.5 / kernel.hidden**0.5], device="cuda").bfloat16()
        self.mixed_scale = torch.tensor([0.02], device="cuda").bfloat16()
        self.layers = [self.layer(is_wild) for _ in range(layers)]

    def random(self, *shape):
        return torch.randn(*shape, device="cuda", generator=self.generator)

    def layer(self, is_wild):
        rows = 2 * self.kernel.mlp
        if is_wild:  # all numbers that there are
            bits = torch.randint(0, 256, (rows, self.kernel.hidden), device="cuda", generator=self.generator, dtype=torch.uint8)
            bits[(bits & 0x7f) == 0x7f] = 0
            weights = bits.view(E4M3)
        else:  # as a quantized model's
            weights = e4m3(self.random(rows, self.kernel.hidden) * 105)
        scales = (0.0006 + 0.0004 * self.random(rows).abs()).bfloat16()
        return weights, scales, self.kernel.weights_map(weights)

    def tokens(self, rows):
        return e4m3(self.random(rows, self.kernel.hidden) * 60)

    def is_right(self, rows, high=None):
        high = high or self.kernel.highs(rows)[0]
        k, mlp = self.kernel, self.kernel.mlp
        weights, scales, weights_map = self.layers[0]
        buffer = torch.full((rows + 200, k.hidden), float("nan"), device="cuda").to(E4M3)  # the rows behind are nobody's
        buffer[:rows] = self.tokens(rows)
        x = buffer[:rows]
        out = torch.full(((rows + 130) * mlp,), 0x7f, device="cuda", dtype=torch.uint8)
        k.gated(k.tokens_map(x, high), weights_map, scales, self.scale, self.mixed_scale, out, rows, high)
        torch.cuda.synchronize()
        mixed, behind = out[:rows * mlp].view(rows, mlp), out[rows * mlp:]

        factors = self.scale.float() * scales.float()
        sums = x.float() @ weights.float().T * factors
        off = x.float().abs() @ weights.float().abs().T * factors * SUM_ERROR
        gate, up = sums.chunk(2, -1)
        gate_off, up_off = off.chunk(2, -1)
        silu = torch.nn.functional.silu(gate)
        so = self.mixed_scale.float()
        wanted = silu * up / so
        margin = (1.1 * gate_off * (up.abs() + up_off) + silu.abs() * up_off) / so + wanted.abs() * 2**-18  # silu's slope is below 1.1
        least, greatest, rounded = (steps(e4m3(it)) for it in (wanted - margin, wanted + margin, wanted))
        got = steps(mixed.view(E4M3))
        inside = ((least <= got) & (got <= greatest) & ((mixed & 127) != 127)).all().item()
        away = (got - rounded).abs()
        equal, one, most = (away == 0).float().mean().item(), (away == 1).float().mean().item(), away.max().item()
        untouched = (behind == 0x7f).all().item()
        saturated = (mixed & 127 == 126).float().mean().item()

        # what tensor cores' sums are elsewhere, with what follows in FP32
        padded = torch.zeros((rows + 15) // 16 * 16, k.hidden, device="cuda").to(E4M3)
        padded.view(torch.uint8)[:rows] = x.view(torch.uint8)
        one_scale = torch.ones((), device="cuda")
        product = torch._scaled_mm(padded, weights.T, one_scale, one_scale, out_dtype=torch.float32, use_fast_accum=True)[:rows] * factors
        sum_error = ((product - sums).abs() / off).max().item() * SUM_ERROR
        gate, up = product.chunk(2, -1)
        apart = (steps(e4m3(torch.nn.functional.silu(gate) * up / so)) - got).abs()
        same, most_apart = (apart == 0).float().mean().item(), apart.max().item()
        right = inside and untouched and same > 0.9999 and most_apart <= 1
        print(f"{'ok   ' if right else 'WRONG'} {k.hidden} and {mlp}, {rows} rows by {high}: {same:.4%} as of torch._scaled_mm's sums, {most_apart} steps"
              f" apart at most; as of FP32's {equal:.2%}, one step off {one:.2%}, {most} at most,{'' if inside else ' NOT'} within bounds;"
              f" saturated {saturated:.2%}; behind {'nothing' if untouched else 'WRITTEN'}; _scaled_mm's sums off by {sum_error:.1e}", flush=True)
        return right


def sustained(turns, seconds):
    """Microseconds of one of these, one behind the other all the time; watts and MHz in the end"""
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        for turn in turns:
            turn()
        stream.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, stream=stream):
            for turn in turns:
                turn()
    began, ended = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    began.record()
    graph.replay()
    ended.record()
    ended.synchronize()
    some = max(1, int(0.05e3 / max(began.elapsed_time(ended), 1e-3)))
    start, count, power, clock = time.time(), 0, 0, 0
    is_measured = False
    while time.time() < start + seconds:
        if not is_measured and time.time() > start + 0.25 * seconds:  # the limit shows by now
            began.record()
            is_measured = True
        for _ in range(some):
            graph.replay()
        count += some * is_measured
        ended.record()
        try:
            power, clock = torch.cuda.power_draw() / 1000, torch.cuda.clock_rate()
        except Exception:  # no NVML
            pass
        ended.synchronize()
    return began.elapsed_time(ended) * 1000 / count / len(turns), power, clock


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nvcc", default="nvcc")
    parser.add_argument("--seconds", type=float, default=1.5)
    parser.add_argument("--rows", type=int, nargs="*", default=[320, 1024, 1088, 2048])
    arguments = parser.parse_args()
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.zeros(1, device="cuda")
    print(torch.cuda.get_device_name(), torch.cuda.get_device_properties(0).multi_processor_count, "multiprocessors")

    kernel = Kernel(arguments.nvcc, HIDDEN, MLP)
    right = []
    for it in (Kernel(arguments.nvcc, 256, 384), kernel):
        model = Model(it, 1, True)
        right += [model.is_right(rows) for rows in (1, 64, 128, 129, 320, 1024, 1064, 2048)]
        right += [model.is_right(rows, high) for rows in ((4500, 8192) if it.hidden < HIDDEN else (1064,)) for high in HIGHS]
    model = Model(kernel, 6, False)
    one = torch.ones((), device="cuda")
    for rows in arguments.rows:
        x = model.tokens(rows)
        mixed = torch.empty(rows, MLP, device="cuda", dtype=torch.uint8)
        wide = torch.empty(rows, 2 * MLP, device="cuda", dtype=torch.bfloat16)
        copied = torch.empty(5 * rows * MLP // 2, device="cuda", dtype=torch.uint8)
        pasted = torch.empty_like(copied)
        flops = 2 * rows * HIDDEN * 2 * MLP

        high = kernel.highs(rows)[0]
        tokens_map = kernel.tokens_map(x, high)
        maps = [(kernel.weights_map(weights), scales) for weights, scales, _ in model.layers]
        alone = [lambda it=it: torch._scaled_mm(x, it[0].T, one, one, out_dtype=torch.bfloat16, use_fast_accum=True, out=wide) for it in model.layers]
        turns = {f"gatedMany by {high}": [lambda it=it: kernel.gated(tokens_map, *it, model.scale, model.mixed_scale, mixed, rows, high) for it in maps],
                 "_scaled_mm": alone, "_scaled_mm and a copy": [lambda it=it: (it(), pasted.copy_(copied)) for it in alone]}
        sustained(alone, arguments.seconds / 3)  # the card is warm
        for name, turn in turns.items():
            took, power, clock = sustained(turn, arguments.seconds)
            print(f"{rows:5} rows  {name:21} {took:7.1f} us {flops / took / 1e6:5.0f} TFLOP/s {power:4.0f} W {clock:5} MHz", flush=True)
    sys.exit(0 if all(right) else 1)


if __name__ == "__main__":
    main()
