"""The figures as a page for people and as a file for the service."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean, median
from typing import Any

from benchmarks.accuracy.comparators import TOOLS
from benchmarks.accuracy.judging import Judged
from benchmarks.accuracy.known import known_failures
from benchmarks.accuracy.labels import Label
from benchmarks.accuracy.method import METHOD, ORDER
from benchmarks.accuracy.mistakes import mistake
from benchmarks.accuracy.scoring import (
    FAMILIES,
    Score,
    Share,
    Totals,
    cause_accuracy,
    own_totals,
    rule_score,
    share,
    tool_totals,
)  # fmt: skip
from benchmarks.accuracy.split import Part
from benchmarks.accuracy.stopping import Stopped
from service.diagnosis.registry import VERSION, rules

LABELS: tuple[Label, ...] = ("sick", "healthy", "borderline", "unlabelled")
RESULTS = Path(__file__).with_name("RESULTS.md")
SERVED = Path(__file__).resolve().parents[2] / "service" / "diagnosis" / "accuracy.json"


@dataclass(frozen=True)
class Evaluation:
    """One part of the corpus, judged."""

    part: Part
    results: Sequence[Judged]
    settled: Mapping[str, int]
    """Step from which the verdict stood, by name of configuration; empty where it was not asked for."""
    seconds: float = 0.0
    """CPU time of all trainings of the part."""
    early: Sequence[Stopped] = ()
    """The same cases, each run ended where the service would have ended it; empty where it was not asked for."""
    early_results: Sequence[Judged] = ()
    """What is said of them then."""

    @property
    def tables(self) -> list[Totals]:
        """Ours first."""
        cases = [result.case for result in self.results]
        return [own_totals(self.results), *(tool_totals(tool, cases) for tool in TOOLS)]

    @property
    def scores(self) -> dict[str, tuple[str, Score]]:
        """Name and score of each rule by its code."""
        return {rule.code: (rule.name, rule_score(rule.name, self.results)) for rule in rules()}

    @property
    def cleared(self) -> Share:
        """Sick networks that are called healthy; the others are flagged or inconclusive."""
        return share(result.cleared for result in self.results if result.case.label == "sick")

    @property
    def failing(self) -> Share:
        """Healthy networks whose build would fail."""
        return share(result.failed for result in self.results if result.case.label == "healthy")


def page(evaluations: Sequence[Evaluation]) -> str:
    """RESULTS.md."""
    return "\n".join(
        [
            "# How often the diagnosis is right",
            "",
            f"Rules {VERSION}. Written by `python benchmarks/accuracy.py`; nothing here is edited by hand.",
            "",
            METHOD,
            ORDER,
            *(line for evaluation in evaluations for line in _part(evaluation)),
            *_tools(),
        ]
    )


TUNED = "Rules were changed in view of these figures, so they flatter."
OPENED = "No rule was changed in view of these figures."


def _part(evaluation: Evaluation) -> list[str]:
    results = evaluation.results
    counts = Counter(result.case.label for result in results)
    programs = len({result.case.configuration.program for result in results})
    labels = ", ".join(f"{counts[label]} {label}" for label in LABELS)
    return [
        f"## {evaluation.part.capitalize()}",
        "",
        f"{len(results)} configurations in {programs} programs: {labels}.",
        f"Training them and their fixes took {evaluation.seconds / 60:.0f} minutes of one core.",
        TUNED if evaluation.part == "tune" else OPENED,
        "",
        "| | vanishing precision | recall | exploding precision | recall | healthy flagged | sick found |",
        "|---|---|---|---|---|---|---|",
        *(_row(totals) for totals in evaluation.tables),
        "",
        f"Root cause: {_cell(cause_accuracy(results))}, exactly {_cell(cause_accuracy(results, exact=True))}.",
        f"Healthy networks whose build would fail: {_cell(evaluation.failing)}.",
        f"Sick networks that are called healthy: {_cell(evaluation.cleared)}.",
        *_settling(evaluation),
        *_early(evaluation),
        "",
        "| rule | | precision | recall |",
        "|---|---|---|---|",
        *(_rule(code, name, score) for code, (name, score) in evaluation.scores.items()),
        "",
        *known_failures(results),
        *_by_mechanism(evaluation),
        *_wrong(evaluation),
    ]


def _rule(code: str, name: str, score: Score) -> str:
    return f"| {code} | {name} | {_cell(score.precision)} | {_cell(score.recall)} |"


def _row(totals: Totals) -> str:
    scores = [totals.families[family] for family in FAMILIES]
    pairs = [cell for score in scores for cell in (score.precision, score.recall)]
    cells = [*pairs, totals.healthy_flagged, totals.sick_found]
    return f"| {totals.name} | {' | '.join(_cell(cell) for cell in cells)} |"


def _cell(value: Share) -> str:
    """Like `.93 [.85, .97] 54/58`."""
    if value.value is None or value.interval is None:
        return "–"
    low, high = value.interval
    return f"{_short(value.value)} [{_short(low)}, {_short(high)}] {value.k}/{value.n}"


def _short(value: float) -> str:
    return f"{value:.2f}".removeprefix("0")


def _settling(evaluation: Evaluation) -> list[str]:
    if not evaluation.settled:
        return []
    lines = []
    for label in ("sick", "healthy"):
        steps = sorted(
            evaluation.settled[r.case.configuration.name] for r in evaluation.results if r.case.label == label
        )
        if steps:
            late = steps[int(0.9 * (len(steps) - 1))]
            lines.append(
                f"Verdicts of {label} networks stand from step {median(steps):g} on (median; nine of ten from {late})."
            )
    return ["", *lines]


def _early(evaluation: Evaluation) -> list[str]:
    """Full budgets beside runs that end once their verdict has settled, as they do in a service."""
    if not evaluation.early:
        return []
    rows = (("full budgets", evaluation.results), ("early stop", evaluation.early_results))
    shares = sorted(each.share for each in evaluation.early)
    middle, mean = 100 * median(shares), 100 * fmean(shares)
    ends = sorted(step for each in evaluation.early for step in each.steps)
    tenths = ", ".join(f"{ends[int(part * (len(ends) - 1))]}" for part in (0.1, 0.25, 0.5, 0.75, 0.9))
    return [
        "",
        "| | vanishing precision | recall | exploding precision | recall | healthy flagged | sick found | root cause |",
        "|---|---|---|---|---|---|---|---|",
        *(
            f"{_row(replace(own_totals(results), name=name))} {_cell(cause_accuracy(results))} |"
            for name, results in rows
        ),
        "",
        f"With early stop a run ends after {tenths} steps (10th, 25th, 50th, 75th and 90th percentile).",
        f"A diagnosis takes {middle:.0f} % of its budget in the median, {mean:.0f} % on average.",
    ]


def _by_mechanism(evaluation: Evaluation) -> list[str]:
    """What was put in, what it came to, and whether it was found."""
    lines = [
        "| put in | sick | healthy | borderline | unlabelled | found | right cause |",
        "|---|---|---|---|---|---|---|",
    ]
    groups: dict[str, list[Judged]] = {}
    for result in evaluation.results:
        groups.setdefault(result.case.configuration.mechanism or "nothing", []).append(result)
    for mechanism, group in sorted(groups.items()):
        counts = Counter(result.case.label for result in group)
        found = share(result.flagged for result in group if result.case.label == "sick")
        right = "–" if mechanism == "nothing" else _fraction(cause_accuracy(group))
        numbers = " | ".join(str(counts[label]) for label in LABELS)
        lines.append(f"| {mechanism} | {numbers} | {_fraction(found)} | {right} |")
    return [*lines, ""]


def _fraction(value: Share) -> str:
    return f"{value.k}/{value.n}" if value.n else "–"


def _wrong(evaluation: Evaluation) -> list[str]:
    """Names of what is misjudged; of the held-out part only how many, so that reading does not become tuning."""
    wrong = [(fault, result) for result in evaluation.results if (fault := mistake(result))]
    counts = Counter(fault for fault, _ in wrong)
    lines = [
        f"Misjudged: {', '.join(f'{fault[2:]} {count}' for fault, count in sorted(counts.items())) or 'none'}.",
        "",
    ]
    if evaluation.part == "held-out" or not wrong:
        return lines
    by_fault: dict[str, list[str]] = {}
    for fault, result in wrong:
        by_fault.setdefault(fault, []).append(result.case.configuration.name)
    return [
        *lines,
        *(f"- {fault[2:]}: {', '.join(sorted(names))}" for fault, names in sorted(by_fault.items())),
        "",
    ]


def _tools() -> list[str]:
    listed = (f"- **{tool.name}** ({tool.source}). Approximated: {tool.approximated}." for tool in TOOLS)
    return [
        "## The other tools",
        "",
        "Their published rules on the same traces; an alarm counts where most seeds raise it.",
        "",
        *listed,
        "",
    ]


def served(evaluations: Sequence[Evaluation], known: Mapping[str, Any]) -> str:
    """accuracy.json; the figures of parts that were not evaluated now stay if they are of these rules."""
    kept = dict(known.get("parts", {})) if known.get("rules_version") == VERSION else {}
    now = {evaluation.part: _figures(evaluation) for evaluation in evaluations}
    return (
        json.dumps({"rules_version": VERSION, "parts": dict(sorted({**kept, **now}.items()))}, indent=1)
        + "\n"
    )


def _figures(evaluation: Evaluation) -> dict[str, Any]:
    own = evaluation.tables[0]
    counts = Counter(result.case.label for result in evaluation.results)
    return {
        "configurations": {label: counts[label] for label in LABELS},
        "healthy_flagged": _numbers(own.healthy_flagged),
        "healthy_failed": _numbers(evaluation.failing),
        "sick_cleared": _numbers(evaluation.cleared),
        "sick_found": _numbers(own.sick_found),
        "cause": _numbers(cause_accuracy(evaluation.results)),
        "families": {family: _both(score) for family, score in own.families.items()},
        "rules": {code: {"rule": name, **_both(score)} for code, (name, score) in evaluation.scores.items()},
    }


def _both(score: Score) -> dict[str, Any]:
    return {"precision": _numbers(score.precision), "recall": _numbers(score.recall)}


def _numbers(value: Share) -> dict[str, Any]:
    """Null where nothing was counted."""
    digits = None if value.value is None else round(value.value, 4)
    interval = value.interval and [round(bound, 4) for bound in value.interval]
    return {"value": digits, "interval": interval, "k": value.k, "n": value.n}
