"""The rule book as a page: `python -m service.diagnosis.rulebook` writes RULES.md from the rules themselves."""

import re
from collections.abc import Iterator
from pathlib import Path

from service.diagnosis.accuracy import accuracy
from service.diagnosis.engine import STAGES
from service.diagnosis.options import described
from service.diagnosis.registry import VERSION, Rule, rules
from service.schemas.rulebook import Rate

FILE = Path(__file__).with_name("RULES.md")
HEADINGS = ("What it measures", "Why it matters", "Fires on", "Stays silent on", "Source")
INTRODUCTION = f"""\
# The rule book

Version {VERSION}. Written by `python -m service.diagnosis.rulebook` from the rules' own documentation; nothing here is
edited by hand.

A rule names an illness. What it sees in most seeds is a finding; a finding that another one accounts for is told as its
symptom. Causes are asked for in this order:
{", ".join(STAGES)}.

Options are set where stored evidence is judged again, `POST /v1/diagnoses/{{id}}/judge` with
`{{"options": {{"vanishing-gradient": {{"steep": -3}}}}}}`; the figures are those of the defaults.

Precision and recall are those of `benchmarks/accuracy.py` with Wilson's 95 % intervals, on networks labelled by outcome
and never by a rule; a dash means that the corpus holds no such case.
"""


def page() -> str:
    """The whole page."""
    known = accuracy()
    part = next((figures.part for figures in known.values()), None)
    measured = f"Figures are of the {part} part of the corpus.\n" if part else "Nothing was measured yet.\n"
    head = "| code | name | severity | stage | precision | recall |\n|---|---|---|---|---|---|"
    rows = [
        f"| [{rule.code}](#{rule.code.lower()}-{rule.name}) | {rule.name} | {rule.severity} | {rule.stage}"
        f" | {_precision(rule)} | {_recall(rule)} |"
        for rule in rules()
    ]
    return "\n".join((INTRODUCTION, measured, head, *rows, "", *map(_section, rules()))).rstrip() + "\n"


def sections(documentation: str) -> dict[str, str]:
    """Text under each fixed heading of a rule's documentation, on one line."""
    pattern = rf"^({'|'.join(HEADINGS)}):(.*?)(?=^(?:{'|'.join(HEADINGS)}):|\Z)"
    found = re.finditer(pattern, documentation, re.MULTILINE | re.DOTALL)
    return {match[1]: " ".join(match[2].split()) for match in found}


def _section(rule: Rule) -> str:
    told = [
        f"**{heading}.** {text[0].upper()}{text[1:]}"
        for heading, text in sections(rule.documentation).items()
    ]
    told.extend(_options(rule))
    explains = ", ".join(sorted(rule.explains))
    if explains:
        told.append(f"**Accounts for.** {explains}")
    if rule.residual:
        told.append("**Accounted for by** any cause that is seen.")
    if rule.inspect is not None:
        told.append(
            "**Before anything runs.** It judges the structure alone, at `POST /v1/submissions/validate` too."
        )
    figures = f"{rule.severity} · {rule.stage} · precision {_precision(rule)} · recall {_recall(rule)}"
    return "\n\n".join((f"## {rule.code} {rule.name}", rule.summary, figures, *told)) + "\n"


def _options(rule: Rule) -> Iterator[str]:
    """What can be set, where anything can."""
    if rule.options is not None:
        rows = "\n".join(
            f"| `{each.name}` | {each.default:g} | {each.low:g} to {each.high:g} | {each.meaning} |"
            for each in described(rule.options)
        )
        yield f"| option | default | bounds | |\n|---|---|---|---|\n{rows}"


def _precision(rule: Rule) -> str:
    figures = accuracy().get(rule.code)
    return _written(figures.precision if figures else None)


def _recall(rule: Rule) -> str:
    figures = accuracy().get(rule.code)
    return _written(figures.recall if figures else None)


def _written(rate: Rate | None) -> str:
    """The share with its interval and counts."""
    return "–" if rate is None else f"{rate.value:.2f} [{rate.low:.2f}, {rate.high:.2f}] {rate.k}/{rate.n}"


if __name__ == "__main__":
    FILE.write_text(page(), encoding="utf-8")
