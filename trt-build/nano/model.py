"""Qwen3-VL's mathematics for batches of pictures of one size, written for training: no ragged lists, no host round trips.

Parameter names are those of the published checkpoints (model.visual.*, model.language_model.*), so that a state dict goes into
transformers unchanged; reference.py proves that both compute the same.
"""
import math

import torch
import torch.nn.functional as F
from torch import nn

BLOCK = 128  # side of a block of the published FP8 format
E4M3_MAX = 448.0

VISION = dict(depth=10, hidden_size=192, intermediate_size=512, num_heads=6, in_channels=3, patch_size=16, temporal_patch_size=2,
              spatial_merge_size=2, out_hidden_size=256, num_position_embeddings=576, deepstack_visual_indexes=[3],
              hidden_act="gelu_pytorch_tanh", initializer_range=0.02)
TEXT = dict(hidden_size=256, intermediate_size=512, num_hidden_layers=6, num_attention_heads=4, num_key_value_heads=2, head_dim=64,
            hidden_act="silu", max_position_embeddings=4096, rms_norm_eps=1e-6, attention_bias=False, attention_dropout=0.0,
            initializer_range=0.02,
            rope_parameters=dict(rope_type="default", rope_theta=5000000.0, mrope_section=[12, 10, 10], mrope_interleaved=True))


def config(vocabulary, token_id):
    """config.json without the quantisation; token_id maps a special token's text to its id."""
    return {
        "architectures": ["Qwen3VLForConditionalGeneration"],
        "model_type": "qwen3_vl",
        "image_token_id": token_id("<|image_pad|>"),
        "video_token_id": token_id("<|video_pad|>"),
        "vision_start_token_id": token_id("<|vision_start|>"),
        "vision_end_token_id": token_id("<|vision_end|>"),
        "tie_word_embeddings": True,
        "text_config": {"model_type": "qwen3_vl_text", "vocab_size": vocabulary, "tie_word_embeddings": True,
                        "bos_token_id": token_id("<|endoftext|>"), "eos_token_id": token_id("<|im_end|>"), "pad_token_id": None, **TEXT},
        "vision_config": {"model_type": "qwen3_vl", **VISION},
    }


# ---- block-FP8 -------------------------------------------------------------------------------------------------------------------

