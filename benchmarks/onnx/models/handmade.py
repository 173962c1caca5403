"""Networks as people write them by hand."""

import torch
from torch import Tensor, nn

from benchmarks.onnx.models import Model
from benchmarks.onnx.models.inputs import images, noise, tokens


class Block(nn.Module):
    """A residual block with a shortcut where the shape changes."""

    def __init__(self, wide: int, out: int, stride: int) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(wide, out, 3, stride, 1, bias=False), nn.BatchNorm2d(out)
        self.conv2, self.bn2 = nn.Conv2d(out, out, 3, 1, 1, bias=False), nn.BatchNorm2d(out)
        self.shortcut = (
            nn.Identity()
            if wide == out and stride == 1
            else nn.Sequential(nn.Conv2d(wide, out, 1, stride, bias=False), nn.BatchNorm2d(out))
        )

    def forward(self, x: Tensor) -> Tensor:
        """As in the paper."""
        y = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))
        return (y + self.shortcut(x)).relu()


class UNet(nn.Module):
    """Down, up, and across."""

    def __init__(self) -> None:
        super().__init__()
        self.down1, self.down2, self.deep = _double(1, 8), _double(8, 16), _double(16, 32)
        self.pool = nn.MaxPool2d(2)
        self.up2, self.merge2 = nn.ConvTranspose2d(32, 16, 2, 2), _double(32, 16)
        self.up1 = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)
        self.merge1, self.head = _double(24, 8), nn.Conv2d(8, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Two maps of the input's size."""
        a = self.down1(x)
        b = self.down2(self.pool(a))
        y = self.deep(self.pool(b))
        y = self.merge2(torch.cat([self.up2(y), b], 1))
        return self.head(self.merge1(torch.cat([self.up1(y), a], 1)))


def _double(wide: int, out: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(wide, out, 3, 1, 1), nn.BatchNorm2d(out), nn.ReLU(),
        nn.Conv2d(out, out, 3, 1, 1), nn.BatchNorm2d(out), nn.ReLU(),
    )  # fmt: skip


class Recurrent(nn.Module):
    """Tokens through a recurrent layer."""

    def __init__(self, kind: type[nn.Module], **arguments: object) -> None:
        super().__init__()
        self.embedding = nn.Embedding(30, 8)
        self.rnn = kind(8, 12, batch_first=True, **arguments)
        both = 2 if arguments.get("bidirectional") else 1
        self.head = nn.Linear(12 * both, 3)

    def forward(self, x: Tensor) -> Tensor:
        """The last step decides."""
        return self.head(self.rnn(self.embedding(x))[0][:, -1])


class Tied(nn.Module):
    """The words that go in are those that come out."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding, self.hidden, self.norm = nn.Embedding(30, 16), nn.Linear(16, 16), nn.LayerNorm(16)
        self.head = nn.Linear(16, 30, bias=False)
        self.head.weight = self.embedding.weight

    def forward(self, x: Tensor) -> Tensor:
        """A word for each place."""
        return self.head(self.norm(torch.tanh(self.hidden(self.embedding(x)))))


class EncoderDecoder(nn.Module):
    """torch's own transformer, with a causal mask on one side."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(30, 16)
        self.position = nn.Parameter(torch.randn(10, 16) * 0.1)
        self.transformer = nn.Transformer(16, 2, 2, 2, 32, 0.0, batch_first=True)
        self.register_buffer("mask", torch.triu(torch.full((10, 10), float("-inf")), 1))
        self.head = nn.Linear(16, 30)

    def forward(self, x: Tensor) -> Tensor:
        """The same tokens on both sides."""
        y = self.embedding(x) + self.position
        return self.head(self.transformer(y, y, tgt_mask=self.mask, tgt_is_causal=True))


def _mlp() -> nn.Module:
    return nn.Sequential(
        nn.Linear(10, 32), nn.BatchNorm1d(32), nn.GELU(), nn.Dropout(0.0), nn.Linear(32, 32), nn.PReLU(),
        nn.Linear(32, 32, bias=False), nn.LayerNorm(32), nn.SELU(), nn.Linear(32, 4),
    )  # fmt: skip


def _deep() -> nn.Module:
    return nn.Sequential(
        *(part for _ in range(12) for part in (nn.Linear(16, 16), nn.Sigmoid())), nn.Linear(16, 2)
    )


def _cnn() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, groups=4), nn.GroupNorm(4, 16), nn.SiLU(), nn.AvgPool2d(2, ceil_mode=True),
        nn.Conv2d(16, 16, 3, dilation=2, padding=2), nn.InstanceNorm2d(16, affine=True), nn.Hardswish(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 4),
    )  # fmt: skip


def _resnet() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, 1, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU(),
        Block(8, 8, 1), Block(8, 16, 2), Block(16, 32, 2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 4),
    )  # fmt: skip


def _sequence() -> nn.Module:
    return nn.Sequential(
        nn.Conv1d(4, 8, 5, padding=2), nn.BatchNorm1d(8), nn.ELU(), nn.MaxPool1d(2), nn.ConvTranspose1d(8, 8, 4, 2, 1),
        nn.Softplus(), nn.Conv1d(8, 8, 3, padding="same"), nn.Mish(), nn.Flatten(), nn.Linear(8 * 20, 3),
    )  # fmt: skip


def models() -> list[Model]:
    """All of them."""
    words, picture = tokens(10, 30), images(16)
    made = {
        "mlp": (_mlp, noise(10)),
        "deep-sigmoid": (_deep, noise(16)),
        "cnn": (_cnn, images(20)),
        "resnet": (_resnet, picture),
        "unet": (UNet, images(16, 1)),
        "conv1d": (_sequence, noise(4, 20)),
        "lstm": (lambda: Recurrent(nn.LSTM, num_layers=2), words),
        "bilstm": (lambda: Recurrent(nn.LSTM, bidirectional=True), words),
        "gru": (lambda: Recurrent(nn.GRU, bidirectional=True), words),
        "rnn": (lambda: Recurrent(nn.RNN, nonlinearity="relu"), words),
        "tied": (Tied, words),
        "encoder-decoder": (EncoderDecoder, words),
    }
    return [Model("handmade", name, make, example) for name, (make, example) in made.items()]
