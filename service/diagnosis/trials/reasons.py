"""Why a row says what it says, in plain words."""

from collections.abc import Sequence
from math import ceil
from statistics import median

from service.diagnosis.trials.comparing import LEARNED, NEARLY, Comparison
from service.diagnosis.trials.glimpse import Glimpse
from service.diagnosis.trials.racing import ENOUGH
from service.diagnosis.trials.ranking import PROMISE, winners
from service.diagnosis.trials.standing import Standing
from service.schemas.diagnosis import Finding
from service.schemas.remedy import Candidate
from service.schemas.run import Failure


def refused(why: str) -> str:
    """It cannot be run at all."""
    return f"Not tried: {why}."


def failed(failure: Failure, whose: str = "of it") -> str:
    """One of its runs could not be done, or one of the control's."""
    told = f"{failure.code}: {failure.detail.rstrip('.')}"
    return f"Not tried to the end: a run {whose} could not be done ({told})."


def alone(failure: Failure) -> str:
    """There is no control to compare it with."""
    return failed(failure, "of the unchanged network beside it")


def unpaid(standing: Standing, candidate: Candidate) -> str:
    """It never ran."""
    if standing.price(candidate) > standing.budget:
        multiple = ceil(10 * standing.price(candidate) / standing.unit) / 10
        return (
            f"Not tried: beside the unchanged network it takes {multiple:.1f} times the cost of the diagnosis, and "
            f"the budget of trials is {standing.race.submission.trials.max_cost:g} (`trials.max_cost`)."
        )
    if winners(standing):
        return f"Not tried: other changes were {_shown(standing)} to work before its turn came."
    return (
        f"Not tried: the budget of trials ({_budget(standing)}) went to changes that come first by evidence."
    )


def outrun(glimpse: Glimpse, score: float, standing: Standing) -> str:
    """It showed promise, and others more."""
    seen = f"after {glimpse.steps} steps of one seed it had come {_percent(score)} of the way"
    if len(winners(standing)) >= ENOUGH:
        return f"Not tried to the end: {seen}; other changes were {_shown(standing)} to work first."
    return f"Not tried to the end: {seen}, but too little of the budget of trials ({_budget(standing)}) was left."


def _shown(standing: Standing) -> str:
    """One seed proves nothing."""
    return "proven" if len(standing.seeds) > 1 else "seen"


def hopeless(score: float) -> bool:
    """Whether one seed shows nothing."""
    return score < PROMISE


def fell_short(score: float) -> str:
    """Its one seed ran to the end, and that was too little to run the others."""
    return (
        f"In the one seed that was run to the end the network came {_percent(score)} of the way, too little to "
        "count as learned, so the other seeds were left out."
    )


def dropped(glimpse: Glimpse, steps: int) -> str:
    """Its one seed, of a run of so many steps, showed nothing."""
    if glimpse.broke:
        again = " all the same" if glimpse.broke_before else ""
        return f"The loss goes non-finite at step {glimpse.outcome.steps_run - 1}{again} (one seed)."
    seen = f"After {glimpse.steps} of {steps} steps (one seed)"
    if glimpse.broke_before:
        return (
            f"{seen} the training is finite, but gets nowhere, so it was dropped. "
            "A network that guesses is not cured."
        )
    if glimpse.scale is not None and glimpse.scale.name == "samples":
        return f"{seen} the samples are hardly nearer to the data than its mean, so it was dropped."
    return f"{seen} the network does no better than a constant guess, so it was dropped."


def helps(comparison: Comparison) -> str:
    """It does."""
    return f"{_seeds(comparison)} the network learns with it and does not without: {_levels(comparison)}."