def quantise(w):
    """w [N, K] as e4m3 values and one FP32 scale for each 128×128 block: w ≈ e4m3 × scale."""
    n, k = w.shape
    rows, cols = -(-n // BLOCK), -(-k // BLOCK)
    blocks = F.pad(w.float(), (0, cols * BLOCK - k, 0, rows * BLOCK - n)).view(rows, BLOCK, cols, BLOCK)
    scale = blocks.abs().amax(dim=(1, 3)).clamp(min=1e-12) / E4M3_MAX
    q = (blocks / scale[:, None, :, None]).clamp(-E4M3_MAX, E4M3_MAX).to(torch.float8_e4m3fn)
    return q.view(rows * BLOCK, cols * BLOCK)[:n, :k].contiguous(), scale


def dequantise(q, scale):
    """The FP32 weights that a block-FP8 tensor stands for."""
    n, k = q.shape
    return q.float() * scale.float().repeat_interleave(BLOCK, 0)[:n].repeat_interleave(BLOCK, 1)[:, :k]


class Fp8Linear(nn.Linear):
    """A bias-free linear layer whose weights, once `fake` is set, are rounded to block-FP8 in the forward pass only."""

    fake = False

    def forward(self, x):
        w = self.weight
        if self.fake:
            w = w + (dequantise(*quantise(w)) - w).detach()  # gradients pass straight through
        return F.linear(x, w)


# ---- vision ----------------------------------------------------------------------------------------------------------------------

def rotate_half(x):
    a, b = x.chunk(2, dim=-1)
    return torch.cat((-b, a), dim=-1)


def rotate(x, cos, sin):
    """x [..., S, D] turned by cos, sin [S, D], in FP32."""
    return (x.float() * cos + rotate_half(x.float()) * sin).to(x.dtype)


class PatchEmbed(nn.Module):
    def __init__(self, c):
        super().__init__()
        k = (c["temporal_patch_size"], c["patch_size"], c["patch_size"])
        self.proj = nn.Conv3d(c["in_channels"], c["hidden_size"], k, k)

    def forward(self, patches):
        # A still picture is shown twice in time: both taps see the same values, so their weights add up.
        still = patches.shape[-1] * 2 == self.proj.weight[0].numel()
        return F.linear(patches, (self.proj.weight.sum(dim=2) if still else self.proj.weight).flatten(1), self.proj.bias)


class VisionAttention(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.heads = c["num_heads"]
        self.qkv = nn.Linear(c["hidden_size"], 3 * c["hidden_size"])
        self.proj = nn.Linear(c["hidden_size"], c["hidden_size"])

    def forward(self, x, cos, sin):
        b, n, d = x.shape
        q, k, v = self.qkv(x).view(b, n, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        o = F.scaled_dot_product_attention(rotate(q, cos, sin), rotate(k, cos, sin), v)
        return self.proj(o.transpose(1, 2).reshape(b, n, d))


class VisionMlp(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.linear_fc1 = nn.Linear(c["hidden_size"], c["intermediate_size"])
        self.linear_fc2 = nn.Linear(c["intermediate_size"], c["hidden_size"])

    def forward(self, x):
        return self.linear_fc2(F.gelu(self.linear_fc1(x), approximate="tanh"))


class VisionBlock(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.norm1 = nn.LayerNorm(c["hidden_size"], eps=1e-6)
        self.norm2 = nn.LayerNorm(c["hidden_size"], eps=1e-6)
        self.attn = VisionAttention(c)
        self.mlp = VisionMlp(c)

    def forward(self, x, cos, sin):
        x = x + self.attn(self.norm1(x), cos, sin)
        return x + self.mlp(self.norm2(x))


class Merger(nn.Module):
    """2×2 patches become one token; `late` normalises after the shuffle (deepstack), otherwise before."""

    def __init__(self, c, late):
        super().__init__()
        self.late = late
        self.wide = c["hidden_size"] * c["spatial_merge_size"] ** 2
        self.norm = nn.LayerNorm(self.wide if late else c["hidden_size"], eps=1e-6)
        self.linear_fc1 = nn.Linear(self.wide, self.wide)
        self.linear_fc2 = nn.Linear(self.wide, c["out_hidden_size"])

    def forward(self, x):
        b = x.shape[0]
        x = self.norm(x.reshape(b, -1, self.wide)) if self.late else self.norm(x).reshape(b, -1, self.wide)
        return self.linear_fc2(F.gelu(self.linear_fc1(x)))


class Visual(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        self.patch_embed = PatchEmbed(c)
        self.pos_embed = nn.Embedding(c["num_position_embeddings"], c["hidden_size"])
        self.blocks = nn.ModuleList(VisionBlock(c) for _ in range(c["depth"]))
        self.merger = Merger(c, late=False)
        self.deepstack_merger_list = nn.ModuleList(Merger(c, late=True) for _ in c["deepstack_visual_indexes"])
        self.tables = {}

    def table(self, gh, gw, device):
        """(index [N, 4], weight [N, 4], cos [N, D], sin [N, D]) of a grid of gh × gw patches in merge order."""
        key = (gh, gw, str(device))
        if key not in self.tables:
            m, side = self.c["spatial_merge_size"], int(self.c["num_position_embeddings"] ** 0.5)
            rows, cols = torch.meshgrid(torch.arange(gh), torch.arange(gw), indexing="ij")
            order = lambda t: t.view(gh // m, m, gw // m, m).permute(0, 2, 1, 3).reshape(-1)
            row, col = order(rows), order(cols)

            def axis(i, n):
                at = torch.linspace(0, side - 1, n)[i]
                low = at.floor().long()
                frac = at - low
                return torch.stack((low, (low + 1).clamp(max=side - 1)), 1), torch.stack((1 - frac, frac), 1)

            (hi, hw), (wi, ww) = axis(row, gh), axis(col, gw)
            index = (hi[:, :, None] * side + wi[:, None, :]).reshape(-1, 4)
            weight = (hw[:, :, None] * ww[:, None, :]).reshape(-1, 4)
            half = self.c["hidden_size"] // self.c["num_heads"] // 2
            inv = 1.0 / 10000.0 ** (torch.arange(0, half, 2).float() / half)
            angle = torch.cat((row[:, None] * inv, col[:, None] * inv), 1).repeat(1, 2)
            self.tables[key] = tuple(t.to(device) for t in (index, weight, angle.cos(), angle.sin()))
        return self.tables[key]

    def patches(self, picture):
        """picture [B, 3, H, W] in -1..1 → [B, N, 3·16·16] in merge order; two frames [B, 2, 3, H, W] → [B, N, 3·2·16·16]."""
        b, h, w = picture.shape[0], *picture.shape[-2:]
        p, m = self.c["patch_size"], self.c["spatial_merge_size"]
        x = (picture.transpose(1, 2) if picture.ndim == 5 else picture).reshape(b, -1, h // (p * m), m, p, w // (p * m), m, p)
        return x.permute(0, 2, 5, 3, 6, 1, 4, 7).reshape(b, h * w // (p * p), -1)

    def forward(self, picture):
        """(tokens [B, M, C], taps of the same shape, last hidden state [B, N, H])."""
        p = self.c["patch_size"]
        index, weight, cos, sin = self.table(picture.shape[-2] // p, picture.shape[-1] // p, picture.device)
        x = self.patch_embed(self.patches(picture)) + (self.pos_embed(index) * weight[:, :, None]).sum(1)
        taps = []
        for i, block in enumerate(self.blocks):
            x = block(x, cos, sin)
            if i in self.c["deepstack_visual_indexes"]:
                taps.append(self.deepstack_merger_list[self.c["deepstack_visual_indexes"].index(i)](x))
        return self.merger(x), taps, x


# ---- text ------------------------------------------------------------------------------------------------------------------------

class RmsNorm(nn.Module):
    def __init__(self, n, eps):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(n))
        self.eps = eps

    def forward(self, x):
        y = x.float()
        return (self.weight * (y * torch.rsqrt(y.pow(2).mean(-1, keepdim=True) + self.eps))).to(x.dtype)


class TextAttention(nn.Module):
    def __init__(self, c):
        super().__init__()
        h, d = c["hidden_size"], c["head_dim"]
        self.nq, self.nkv, self.d = c["num_attention_heads"], c["num_key_value_heads"], d
        self.q_proj = Fp8Linear(h, self.nq * d, bias=False)
        self.k_proj = Fp8Linear(h, self.nkv * d, bias=False)
        self.v_proj = Fp8Linear(h, self.nkv * d, bias=False)
        self.o_proj = Fp8Linear(self.nq * d, h, bias=False)
        self.q_norm = RmsNorm(d, c["rms_norm_eps"])
        self.k_norm = RmsNorm(d, c["rms_norm_eps"])

    def forward(self, x, cos, sin, mask, past=None):
        """`past`, where it is given, holds the keys and values [B, heads, S, D] of what came before, and gets those of x too."""
        b, s, _ = x.shape
        q = self.q_norm(self.q_proj(x).view(b, s, self.nq, self.d)).transpose(1, 2)
        k = self.k_norm(self.k_proj(x).view(b, s, self.nkv, self.d)).transpose(1, 2)
        v = self.v_proj(x).view(b, s, self.nkv, self.d).transpose(1, 2)
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        if past is not None:
            k, v = (torch.cat(t, 2) for t in zip(past, (k, v))) if past else (k, v)
            past[:] = k, v
        r = self.nq // self.nkv
        k, v = k.repeat_interleave(r, dim=1), v.repeat_interleave(r, dim=1)
        o = F.scaled_dot_product_attention(q, k, v, attn_mask=None if mask is None else mask.to(q.dtype).expand(b, self.nq, s, s))
        return self.o_proj(o.transpose(1, 2).reshape(b, s, -1))


class TextMlp(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.gate_proj = Fp8Linear(c["hidden_size"], c["intermediate_size"], bias=False)
        self.up_proj = Fp8Linear(c["hidden_size"], c["intermediate_size"], bias=False)
        self.down_proj = Fp8Linear(c["intermediate_size"], c["hidden_size"], bias=False)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class TextLayer(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.self_attn = TextAttention(c)
        self.mlp = TextMlp(c)
        self.input_layernorm = RmsNorm(c["hidden_size"], c["rms_norm_eps"])
        self.post_attention_layernorm = RmsNorm(c["hidden_size"], c["rms_norm_eps"])

    def forward(self, x, cos, sin, mask, past=None):
        x = x + self.self_attn(self.input_layernorm(x), cos, sin, mask, past)
        return x + self.mlp(self.post_attention_layernorm(x))


class Language(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        self.embed_tokens = nn.Embedding(c["vocab_size"], c["hidden_size"])
        self.layers = nn.ModuleList(TextLayer(c) for _ in range(c["num_hidden_layers"]))
        self.norm = RmsNorm(c["hidden_size"], c["rms_norm_eps"])

    def turns(self, positions):
        """cos, sin [S, D] of positions [3, S]: interleaved multimodal rotary embedding."""
        r = self.c["rope_parameters"]
        d = self.c["head_dim"]
        inv = 1.0 / r["rope_theta"] ** (torch.arange(0, d, 2).float() / d)
        angle = positions[:, :, None].float().cpu() * inv
        out = angle[0].clone()
        for axis in (1, 2):
            stop = 3 * r["mrope_section"][axis]
            out[:, axis:stop:3] = angle[axis][:, axis:stop:3]
        out = out.repeat(1, 2)
        return out.cos().to(positions.device), out.sin().to(positions.device)

    def forward(self, ids, tokens, taps, at, cos, sin, mask, past=None):
        """Hidden states [B, S, C] after the last norm; the vision tokens [B, M, C] stand at the places `at` [M]. `past`: a list for each layer."""
        x = self.embed_tokens(ids)
        x = x.index_copy(1, at, tokens.to(x.dtype))
        for i, layer in enumerate(self.layers):
            x = layer(x, cos, sin, mask) if past is None else layer(x, cos, sin, mask, past[i])
            if i < len(taps):
                x = x.index_add(1, at, taps[i].to(x.dtype))
        return self.norm(x)

    def go_on(self, ids, cos, sin, past):
        """Hidden states [B, 1, C] of one more token, ids [B, 1]."""
        x = self.embed_tokens(ids)
        for layer, own in zip(self.layers, past):
            x = layer(x, cos, sin, None, own)
        return self.norm(x)


class Body(nn.Module):
    def __init__(self, vision, text):
        super().__init__()
        self.visual = Visual(vision)
        self.language_model = Language(text)


class Nano(nn.Module):
    """The whole model; the head is tied to the embedding."""

    def __init__(self, cfg):
        super().__init__()
        self.cfg = cfg
        self.model = Body(cfg["vision_config"], cfg["text_config"])
        self.initialise()

    @torch.no_grad()
    def initialise(self):
        v, t = self.cfg["vision_config"], self.cfg["text_config"]
        for name, m in self.named_modules():
            if isinstance(m, (nn.Linear, nn.Conv3d)):
                fan_in = m.weight[0].numel() * (0.5 if isinstance(m, nn.Conv3d) else 1)
                std = fan_in ** -0.5
                if name.endswith(("attn.proj", "mlp.linear_fc2")):
                    std /= math.sqrt(2 * v["depth"])
                if name.endswith(("o_proj", "down_proj")):
                    std /= math.sqrt(2 * t["num_hidden_layers"])
                nn.init.trunc_normal_(m.weight, std=std, a=-3 * std, b=3 * std)
                if isinstance(m, nn.Conv3d):
                    m.weight.copy_(m.weight.mean(dim=2, keepdim=True).mul(0.5 ** 0.5).expand_as(m.weight))
                if m.bias is not None:
                    m.bias.zero_()
            elif isinstance(m, nn.Embedding):
                nn.init.normal_(m.weight, std=0.02 if "pos_embed" in name else t["hidden_size"] ** -0.5)

    def fp8_linears(self):
        """(name, layer) of the text linears that are shipped as block-FP8."""
        return [(n, m) for n, m in self.named_modules() if isinstance(m, Fp8Linear)]

    def set_fake(self, on):
        for _, m in self.fp8_linears():
            m.fake = on

    def head(self, hidden):
        return F.linear(hidden, self.model.language_model.embed_tokens.weight)


def grow(old, cfg):
    """A Nano of the shape of cfg that computes what the shallower `old` does: what is new adds nothing yet.

    A layer is put in after the fourth of the old ones and at the end of each stack; the embedding is the caller's.
    """
    net = Nano(cfg)
    state, mine = old.state_dict(), net.state_dict()
    for stack, last in (("model.visual.blocks", ("attn.proj", "mlp.linear_fc2")), ("model.language_model.layers", ("self_attn.o_proj", "mlp.down_proj"))):
        count = 1 + max(int(k[len(stack) + 1:].split(".")[0]) for k in state if k.startswith(stack + "."))
        total = 1 + max(int(k[len(stack) + 1:].split(".")[0]) for k in mine if k.startswith(stack + "."))
        new = {total - 1, 4 if count > 4 else 2} if total == count + 2 else set(range(count, total))
        kept = [i for i in range(total) if i not in new]
        moved = {}
        for k in [k for k in state if k.startswith(stack + ".")]:
            i, rest = k[len(stack) + 1:].split(".", 1)
            moved[f"{stack}.{kept[int(i)]}.{rest}"] = state.pop(k)
        state.update(moved)
        for i in new:
            for k in mine:
                if k.startswith(tuple(f"{stack}.{i}.{name}" for name in last)):
                    state[k] = torch.zeros_like(mine[k])
    state.pop("model.language_model.embed_tokens.weight")
    wrong = net.load_state_dict(state, strict=False)
    assert not wrong.unexpected_keys, wrong.unexpected_keys
    return net


def positions(ids, pads, grid, slots):
    """([3, S], places [M] of the vision tokens): `ids` are a prefix in which each run of a token of `pads` is a picture of `grid` = (rows,
    columns) tokens; then come continuations of `slots` = [length, …] tokens that all start at the same position."""
    out, places, next_at, i = [], [], 0, 0
    rows, cols = torch.meshgrid(torch.arange(grid[0]), torch.arange(grid[1]), indexing="ij")
    run = torch.stack((torch.zeros(grid[0] * grid[1], dtype=torch.long), rows.reshape(-1), cols.reshape(-1)))
    while i < len(ids):
        if ids[i] in pads:
            out.append(run + next_at)
            places += range(i, i + run.shape[1])
            i, next_at = i + run.shape[1], next_at + max(grid)
        else:
            out.append(torch.full((3, 1), next_at))
            i, next_at = i + 1, next_at + 1
    out += [(next_at + torch.arange(n)).expand(3, -1) for n in slots]
    return torch.cat(out, 1), torch.tensor(places)


def block_mask(prefix, slots):
    """[1, 1, S, S] additive: causal over the prefix; each continuation sees the prefix and itself."""
    slot = torch.cat([torch.full((prefix,), -1)] + [torch.full((n,), i) for i, n in enumerate(slots)])
    i = torch.arange(len(slot))
    allowed = (i[:, None] >= i[None, :]) & ((slot[None, :] == -1) | (slot[:, None] == slot[None, :]))
    return torch.where(allowed, 0.0, -3e4)[None, None]
