"""Does torch store a checkpoint's matrices as we do? Called by RequantiserPythonTest.

    python check_requantised.py CHECKPOINT FILE ERRORS

FILE holds, for each linear layer, `X.weight` in E4M3 and `X.weight_scale` [out] in FP32; ERRORS, as JSON, for each of them
the relative error and that of the worst channel. Everything must be equal, the errors up to rounding.
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

BLOCK = 128


def exact(tensors, name):
    weight = tensors[name].float()
    scale = tensors.get(name + "_scale_inv")
    if scale is None:
        return weight
    wide = scale.float().repeat_interleave(BLOCK, 0)[: weight.shape[0]]
    return weight * wide.repeat_interleave(BLOCK, 1)[:, : weight.shape[1]]


def main(checkpoint, file, errors):
    tensors = {}
    for part in sorted(Path(checkpoint).glob("model*.safetensors")):
        tensors |= load_file(part)
    ours = load_file(file)
    errors = json.loads(Path(errors).read_text())
    names = [name for name in ours if name.endswith(".weight")]
    assert names and set(names) == set(errors), (len(names), len(errors))
    for name in names:
        weight = exact(tensors, name)
        scale = weight.abs().amax(dim=1) / 448
        scale = torch.where(scale > 0, scale, torch.ones_like(scale))
        fp8 = (weight / scale[:, None]).clamp(-448, 448).to(torch.float8_e4m3fn)
        assert torch.equal(ours[name + "_scale"], scale), name
        # Bits, but for the sign of zero.
        ours_bits, bits = ours[name].view(torch.uint8), fp8.view(torch.uint8)
        assert torch.equal(torch.where(ours_bits == 0x80, 0, ours_bits), torch.where(bits == 0x80, 0, bits)), name
        off = (fp8.float() * scale[:, None] - weight).double().norm(dim=1)
        size = weight.double().norm(dim=1)
        assert abs(errors[name]["relative"] - (off.norm() / size.norm()).item()) < 1e-6, name
        worst = torch.where(size > 0, off / size, 0).max().item()
        assert abs(errors[name]["worstChannel"] - worst) < 1e-6, (name, worst)
    print(len(names), "matrices are the same")


main(*sys.argv[1:])
