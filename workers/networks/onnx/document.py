"""What is supported, as a page and for the API, from the registry: `python -m workers.networks.onnx.document`."""

from dataclasses import asdict
from pathlib import Path

from onnx import defs

from service.schemas import onnx_support
from service.schemas.onnx_support import OnnxOperator, OnnxSupport
from workers.networks.onnx.limits import OLDEST_OPSET, OnnxLimits
from workers.networks.onnx.registry import NEWEST, Operator, operators

PAGE = Path(__file__).with_name("OPERATORS.md")
TABLE = onnx_support.TABLE
"""What the API reads, which knows nothing of onnx."""


def page() -> str:
    """The whole page."""
    newest = defs.onnx_opset_version()
    rows = [_row(entry, newest) for found in operators().values() for entry in found]
    return "\n".join(
        [
            "# Operators of ONNX that can be trained",
            "",
            (
                f"Generated from the registry by `python -m workers.networks.onnx.document`. Opsets {OLDEST_OPSET} to "
                f"{newest}; {len(operators())} operators. Whatever is not here is refused by name before any "
                "training; model-local functions are expanded."
            ),
            "",
            "| operator | opsets | layer | family | what it does |",
            "|---|---|---|---|---|",
            *rows,
            "",
        ]
    )


def table() -> str:
    """The same for the API, with the limits of one file."""
    newest = defs.onnx_opset_version()
    entries = [entry for found in operators().values() for entry in found]
    support = OnnxSupport(
        oldest_opset=OLDEST_OPSET,
        newest_opset=newest,
        limits=asdict(OnnxLimits()),
        operators=tuple(
            OnnxOperator(
                name=entry.name,
                since=entry.since,
                until=_until(entry, newest),
                layer=(entry.weighted or entry.type).format("N"),
                about=_does(entry),
            )
            for entry in entries
        ),
    )
    return support.model_dump_json(indent=1) + "\n"


def _row(entry: Operator, newest: int) -> str:
    opsets = f"{entry.since}–{_until(entry, newest)}"
    layer = entry.type.format("N") + (f", {entry.weighted} of a parameter" if entry.weighted else "")
    does = _does(entry).replace("|", "\\|")
    return f"| {entry.name} | {opsets} | {layer} | {entry.family} | {does} |"


def _until(entry: Operator, newest: int) -> int:
    return newest if entry.until == NEWEST else entry.until


def _does(entry: Operator) -> str:
    return (entry.build.__doc__ or "").split("\n")[0]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    TABLE.write_text(table(), encoding="utf-8")
