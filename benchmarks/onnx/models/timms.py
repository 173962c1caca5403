"""timm's own test models, which are small ones of its families, and a few real ones."""

import timm
from torch import nn

from benchmarks.onnx.models import Model
from benchmarks.onnx.models.inputs import images

_SMALL = ("mobilenetv3_small_050", "regnetx_002", "resnet10t", "ghostnet_050", "convnext_atto")
_SIZED = ("mixer", "vit", "maxvit", "coatnet")


def models() -> list[Model]:
    """Classifiers of four classes."""
    names = [name for name in timm.list_models() if name.startswith("test_")]
    return [_model(name) for name in (*names, *_SMALL)]


def _model(name: str) -> Model:
    size = 64
    extra = {"img_size": size} if any(part in name for part in _SIZED) else {}

    def make() -> nn.Module:
        module: nn.Module = timm.create_model(name, num_classes=4, **extra)
        return module

    return Model("timms", name, make, images(size))
