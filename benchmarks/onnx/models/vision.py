"""torchvision's classifiers and segmenters, as far as small ones of them go."""

import torchvision
from torch import Tensor, nn

from benchmarks.onnx.models import Model
from benchmarks.onnx.models.inputs import images


class Map(nn.Module):
    """A segmenter whose one output is the map."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: Tensor) -> Tensor:
        """Classes of each pixel."""
        result: Tensor = self.model(x)["out"]
        return result


def models() -> list[Model]:
    """Each with four classes."""
    net, four = torchvision.models, {"weights": None, "num_classes": 4}
    made = {
        "mobilenet_v2": lambda: net.mobilenet_v2(width_mult=0.25, dropout=0.0, **four),
        "squeezenet": lambda: net.squeezenet1_1(dropout=0.0, **four),
        "shufflenet": lambda: net.shufflenet_v2_x0_5(**four),
        "lraspp": lambda: Map(
            net.segmentation.lraspp_mobilenet_v3_large(weights=None, weights_backbone=None, num_classes=4)
        ),
    }
    return [Model("vision", name, make, images(64)) for name, make in made.items()]
