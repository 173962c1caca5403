"""What of ONNX can be trained: a table that the importer writes, so that nobody needs it to be read."""

from functools import cache
from pathlib import Path

from service.schemas.base import Output

TABLE = Path(__file__).with_name("onnx_operators.json")
"""Written by `python -m workers.networks.onnx.document`."""


class OnnxOperator(Output):
    """One behaviour of an operator of ONNX."""

    name: str
    since: int
    """First opset that has it."""
    until: int
    """Last opset that has it."""
    layer: str
    """Type of the layer that it is shown as; `N` stands for its number of dimensions."""
    about: str


class OnnxSupport(Output):
    """Which ONNX files can be trained; whatever is not listed is refused before any training."""

    oldest_opset: int
    newest_opset: int
    limits: dict[str, int]
    """Bounds of one file beside those of every submission; each refusal names the one that it hit."""
    operators: tuple[OnnxOperator, ...]


@cache
def onnx_support() -> OnnxSupport:
    """The table of this release."""
    return OnnxSupport.model_validate_json(TABLE.read_text(encoding="utf-8"))