def no_better(comparison: Comparison) -> str:
    """The control gets as far, or neither gets anywhere."""
    control, trial = comparison.middle
    lost, of = len(comparison.trial) - comparison.finite, len(comparison.trial)
    broken = 2 * sum(outcome.stopped == "non-finite" for outcome in comparison.control.values()) > of
    if 2 * lost > of:
        return f"The loss goes non-finite in {lost} of {of} seeds{' all the same' if broken else ''}."
    if trial < PROMISE and broken:
        return (
            f"The training stays finite now, but gets nowhere: {_levels(comparison)}. "
            "A network that guesses is not cured."
        )
    still = "still " if control < PROMISE else ""
    if trial < PROMISE and comparison.scale is not None and comparison.scale.name == "samples":
        return f"The samples are {still}hardly nearer to the data than its mean: {_levels(comparison)}."
    if trial < PROMISE:
        return f"The network {still}does no better than a constant guess: {_levels(comparison)}."
    if trial > control and control >= NEARLY * trial:
        return (
            f"It only lowers a loss that the unchanged network lowers nearly as far: {_levels(comparison)}."
        )
    return f"The unchanged network gets as far: {_levels(comparison)}."


def not_learned(comparison: Comparison) -> str:
    """Better than the control, and still not good."""
    told = f"{_seeds(comparison, better=True)} it is better than the unchanged network"
    if not comparison.supported and comparison.confidence is not None:
        told += f", which may be chance (confidence {comparison.confidence:.2f})"
    return f"{told}; it has not learned the task within these steps: {_levels(comparison)}."


def few_seeds(comparison: Comparison) -> str:
    """A minority of seeds is cured."""
    return f"Only {_seeds(comparison).lower()} the network learns with it: {_levels(comparison)}."


def unsupported(comparison: Comparison) -> str:
    """The majority is cured, but the seeds differ too much, or there is only one."""
    if comparison.confidence is None:
        return (
            f"The network learns with it in the one seed that was run: {_levels(comparison)}. "
            "One seed may be luck; three would tell."
        )
    return (
        f"{_seeds(comparison)} the network learns with it, but the seeds differ so much that this may be chance "
        f"(confidence {comparison.confidence:.2f}): {_levels(comparison)}."
    )


def still_ill(comparison: Comparison, found: Sequence[Finding] | None) -> str:
    """An error is found in the trial itself."""
    if not found:
        return f"{_seeds(comparison)} the network learns with it, but the trial itself could not be judged."
    return (
        f"{_seeds(comparison)} the network learns with it ({_levels(comparison)}), but an error is still found in "
        f"it: {_names(found)}."
    )


def levelless(comparison: Comparison, found: Sequence[Finding] | None) -> str:
    """Nothing can be compared but whether it stays finite."""
    of = len(comparison.trial)
    if 2 * comparison.finite <= of:
        return f"The loss goes non-finite in {of - comparison.finite} of {of} seeds."
    told = f"The training stays finite in {comparison.finite} of {of} seeds"
    if found:
        return f"{told}, but an error is found in it: {_names(found)}."
    return f"{told} and no error is found in it; whether its results are good this objective cannot tell."


def _seeds(comparison: Comparison, *, better: bool = False) -> str:
    among = comparison.better if better else comparison.cured
    return f"In {len(among)} of {len(comparison.seeds)} seeds"


def _levels(comparison: Comparison) -> str:
    """Like `median skill 0.91 against 0.02`, and what accuracy says where skill says little."""
    control, trial = comparison.middle
    what = comparison.scale.words if comparison.scale else "skill"
    typical = "median " if len(comparison.seeds) > 1 else ""
    told = f"{typical}{what} {trial:.2f} against {control:.2f}"
    if comparison.hint is None or comparison.scale is None or trial >= LEARNED[comparison.scale.name]:
        return told
    before, after = (
        [known for seed in comparison.seeds if (known := side[seed].accuracy) is not None]
        for side in (comparison.control, comparison.trial)
    )
    if not after:
        return told
    return f"{told}, accuracy {median(after):.2f}" + (f" against {median(before):.2f}" if before else "")


def _names(found: Sequence[Finding]) -> str:
    return ", ".join(dict.fromkeys(finding.rule for finding in found))


def _percent(level: float) -> str:
    return f"{100 * level:.0f} %"


def _budget(standing: Standing) -> str:
    cost = standing.race.submission.trials.max_cost
    return f"{cost:g} times the cost of the diagnosis"
