"""What ./goshawk engine bench --compare sets an engine beside: transformers on the same shape, and the device itself.

usage: reference.py --config DIR [--out reference.json] [--device cuda|cpu] [--sizes full|quick] [--layers N] [--limit SECONDS]

DIR has a config.json of Qwen3-VL; no weights are read: a model of that shape is made on the device, in BF16 (FP32 on a CPU), with
random numbers. Measured are vision, prefill, one part with one prompt, and decode behind two contexts, alone and eight together: as
transformers runs by itself (SDPA attention), decode also with a static cache and torch.compile. Of the device: a copy of 1 GiB and
large matrix products in BF16 and FP8.

Each section runs in a process of its own, which is ended when its time is over, of --limit seconds in all; what it has not measured
by then stands in the file with that reason. Needs torch and transformers 5.17 or newer, nothing else.
"""
import argparse
import ctypes
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time

BATCH = 8
SIZES = {"full": dict(side=1024, text=40, prompt=40, contexts=[1200, 3000]),
         "quick": dict(side=448, text=40, prompt=20, contexts=[300, 600])}
EAGER, COMPILED = "eager", "static cache and compile"
# Section, and the share of the time that is over when it must be; what one leaves, the next one has.
SECTIONS = [("device", 0.15), ("eager", 0.5), ("compiled", 1.0)]
ENERGY_SECONDS = 2.0


