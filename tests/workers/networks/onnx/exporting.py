"""Small networks of torch, exported on the spot the way that keeps everything, and what runs the files."""

import io
import warnings
from collections.abc import Callable
from functools import cache

import onnxruntime
import torch
from torch import Tensor, nn

from workers.networks.onnx.load import load
from workers.networks.onnx.network import OnnxNetwork
from workers.networks.onnx.read import read

BATCH = 5


class Mlp(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.hidden = nn.Sequential(
            nn.Linear(6, 16), nn.GELU(), nn.Dropout(0.0), nn.Linear(16, 16), nn.Tanh()
        )
        self.head = nn.Linear(16, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.hidden(x))


class Cnn(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(2, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU())
        self.body = nn.Conv2d(8, 8, 3, padding=1, groups=2)
        self.norm = nn.GroupNorm(2, 8)
        self.pool = nn.MaxPool2d(2)
        self.head = nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        x = self.pool(x + nn.functional.silu(self.norm(self.body(x))))
        return self.head(x.mean((2, 3)))


class Lstm(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(11, 6)
        self.lstm = nn.LSTM(6, 5, num_layers=2, batch_first=True, bidirectional=True)
        self.head = nn.Linear(10, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.lstm(self.embedding(x))[0].mean(1))


class Gru(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.gru = nn.GRU(4, 6, batch_first=True)
        self.rnn = nn.RNN(6, 6, batch_first=True)
        self.head = nn.Linear(6, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.rnn(self.gru(x)[0])[0][:, -1])


class Transformer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(11, 8)
        self.position = nn.Parameter(torch.randn(7, 8) * 0.1)
        self.register_buffer("mask", torch.triu(torch.full((7, 7), float("-inf")), 1))
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(8, 2, 16, 0.0, batch_first=True) for _ in range(2)
        )
        self.head = nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        y = self.embedding(x) + self.position
        for layer in self.layers:
            y = layer(y, src_mask=self.mask)
        return self.head(y.mean(1))


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(11, 8)
        self.hidden = nn.Linear(8, 8)
        self.norm = nn.LayerNorm(8)
        self.head = nn.Linear(8, 11, bias=False)
        self.head.weight = self.embedding.weight

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.norm(self.hidden(self.embedding(x)).relu().mean(1)))


class Gated(nn.Module):
    """Chunks, a rotation, causal attention and a gate: what language models are made of."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(11, 8)
        self.qkv = nn.Linear(8, 24, bias=False)
        self.scale = nn.Parameter(torch.rand(8))
        self.gate = nn.Linear(8, 16)
        self.head = nn.Linear(8, 3)
        self.register_buffer("frequency", torch.tensor([1.0, 0.1]), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        h = self.embedding(x)
        angles = torch.outer(torch.arange(7.0), self.frequency).repeat(1, 2)
        normed = h * torch.rsqrt(h.square().mean(-1, keepdim=True) + 1e-6) * self.scale
        q, k, v = (part.unflatten(-1, (2, 4)).transpose(1, 2) for part in self.qkv(normed).chunk(3, -1))
        q, k = (part * angles.cos() + _turned(part) * angles.sin() for part in (q, k))
        h = h + nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).flatten(2)
        value, gate = self.gate(h).chunk(2, -1)
        return self.head((h + value * nn.functional.silu(gate)).mean(1))


def _turned(x: Tensor) -> Tensor:
    first, second = x.chunk(2, -1)
    return torch.cat([-second, first], -1)


def _tokens(batch: int) -> Tensor:
    return torch.randint(0, 11, (batch, 7), generator=torch.Generator().manual_seed(batch))


def _noise(*shape: int) -> Callable[[int], Tensor]:
    return lambda batch: torch.randn(batch, *shape, generator=torch.Generator().manual_seed(batch))


NETWORKS: dict[str, tuple[type[nn.Module], Callable[[int], Tensor]]] = {
    "mlp": (Mlp, _noise(6)),
    "cnn": (Cnn, _noise(2, 8, 8)),
    "lstm": (Lstm, _tokens),
    "gru": (Gru, _noise(7, 4)),
    "transformer": (Transformer, _tokens),
    "tied": (Tied, _tokens),
    "gated": (Gated, _tokens),
}


def original(name: str) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        return NETWORKS[name][0]().train()


def example(name: str, batch: int = BATCH) -> Tensor:
    return NETWORKS[name][1](batch)


def exported(module: nn.Module, x: Tensor, *, dynamic: bool = True, **arguments: object) -> bytes:
    options = {"dynamo": True, "optimize": False, "verbose": False} | arguments
    shapes = {"dynamic_shapes": ({0: torch.export.Dim("batch")},)} if dynamic else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(module, (x,), **options, **shapes)
    buffer = io.BytesIO()
    program.save(buffer)
    return buffer.getvalue()


@cache
def file_of(name: str) -> bytes:
    return exported(original(name), example(name))


def imported(name: str) -> OnnxNetwork:
    return load(read(file_of(name)))


def onnxruntime_output(data: bytes, x: Tensor) -> Tensor:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    (output,) = session.run(None, {session.get_inputs()[0].name: x.numpy()})
    return torch.from_numpy(output)
