"""The catalogue as a page: `python -m service.diagnosis.remedies.book` writes REMEDIES.md from the cures themselves."""

from pathlib import Path

from service.diagnosis.remedies.choosing import ADVICE
from service.diagnosis.remedies.registry import Known, catalogue

FILE = Path(__file__).parent.with_name("REMEDIES.md")
INTRODUCTION = f"""\
# The remedies

Written by `python -m service.diagnosis.remedies.book` from the documentation of the cures; nothing here is edited.

A remedy is a pure change of the submission. Those that answer a finding are tried in the order of their rank under it,
against the unchanged submission with the same seeds and batches; what became of each is told, whether it helped or not.
From rank {ADVICE} on it is advice that is often given and seldom helped: some of it is tried all the same, so that the
report can say what it did *here*.
"""


def page() -> str:
    """The whole page."""
    return (
        "\n".join((INTRODUCTION, *_table(), "", *_by_finding(), "", *map(_section, catalogue()))).rstrip()
        + "\n"
    )


def _table() -> list[str]:
    head = ["| remedy | in a sentence | profile |", "|---|---|---|"]
    return head + [
        f"| [{known.name}](#{known.name}) | {known.summary} | {'full' if known.regulariser else 'quick'} |"
        for known in catalogue()
    ]


def _by_finding() -> list[str]:
    """Which remedies answer a finding, the first-ranked first."""
    rules = sorted({rule for known in catalogue() for rule in known.answers})
    head = ["## By finding", "", "| finding | remedies by rank | advice that seldom helps |", "|---|---|---|"]
    return head + [
        f"| {rule} | {_ranked(rule, 0, ADVICE)} | {_ranked(rule, ADVICE, 1000)} |" for rule in rules
    ]


def _ranked(rule: str, fewest: int, most: int) -> str:
    found = sorted((known.answers[rule], known.name) for known in catalogue() if rule in known.answers)
    return ", ".join(name for rank, name in found if fewest <= rank < most) or "–"


def _section(known: Known) -> str:
    told = [f"**{heading}.** {text[0].upper()}{text[1:]}" for heading, text in known.sections.items()]
    answers = ", ".join(
        f"{rule} ({rank})"
        for rule, rank in sorted(known.answers.items(), key=lambda pair: (pair[1], pair[0]))
    )
    told.append(f"**Answers.** {answers}")
    if known.pairs:
        told.append(f"**Tried together with.** {', '.join(known.pairs)}")
    return "\n\n".join((f"## {known.name}", known.summary, *told)) + "\n"


if __name__ == "__main__":
    FILE.write_text(page(), encoding="utf-8")
