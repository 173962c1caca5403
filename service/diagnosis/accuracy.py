"""How often each rule is right, as measured on the labelled corpus and kept beside the rules."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from service.schemas.rulebook import Rate, RuleAccuracy

FILE = Path(__file__).with_name("accuracy.json")
PARTS = ("held-out", "tune")
"""Parts of the corpus, the more telling first."""


@cache
def accuracy() -> dict[str, RuleAccuracy]:
    """Figures by rule code; empty before anything was measured."""
    return figures(json.loads(FILE.read_text(encoding="utf-8"))) if FILE.is_file() else {}


def figures(measured: dict[str, Any]) -> dict[str, RuleAccuracy]:
    """Figures by rule code, those of the held-out part where it was opened."""
    parts = measured.get("parts", {})
    part = next((name for name in PARTS if name in parts), None)
    if part is None:
        return {}
    return {
        code: RuleAccuracy(
            part=part,
            rules_version=measured["rules_version"],
            precision=_rate(rates["precision"]),
            recall=_rate(rates["recall"]),
        )
        for code, rates in parts[part]["rules"].items()
    }


def _rate(written: dict[str, Any]) -> Rate | None:
    """None where nothing was counted."""
    if written["value"] is None:
        return None
    low, high = written["interval"]
    return Rate(value=written["value"], low=low, high=high, k=written["k"], n=written["n"])
