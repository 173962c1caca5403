"""What rules over gradients are known to get wrong, by the configurations of the corpus that are such cases."""

import re
from collections.abc import Sequence

from benchmarks.accuracy.judging import Judged
from benchmarks.accuracy.scoring import Share, share

KNOWN = (
    ("ReLU networks of 20 layers and more with He's initialisation are missed", r"he-relu-\w+-[2-5]\d$"),
    (
        "CNNs of 10 to 20 layers without a norm are missed",
        r"plain-relu-\w+-1\d$|images-he-relu|-conv-\w+-1\d$",
    ),
    ("the plateau of XOR and AND is missed (inconclusive, GC504)", r"plateau"),
    ("post-norm transformers are missed", r"post-transformer|token\d-post-\d|fast-transformer"),
    ("RNNs whose task needs a short memory are flagged", r"-memory-"),
    ("WGANs with weight clipping that works are flagged", r"ring-clipped"),
)
"""Each with the names of its configurations; softplus networks that drift have none."""


def known_failures(results: Sequence[Judged]) -> list[str]:
    """A table: of sick networks the root cause, of healthy ones the alarms."""
    rows = [(told, [each for each in results if re.search(names, _name(each))]) for told, names in KNOWN]
    late = [each for each in results if each.case.label == "healthy" and each.case.configuration.mechanism]
    rows.append(("networks that get over a fault that was put in are flagged", late))
    return [
        "| known failure of rules over gradients | sick: found | sick: right cause | healthy: flagged |",
        "|---|---|---|---|",
        *(_row(told, among) for told, among in rows),
        "",
    ]


def _row(told: str, among: Sequence[Judged]) -> str:
    sick = [each for each in among if each.case.label == "sick"]
    cells = (
        share(each.flagged for each in sick),
        share(each.leading in each.case.configuration.root_rules for each in sick),
        share(each.flagged for each in among if each.case.label == "healthy"),
    )
    return f"| {told} | {' | '.join(map(_cell, cells))} |"


def _cell(value: Share) -> str:
    return f"{value.k}/{value.n}" if value.n else "–"


def _name(result: Judged) -> str:
    return result.case.configuration.name
