"""The networks that are exported: small, with random weights, a few per family."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from torch import Tensor, nn

from benchmarks.onnx.models.torchvision_names import tell


@dataclass(frozen=True)
class Model:
    """A network and what flows into it."""

    family: str
    name: str
    make: Callable[[], nn.Module]
    example: Callable[[int], Tensor]
    """One input of a batch size; always the same for the same size."""

    @property
    def key(self) -> str:
        """Unique over all families."""
        return f"{self.family}/{self.name}"


FAMILIES = ("handmade", "huggingface", "timms", "vision")


def models(families: tuple[str, ...] = FAMILIES) -> list[Model]:
    """All networks of these families; one whose library is missing has none, and says so."""
    tell()
    found = []
    for family in families:
        try:
            found.extend(import_module(f"benchmarks.onnx.models.{family}").models())
        except ImportError as error:
            print(f"{family}: left out, {error}")
    return found
