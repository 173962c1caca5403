"""Attention as one operator, and rotary positions."""

import math

import torch
from torch import Tensor
from torch.nn import functional

from workers.networks.onnx.call import Call, broadcast
from workers.networks.onnx.refusal import RefusedNetwork
from workers.networks.onnx.registry import Operation, operator


class Attention:
    """softmax(cap(Q K' * scale) + mask) V, with fewer heads of K and V than of Q where the file says so.

    A query that may look at nothing gives zeros, as ONNX defines it, and no gradient.
    """

    def __init__(self, call: Call) -> None:
        self.call = call
        self.causal = bool(call.get("is_causal", 0))
        self.heads, self.kv_heads = call.integer("q_num_heads"), call.integer("kv_num_heads")
        self.scale, self.cap = call.number("scale"), call.get("softcap", 0.0)
        self.left, self.right = call.get("left_window_size", -1), call.get("right_window_size", -1)
        self.shown = call.only("qk_matmul_output_mode", 0, 1, 2, 3)
        call.ignore("softmax_precision")

    def __call__(
        self,
        q: Tensor,
        k: Tensor,
        v: Tensor,
        mask: Tensor | None = None,
        past_k: Tensor | None = None,
        past_v: Tensor | None = None,
        lengths: Tensor | None = None,
    ) -> tuple[Tensor, ...]:
        """What is attended to, keys and values with those of the cache, and the scores."""
        flat = q.dim() == 3
        q, k, v = self._split(q, self.heads), self._split(k, self.kv_heads), self._split(v, self.kv_heads)
        earlier: Tensor | int = 0 if past_k is None else past_k.shape[2]
        if lengths is not None and past_k is None:
            earlier = (lengths - q.shape[2]).reshape(-1, 1, 1, 1)
        k = k if past_k is None else torch.cat([past_k, k], 2)
        v = v if past_v is None else torch.cat([past_v, v], 2)
        seen = self._seen(q, k, earlier)
        if lengths is not None:
            seen = seen & (torch.arange(k.shape[2], device=q.device) < lengths.reshape(-1, 1, 1, 1))
        y, scores = self._attend(q, k, v, mask, seen)
        y = y.transpose(1, 2).flatten(2) if flat else y
        return y, k, v, scores

    @staticmethod
    def _split(x: Tensor, heads: int | None) -> Tensor:
        if x.dim() == 4:
            return x
        if heads is None:
            raise RefusedNetwork("Attention over three dimensions without a number of heads")
        return x.reshape(*x.shape[:2], heads, -1).transpose(1, 2)

    def _attend(
        self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, seen: Tensor
    ) -> tuple[Tensor, Tensor]:
        if q.shape[1] != k.shape[1]:
            k, v = (value.repeat_interleave(q.shape[1] // value.shape[1], 1) for value in (k, v))
        self.call.room(*q.shape[:3], k.shape[2])
        # the square root on both sides keeps half precision in range, as ONNX's own definition does
        root = math.sqrt(self.scale if self.scale is not None else 1 / math.sqrt(q.shape[-1]))
        raw = (q * root) @ (k * root).transpose(-1, -2)
        capped = self.cap * torch.tanh(raw / self.cap) if self.cap else raw
        scores = capped
        if mask is not None:
            missing = scores.shape[-1] - mask.shape[-1]
            if mask.dtype == torch.bool:
                seen = seen & functional.pad(mask, (0, missing), value=False)
            else:
                scores = scores + functional.pad(mask, (0, missing), value=-math.inf)
        scores = scores.masked_fill(~seen, -math.inf)
        blind = (scores == -math.inf).all(-1, keepdim=True)
        share = torch.softmax(scores.masked_fill(blind, 0.0), -1).masked_fill(blind, 0.0)
        return share @ v, (raw, capped, scores, share)[self.shown]

    def _seen(self, q: Tensor, k: Tensor, earlier: Tensor | int) -> Tensor:
        """Which key each query may look at, by its place alone; of each example where the cache says so."""
        queries, keys = q.shape[2], k.shape[2]
        place = torch.arange(queries, device=q.device)[:, None] + earlier
        key = torch.arange(keys, device=q.device)
        seen = torch.ones(queries, keys, dtype=torch.bool, device=q.device)
        if self.causal:
            seen = seen & (key <= place)
        if self.left >= 0:
            seen = seen & (key >= place - self.left)
        return seen & (key <= place + self.right) if self.right >= 0 else seen


@operator("Attention", since=23, family="attention", type="SelfAttention", outputs=4)
def build_attention(call: Call) -> Operation:
    """Scaled dot-product attention of several heads."""
    return Attention(call)


@operator("RotaryEmbedding", since=23, family="embedding", constants=(1, 2))
def build_rotary(call: Call) -> Operation:
    """Pairs of features turned by an angle that grows with the position."""
    interleaved, heads = bool(call.get("interleaved", 0)), call.get("num_heads", 0)
    part = call.get("rotary_embedding_dim", 0)

    def rotate(x: Tensor, cos: Tensor, sin: Tensor, positions: Tensor | None = None) -> Tensor:
        flat = x.dim() == 3
        if flat and not heads:
            raise RefusedNetwork("RotaryEmbedding over three dimensions without a number of heads")
        y = x.reshape(*x.shape[:2], heads, -1) if flat else x.transpose(1, 2)
        if positions is not None:
            cos, sin = cos[positions], sin[positions]
        width = part or y.shape[-1]
        turned, rest = y[..., :width], y[..., width:]
        cos, sin = cos[..., : width // 2].unsqueeze(2), sin[..., : width // 2].unsqueeze(2)
        broadcast(call, cos, turned[..., : width // 2])
        first, second = (turned[..., ::2], turned[..., 1::2]) if interleaved else turned.chunk(2, -1)
        real, imaginary = first * cos - second * sin, first * sin + second * cos
        joined = (
            torch.stack([real, imaginary], -1).flatten(-2)
            if interleaved
            else torch.cat([real, imaginary], -1)
        )
        y = torch.cat([joined, rest], -1)
        return y.flatten(2) if flat else y.transpose(1, 2)

    return rotate
