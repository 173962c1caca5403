"""The page of results, from the rows of a run."""

from collections import Counter
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from benchmarks.onnx.exporting import MODES, PUBLISHED, WHOLE

Row = dict[str, Any]
_PACKAGES = (
    "torch",
    "onnx",
    "onnxruntime",
    "onnxscript",
    "transformers",
    "timm",
    "torchvision",
    "onnx2pytorch",
)
_COLUMNS = {
    "imported": "imported",
    "forward": "forward as the original",
    "gradients": "gradients, inference",
    "training gradients": "gradients, training",
    "curve": "30 steps of SGD",
}


def page(rows: Sequence[Row]) -> str:
    """Markdown."""
    keras = [row for row in rows if row["model"].startswith("keras/")]
    rows = [row for row in rows if row not in keras]
    exported = [row for row in rows if row.get("importer")]
    networks = {row["model"] for row in exported}
    families = Counter(key.split("/")[0] for key in networks)
    counted = ", ".join(f"{count} {family}" for family, count in sorted(families.items()))
    return "\n".join(
        [
            "# From an export to a network that trains",
            "",
            "Written by `python -m benchmarks.onnx` from a run; nothing here is typed in.",
            "",
            (
                f"{len(networks)} networks with small random weights ({counted}), each exported in four ways. "
                "Forward and gradients are equal where no number is further off than 1e-4 of the largest one of its "
                "tensor (a gradient that is zero but for rounding: of the largest of all); curves of the loss "
                "(SGD, rate 0.01) to 1e-4 relative, in double precision where rounding alone moves them further "
                f"apart. Dropout draws from the same seed on both sides. {_versions()}"
            ),
            "",
            (
                "The last two columns are asked for where the export keeps all parameters and the importer finds all: "
                "elsewhere it is another network that trains. `parameters` counts those that come back with their "
                "values and can be trained; `alive` the batch normalizations that still move their statistics."
            ),
            "",
            *(line for importer in ("gradclinic", "onnx2pytorch") for line in _table(importer, exported)),
            *_other(exported),
            *_keras(keras),
            *_failures(rows),
            "",
        ]
    )


def _versions() -> str:
    found = []
    for package in _PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return f"Versions: {', '.join(found)}."


def _table(importer: str, rows: Iterable[Row]) -> list[str]:
    mine = [row for row in rows if row["importer"] == importer]
    if not mine:
        return []
    head = ["export", "files", *_COLUMNS.values(), "parameters", "alive"]
    lines = [f"## {importer}", "", f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for mode in MODES:
        of = [row for row in mine if row["mode"] == mode]
        cells = [mode, str(len(of)), *(_share(column, mode, of) for column in _COLUMNS)]
        cells.append(f"{sum(row.get('parameters', 0) for row in of)}/{sum(row['of'] for row in of)}")
        pairs = [row["alive"] for row in of if "alive" in row]
        cells.append(f"{sum(min(pair) for pair in pairs)}/{sum(pair[1] for pair in pairs)}")
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, ""]


def _share(column: str, mode: str, rows: Sequence[Row]) -> str:
    if column in {"training gradients", "curve"} and mode not in WHOLE:
        return "–"
    return f"{sum(bool(row.get(column)) for row in rows)}/{len(rows)}"


def _other(rows: Sequence[Row]) -> list[str]:
    mine = [row for row in rows if row["importer"] == "gradclinic"]
    ran = [row["onnxruntime"] for row in mine if row.get("onnxruntime") is not None]
    double = sum(row.get("curve") == "double" for row in mine)
    batches = [bool(row.get("batch")) for row in mine if row["mode"] == PUBLISHED]
    return [
        (
            f"onnxruntime takes {len(ran)} of the files (it trains batch normalization otherwise, or has no operator); "
            f"our forward is its forward in {sum(ran)}. With the published recipe {sum(batches)} "
            f"of {len(batches)} networks work with another batch than that of the export; double precision was needed "
            f"for {double} curves."
        ),
        "",
    ]


def _keras(rows: Sequence[Row]) -> list[str]:
    if not rows:
        return []
    lines = [
        "## Keras by tf2onnx",
        "",
        (
            "It writes for inference alone: batch normalization becomes multiplications and additions, dropout goes, "
            "the weights of an LSTM are put together. Forward and gradients (in inference, of the parameters that "
            "are still found by their values) beside TensorFlow's."
        ),
        "",
        "| network | forward | gradients | parameters | what the report says is lost |",
        "|---|---|---|---|---|",
    ]
    for row in sorted(rows, key=lambda row: str(row["model"])):
        yes = ["yes" if row.get(column) else "no" for column in ("forward", "gradients")]
        cells = [row["model"], *yes, f"{row.get('parameters', 0)}/{row['of']}", " ".join(row.get("lost", ()))]
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, ""]


def _failures(rows: Sequence[Row]) -> list[str]:
    lines = [
        "## What is not equal, and why",
        "",
        "| network | export | importer | what |",
        "|---|---|---|---|",
    ]
    for row in rows:
        what = row.get("error") or _unequal(row)
        if what and row.get("importer") != "onnx2pytorch":
            words = str(what).replace("|", "\\|")
            who = row["importer"] or "the export itself"
            lines.append(f"| {row['model']} | {row['mode']} | {who} | {words} |")
    return lines


def _unequal(row: Row) -> str:
    wrong = [title for column, title in _COLUMNS.items() if column in row and not row[column]]
    wrong += ["onnxruntime's forward"] if row.get("onnxruntime") is False else []
    if row["mode"] in WHOLE and row.get("parameters", 0) < row.get("of", 0):
        wrong.append(f"{row['of'] - row['parameters']} of {row['of']} parameters")
    return ", ".join(wrong)