def tokens(side):
    return (side // 32) ** 2


def decode_name(context, batch):
    return f"decode at {context:,}" + (f", batch {batch}" if batch > 1 else "")


def planned(section, sizes):
    """Rows that a section measures, most wanted first."""
    decode = [decode_name(context, batch) for batch in (1, BATCH) for context in sizes["contexts"]]
    if section == "eager":
        side = sizes["side"]
        return [f"vision {side}×{side}", f"prefill {tokens(side):,}", f"prefill {2 * tokens(side):,}", "whole part, 1 prompt"] + decode
    return decode if section == "compiled" else []


# ---- the parent: starts sections, hears them, ends them

def main(arguments):
    found = dict(format=1, device="", versions={}, copyBytesPerSecond=None, matrixPerSecond={}, rows=[], skipped=[])
    start = time.monotonic()
    for section, share in SECTIONS:
        limit = start + share * arguments.limit - time.monotonic()
        variant = COMPILED if section == "compiled" else EAGER
        print(f"{section}: at most {limit:.0f} s", file=sys.stderr)
        # Of its own: what a compiler that is killed has half written must not be found by the next one.
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as cache:
            why = hear(section, limit, found, dict(os.environ, TORCHINDUCTOR_CACHE_DIR=cache))
        if why:
            print(f"  {why}", file=sys.stderr)
        measured = {row["name"] for row in found["rows"] + found["skipped"] if row["variant"] == variant}
        for name in planned(section, SIZES[arguments.sizes]):
            if name not in measured:
                found["skipped"].append(dict(name=name, variant=variant, why=why))
    with open(arguments.out, "w") as file:
        json.dump(found, file, indent=2, ensure_ascii=False)
    print(f"{arguments.out}: {len(found['rows'])} rows, {len(found['skipped'])} skipped", file=sys.stderr)
    if not found["rows"]:
        raise SystemExit("nothing was measured; what is in the way stands above")


def hear(section, limit, found, environment):
    """Takes what a section says, line by line. Returns what ended it before its end."""
    child = subprocess.Popen([sys.executable, os.path.abspath(__file__), *sys.argv[1:], "--section", section],
                             stdout=subprocess.PIPE, start_new_session=True, env=environment)
    end = time.monotonic() + limit
    buffer, why = b"", ""
    try:
        while True:
            ready, _, _ = select.select([child.stdout], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                return f"not measured within {limit:.0f} s"
            read = os.read(child.stdout.fileno(), 65536)
            if not read:  # it is over
                code = child.wait()
                return why or (f"the process ended with code {code}" if code else "")
            *lines, buffer = (buffer + read).split(b"\n")
            for said in map(json.loads, lines):
                why = said.pop("over", why)
                take(said, found)
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)  # its compilers too
        child.wait()


def take(said, found):
    for key, value in said.items():
        if key == "row":
            print("  {name}, {variant}: {p50:.2f} ms".format(**value), file=sys.stderr)
            found["rows"].append(value)
        elif key == "skipped":
            print("  {name}, {variant}: {why}".format(**value), file=sys.stderr)
            found["skipped"].append(value)
        elif isinstance(value, dict):
            found[key].update(value)
        else:
            found[key] = value


# ---- a section, in a process of its own

def say(**what):
    print(json.dumps(what), flush=True)


class Energy:
    """Of the first GPU, in J; None where nothing tells."""

    def __init__(self, is_gpu):
        self.device = None
        if not is_gpu:
            return
        try:
            self.nvml = ctypes.CDLL("libnvidia-ml.so.1")
            device = ctypes.c_void_p()
            if self.nvml.nvmlInit_v2() == 0 and self.nvml.nvmlDeviceGetHandleByIndex_v2(0, ctypes.byref(device)) == 0:
                self.device = device
        except (OSError, AttributeError):
            pass

    def joules(self):
        counter = ctypes.c_ulonglong()
        if self.device is None or self.nvml.nvmlDeviceGetTotalEnergyConsumption(self.device, ctypes.byref(counter)) != 0:
            return None
        return counter.value / 1000


class Section:
    def __init__(self, arguments):
        import torch
        self.torch = torch
        self.arguments = arguments
        self.is_gpu = arguments.device == "cuda"
        self.dtype = torch.bfloat16 if self.is_gpu else torch.float32
        self.sizes = SIZES[arguments.sizes]
        self.energy = Energy(self.is_gpu)

    def wait(self):
        if self.is_gpu:
            self.torch.cuda.synchronize()

    def timed(self, work, before=lambda: None, seconds=0.0):
        """Seconds of each round, sorted; `before` comes before each one and is not timed."""
        times, start = [], time.perf_counter()
        while len(times) < self.arguments.rounds or time.perf_counter() - start < seconds:
            before()
            self.wait()
            began = time.perf_counter()
            work()
            self.wait()
            times.append(time.perf_counter() - began)
        return sorted(times)

    def row(self, name, variant, work, before=lambda: None):
        try:
            for _ in range(3):  # what is compiled, captured or chosen is so by then
                before()
                work()
            self.wait()
            joules = self.energy.joules()
            times = [1e3 * s for s in self.timed(work, before, 0.0 if joules is None else ENERGY_SECONDS)]
            row = dict(name=name, variant=variant, rounds=len(times), p50=at(times, 0.5), p10=at(times, 0.1), p90=at(times, 0.9))
            if joules is not None:
                row["joules"] = (self.energy.joules() - joules) / len(times)
            say(row=row)
        except Exception as e:  # whatever torch or its compiler throws: the next row may do
            say(skipped=dict(name=name, variant=variant, why=reason(e)))


def at(sorted_times, share):
    return sorted_times[round(share * (len(sorted_times) - 1))]


def reason(e):
    return f"{type(e).__name__}: {e}".splitlines()[0][:300]


def device(section):
    torch, is_gpu = section.torch, section.is_gpu
    name = torch.cuda.get_device_name() if is_gpu else "CPU"
    versions = dict(torch=torch.__version__)
    if is_gpu:
        versions["CUDA"] = torch.version.cuda
    say(device=name, versions=versions)
    size = (1 if is_gpu else 0.25) * 2**30
    source = torch.empty(int(size), dtype=torch.uint8, device=section.arguments.device)
    target = torch.empty_like(source)
    section.timed(lambda: target.copy_(source))
    say(copyBytesPerSecond=2 * size / section.timed(lambda: target.copy_(source))[0])
    del source, target
    side = 8192 if is_gpu else 1024
    a, b = (torch.randn(side, side, device=section.arguments.device).to(section.dtype) for _ in range(2))
    products = {"BF16" if is_gpu else "F32": lambda: a @ b}
    if is_gpu and torch.cuda.get_device_capability() >= (8, 9):
        one = torch.ones((), device="cuda")
        fp8, column = a.to(torch.float8_e4m3fn), b.to(torch.float8_e4m3fn).t()
        products["F8_E4M3"] = lambda: torch._scaled_mm(fp8, column, one, one, out_dtype=torch.bfloat16, use_fast_accum=True)
    for kind, product in products.items():
        try:
            section.timed(product, seconds=0.5 if is_gpu else 0)
            say(matrixPerSecond={kind: 2 * side**3 / section.timed(product, seconds=0.5 if is_gpu else 0)[0]})
        except Exception as e:
            print(f"  {kind} products: {reason(e)}", file=sys.stderr)


class Model:
    """The shape of a config.json with random weights, and the calls that are measured."""

    def __init__(self, section):
        import transformers
        self.section = section
        self.torch = section.torch
        say(versions=dict(transformers=transformers.__version__))
        with open(os.path.join(section.arguments.config, "config.json")) as file:
            sizes = json.load(file)
        for key in ("quantization_config", "dtype", "torch_dtype"):
            sizes.pop(key, None)
        layers = section.arguments.layers
        if layers:
            sizes["text_config"]["num_hidden_layers"] = layers
            vision = sizes["vision_config"]
            vision["depth"] = layers
            vision["deepstack_visual_indexes"] = list(range(min(layers, len(vision["deepstack_visual_indexes"]))))
        self.config = transformers.Qwen3VLConfig(**sizes)
        began = time.perf_counter()
        with self.torch.device(section.arguments.device):
            model = transformers.Qwen3VLForConditionalGeneration._from_config(
                self.config, dtype=section.dtype, attn_implementation="sdpa").eval()
        section.wait()
        parameters = sum(parameter.numel() for parameter in model.parameters())
        print(f"  {parameters / 1e9:.2f} G random parameters in {time.perf_counter() - began:.1f} s", file=sys.stderr)
        self.visual, self.text, self.head = model.model.visual, model.model.language_model, model.lm_head
        self.caches = transformers.DynamicCache, transformers.StaticCache

    def ids(self, batch, count):
        return self.torch.randint(0, self.config.text_config.vocab_size, (batch, count), device=self.section.arguments.device)

    def picture(self, side):
        vision = self.config.vision_config
        grid = side // vision.patch_size
        width = vision.in_channels * vision.temporal_patch_size * vision.patch_size**2
        pixels = self.torch.rand(grid * grid, width, device=self.section.arguments.device, dtype=self.section.dtype) * 2 - 1
        where = self.torch.tensor([[1, grid, grid]], device=self.section.arguments.device)
        return lambda: self.visual(pixels, grid_thw=where)

    def read(self, ids, cache):
        """Logits of what follows."""
        return self.head(self.text(input_ids=ids, past_key_values=cache, use_cache=True).last_hidden_state[:, -1:])

    def prefill(self, count):
        ids = self.ids(1, count)
        return lambda: self.read(ids, self.caches[0](config=self.config.text_config))

    def context(self, cache, batch, count):
        """Fills a cache, in pieces that take little memory."""
        while count > 0:
            piece = min(count, 512)
            self.text(input_ids=self.ids(batch, piece), past_key_values=cache, use_cache=True)
            count -= piece
        return cache


def eager(section):
    model, sizes = Model(section), section.sizes
    names = iter(planned("eager", sizes))
    look = model.picture(sizes["side"])
    section.row(next(names), EAGER, look)
    for count in (tokens(sizes["side"]), 2 * tokens(sizes["side"])):
        section.row(next(names), EAGER, model.prefill(count))
    ask = model.prefill(tokens(sizes["side"]) + sizes["text"] + sizes["prompt"])
    section.row(next(names), EAGER, lambda: (look(), ask()))
    for batch in (1, BATCH):
        for context in sizes["contexts"]:
            cache = model.context(model.caches[0](config=model.config.text_config), batch, context)
            ids = model.ids(batch, 1)

            def rewind():
                for layer in cache.layers:
                    layer.keys, layer.values = layer.keys[:, :, :context], layer.values[:, :, :context]

            section.row(next(names), EAGER, lambda: model.read(ids, cache), rewind)


def compiled(section):
    torch = section.torch
    model, sizes = Model(section), section.sizes
    names = iter(planned("compiled", sizes))
    for batch in (1, BATCH):
        for context in sizes["contexts"]:
            name = next(names)
            torch.compiler.reset()
            try:
                # Attention is over all places of the cache: it has one more than the context.
                cache = model.context(model.caches[1](config=model.config.text_config, max_cache_len=context + 1), batch, context)
            except Exception as e:
                say(skipped=dict(name=name, variant=COMPILED, why=reason(e)))
                continue
            ids = model.ids(batch, 1)
            step = torch.compile(model.read, mode="reduce-overhead", dynamic=False)

            def work():
                torch.compiler.cudagraph_mark_step_begin()
                step(ids, cache)

            def rewind():
                for layer in cache.layers:
                    layer.cumulative_length.fill_(context)

            section.row(name, COMPILED, work, rewind)


def run(arguments):
    section = Section(arguments)
    with section.torch.no_grad():
        section.torch.manual_seed(1)
        try:
            {"device": device, "eager": eager, "compiled": compiled}[arguments.section](section)
        except Exception as e:  # too little memory for the model, no such device
            say(over=reason(e))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", required=True, help="folder with a config.json")
    parser.add_argument("--out", default="reference.json")
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    parser.add_argument("--sizes", choices=list(SIZES), default="full")
    parser.add_argument("--rounds", type=int, default=10, help="of each row; more where energy is counted")
    parser.add_argument("--layers", type=int, help="of text and vision (as in the config.json)")
    parser.add_argument("--limit", type=float, default=220, help="seconds of all sections together")
    parser.add_argument("--section", choices=[name for name, _ in SECTIONS], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if not os.path.isfile(os.path.join(arguments.config, "config.json")):
        raise SystemExit(f"{arguments.config} has no config.json; name a checkpoint folder")
    (run if arguments.section else main)(arguments)
