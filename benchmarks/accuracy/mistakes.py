"""Judgements that are wrong, with the signals that the rules looked at: what a rule's author reads."""

import math
from collections.abc import Callable, Iterator, Sequence
from statistics import median

from benchmarks.accuracy.judging import Judged
from service.diagnosis.signals import Signals, signals_of
from service.schemas.diagnosis import Finding

Reader = Callable[[Signals, int], float | None]


def mistakes(results: Sequence[Judged]) -> Iterator[str]:
    """A paragraph for each, worst kind first."""
    told = [(fault, result) for result in results if (fault := mistake(result))]
    for fault, result in sorted(told, key=lambda pair: (pair[0], pair[1].case.configuration.name)):
        yield f"{fault}: {_described(result)}"


def mistake(result: Judged) -> str | None:
    """What is wrong with a judgement, or None."""
    configuration, label = result.case.configuration, result.case.label
    if label == "healthy":
        return "1 false alarm" if result.flagged else None
    if label != "sick":
        return None
    right = result.leading in configuration.root_rules
    if not result.flagged:
        return "2 missed" if result.cleared else None if right else "3 unexplained"
    if not result.failed:
        return "4 only a warning"
    if configuration.mechanism and not right:
        return "5 wrong cause"
    extra = result.causes - configuration.true_rules if configuration.mechanism else frozenset()
    return "6 one cause too many" if extra else None


def _described(result: Judged) -> str:
    case, configuration = result.case, result.case.configuration
    expected = "/".join(sorted(configuration.root_rules)) or "nothing"
    outcome = f"{configuration.compare} skill {case.skill:.2f}, fix {case.fix_skill:.2f}"
    findings = "; ".join(_told(finding) for finding in result.judgement.findings)
    return "\n".join(
        (
            f"{configuration.name}   (program {configuration.program})",
            f"   is {case.label}: {outcome}; put in: {expected}",
            f"   said: {result.judgement.verdict}; {findings or 'no findings'}",
            f"   {_signals(result)}",
        )
    )


def _told(finding: Finding) -> str:
    symptoms = ", ".join(symptom.rule for symptom in finding.explains)
    latent = ", latent" * finding.latent
    shown = f"{finding.rule} [{finding.severity}{latent}, {finding.seeds_shown}/{finding.seeds}]"
    return f"{shown} explains {symptoms}" if symptoms else shown


def _signals(result: Judged) -> str:
    """Medians over seeds of the main signals, at the first probe and in the end, by network."""
    evidence = result.case.trace.evidence
    views = [view for run in evidence.runs for view in signals_of(evidence, run)]
    lines = []
    for network in dict.fromkeys(view.network for view in views):
        own = [view for view in views if view.network == network]
        parts = (
            _pair("D", own, lambda v, s: v.depth_ratio(s)), _pair("fw", own, lambda v, s: v.signal_ratio(s)),
            _pair("sig", own, lambda v, s: v.signal(s)), _pair("sat", own, lambda v, s: v.saturation(s)),
            _pair("u*", own, lambda v, s: v.update(s)), _pair("eps", own, lambda v, s: v.epsilon_share(s)),
        )  # fmt: skip
        peak = max((view.loss_peak for view in own), default=0.0)
        ends = ", ".join(f"{view.run.outcome.stopped} at {view.run.outcome.steps_run}" for view in own)
        lines.append(f"{network}: {' '.join(part for part in parts if part)} peak {peak:.3g}; {ends}")
    return "\n   ".join(lines)


def _pair(name: str, views: Sequence[Signals], read: Reader) -> str:
    first = _middle([read(view, view.steps[0]) for view in views if view.steps])
    last = _middle([read(view, view.steps[-1]) for view in views if view.steps])
    return "" if first is None and last is None else f"{name} {_number(first)}→{_number(last)}"


def _middle(values: Sequence[float | None]) -> float | None:
    kept = [value for value in values if value is not None]
    return None if not kept else math.nan if any(map(math.isnan, kept)) else median(kept)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2g}"
