"""Remedies as lines that a person reads: what helps first, then what was tried in vain, and why."""

import math
from collections.abc import Iterable, Sequence
from typing import Final

from service.client.numbers import median, number
from service.schemas.diagnosis import Diagnosis
from service.schemas.remedy import Remedy, Result, SeedResult

ORDER: Final[tuple[Result, ...]] = ("helps", "partly", "does-not-help", "not-tried")


def remedies_text(diagnosis: Diagnosis) -> str:
    """All remedies; empty where there are none."""
    if not diagnosis.remedies:
        return ""
    title = "remedies, each tried against the unchanged network with the same seeds and batches"
    tried = [remedy for remedy in ranked(diagnosis.remedies) if remedy.result != "not-tried"]
    lines = [line for remedy in tried for line in lines_of(remedy)]
    return "\n".join([title, *lines, *untried(diagnosis.remedies)])


def untried(remedies: Iterable[Remedy]) -> list[str]:
    """What was not tried, by reason: often there is one for many."""
    names: dict[str, list[str]] = {}
    for remedy in remedies:
        if remedy.result == "not-tried":
            names.setdefault(remedy.reason, []).append(remedy.name)
    return [
        line for why, those in names.items() for line in (f"  not tried: {', '.join(those)}", f"    {why}")
    ]


def ranked(remedies: Iterable[Remedy]) -> list[Remedy]:
    """What helps first, the smallest change that works before all; else as the service ordered them."""
    return sorted(remedies, key=lambda remedy: (ORDER.index(remedy.result), not remedy.smallest))


def lines_of(remedy: Remedy) -> list[str]:
    """One remedy; of what does not help only why."""
    smallest = ", the smallest change that works" if remedy.smallest else ""
    lines = [
        f"  {word(remedy)}: {', '.join(filter(None, (remedy.name, seeds_of(remedy))))}{smallest}",
        f"    {remedy.sentence}",
    ]
    if (effect := effect_of(remedy)) and remedy.result in {"helps", "partly"}:
        lines.append(f"    {effect}")
    if remedy.reason:
        lines.append(f"    {remedy.reason}")
    if remedy.result == "helps":
        lines += [f"    {name}: {line}" for name, text in hints(remedy) for line in text.splitlines()]
    return lines


def word(remedy: Remedy) -> str:
    """The result in words."""
    return remedy.result.replace("-", " ")


def seeds_of(remedy: Remedy) -> str:
    """In how many seeds it was better; of what was not tried to the end that says nothing."""
    return f"{remedy.better} of {remedy.of} seeds" if remedy.of and remedy.result != "not-tried" else ""


def hints(remedy: Remedy) -> list[tuple[str, str]]:
    """How to do the same, by framework."""
    return [(name, text) for name, text in (("torch", remedy.torch), ("keras", remedy.keras)) if text]


def effect_of(remedy: Remedy) -> str:
    """What it did to loss and accuracy, median over seeds, and what it costs; the loss of a game says nothing."""
    samples = [(seed.control_sample_skill, seed.trial_sample_skill) for seed in remedy.seeds]
    losses = [(seed.control_loss, seed.trial_loss) for seed in remedy.seeds]
    parts = [
        _change("sample skill", samples) or _change("loss", losses),
        _change("accuracy", [(seed.control_accuracy, seed.trial_accuracy) for seed in remedy.seeds]),
        _price(remedy),
    ]
    return ", ".join(part for part in parts if part)


def _change(name: str, pairs: Sequence[tuple[float | None, float | None]]) -> str:
    known = [(before, after) for before, after in pairs if before is not None and after is not None]
    if not known:
        return ""
    before, after = (median([pair[side] for pair in known]) for side in (0, 1))
    return f"{name} {number(before)} becomes {number(after)}"


def _price(remedy: Remedy) -> str:
    extra = f"{remedy.extra_parameters:+d} parameters" if remedy.extra_parameters else ""
    slower = remedy.time_ratio is not None and math.isfinite(remedy.time_ratio)
    time = f"{remedy.time_ratio:.2f} times as long a step" if slower else ""
    return ", ".join(part for part in (extra, time) if part)


def seed_line(seed: SeedResult) -> str:
    """One seed, control against trial."""
    what, before, after = "loss", seed.control_loss, seed.trial_loss
    if seed.trial_sample_skill is not None:
        what, before, after = "sample skill", seed.control_sample_skill, seed.trial_sample_skill
    better = "better" if seed.better else "no better"
    return f"seed {seed.seed}: {what} {number(before)} becomes {number(after)} ({better})"
