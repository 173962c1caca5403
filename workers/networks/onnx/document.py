"""The page that lists what is supported, written from the registry: `python -m workers.networks.onnx.document`."""

from pathlib import Path

from onnx import defs

from workers.networks.onnx.limits import OLDEST_OPSET
from workers.networks.onnx.registry import NEWEST, Operator, operators

PAGE = Path(__file__).with_name("OPERATORS.md")


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


def _row(entry: Operator, newest: int) -> str:
    opsets = f"{entry.since}–{newest if entry.until == NEWEST else entry.until}"
    layer = entry.type.format("N") + (f", {entry.weighted} of a parameter" if entry.weighted else "")
    does = (entry.build.__doc__ or "").split("\n")[0].replace("|", "\\|")
    return f"| {entry.name} | {opsets} | {layer} | {entry.family} | {does} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
