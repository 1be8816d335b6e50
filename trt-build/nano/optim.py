"""Muon for the hidden matrices, AdamW for the rest: small towers learn in about half the steps."""
import torch


@torch.no_grad()
def orthogonal(g, steps=5):
    """The nearest orthogonal matrices to g [n, r, c], roughly, by Newton-Schulz in BF16 (Jordan et al., 2024)."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = g.bfloat16()
    tall = x.shape[-2] > x.shape[-1]
    if tall:
        x = x.mT
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(steps):
        y = x @ x.mT
        x = a * x + (b * y + c * (y @ y)) @ x
    return x.mT if tall else x


class Muon(torch.optim.Optimizer):
    """Momentum, orthogonalised; the step's size per entry matches AdamW's, so that both share one learning rate."""

    def __init__(self, params, lr=1e-3, momentum=0.95, weight_decay=0.05):
        super().__init__(params, dict(lr=lr, momentum=momentum, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            shapes = {}
            for p in group["params"]:
                if p.grad is None:
                    continue
                s = self.state[p]
                if "m" not in s:
                    s["m"] = torch.zeros_like(p)
                shapes.setdefault(tuple(p.shape), []).append(p)
            for shape, ps in shapes.items():
                grads, ms = [p.grad for p in ps], [self.state[p]["m"] for p in ps]
                torch._foreach_lerp_(ms, grads, 1 - group["momentum"])
                look = torch._foreach_lerp(grads, ms, group["momentum"])
                u = orthogonal(torch.stack(look)).to(ps[0].dtype)
                torch._foreach_mul_(ps, 1 - group["lr"] * group["weight_decay"])
                torch._foreach_add_(ps, list(u.unbind(0)), alpha=-group["lr"] * 0.2 * max(shape) ** 0.5)


def make(net, heads, lr, kind="muon", weight_decay=0.05):
    """List of optimizers over a Nano and its auxiliary heads."""
    matrices, plain, decayed = [], [], []
    for name, p in net.named_parameters():
        if p.ndim == 2 and "embed" not in name:
            matrices.append(p)
        else:
            plain.append(p)
    decayed += [p for p in heads.parameters()]
    fused = next(net.parameters()).is_cuda
    adam = [dict(params=plain, weight_decay=0.0), dict(params=decayed, weight_decay=0.0)]
    if kind == "muon":
        return [Muon(matrices, lr=lr, weight_decay=weight_decay), torch.optim.AdamW(adam, lr=lr, betas=(0.9, 0.98), fused=fused)]
    adam.append(dict(params=matrices, weight_decay=weight_decay))
    return [torch.optim.AdamW(adam, lr=lr, betas=(0.9, 0.98), fused=fused)]
