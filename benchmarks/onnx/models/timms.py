"""timm's own test models, which are small ones of its families, and two real ones."""

import timm
from torch import nn

from benchmarks.onnx.models import Model
from benchmarks.onnx.models.inputs import images

_TESTS = (
    "byobnet", "convnext", "efficientnet", "efficientnet_gn", "mambaout", "maxvit", "nfnet", "resnet", "vit",
    "vit_relpos",
)  # fmt: skip
_SMALL = ("mobilenetv3_small_050", "ghostnet_050")
_SIZED = ("mixer", "vit", "maxvit", "coatnet")


def models() -> list[Model]:
    """Classifiers of four classes."""
    return [_model(name) for name in (*(f"test_{name}" for name in _TESTS), *_SMALL)]


def _model(name: str) -> Model:
    size = 64
    extra = {"img_size": size} if any(part in name for part in _SIZED) else {}

    def make() -> nn.Module:
        module: nn.Module = timm.create_model(name, num_classes=4, drop_rate=0.0, **extra)
        return module

    return Model("timms", name, make, images(size))
