"""The command: every network through every export in a process of its own, then the page of results.

    python -m benchmarks.onnx [--families handmade,...] [--only NAME] [--report] [--rows FILE]

Run from the root of the repository, with transformers, timm, torchvision and onnx2pytorch where there are any.
Rows are appended as they come; a run that was killed goes on with what is missing.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.onnx.exporting import MODES
from benchmarks.onnx.models import FAMILIES, Model, models
from benchmarks.onnx.report import page

RESULTS = Path(__file__).with_name("RESULTS.md")
_SECONDS = 600


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is missing and write the page; 0 where it ran, whatever the figures are."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.onnx")
    parser.add_argument("--families", default=",".join(FAMILIES))
    parser.add_argument("--only", default="", help="networks whose name contains this")
    parser.add_argument("--report", action="store_true", help="measure nothing, write the page alone")
    parser.add_argument("--rows", type=Path, default=Path(".gradclinic/onnx-rows.jsonl"))
    options = parser.parse_args(arguments)
    if not options.report:
        options.rows.parent.mkdir(parents=True, exist_ok=True)
        done = {row["model"] for row in _rows(options.rows)}
        for model in models(tuple(options.families.split(","))):
            if model.key not in done and options.only in model.key:
                _append(options.rows, _measured(model))
    RESULTS.write_text(page(_rows(options.rows)), encoding="utf-8")
    return 0


def _measured(model: Model) -> str:
    command = [sys.executable, "-m", "benchmarks.onnx.measuring", model.key, *MODES]
    print(model.key, flush=True)
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        ended = error.stdout or b""
        return ended.decode() if isinstance(ended, bytes) else ended
    if ran.returncode:
        print(ran.stderr[-2_000:])
    return "".join(line + "\n" for line in ran.stdout.splitlines() if line.startswith("{"))


def _append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def _rows(path: Path) -> list[dict[str, object]]:
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    sys.exit(main())
