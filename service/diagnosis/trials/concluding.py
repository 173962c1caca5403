"""What the trials showed: one row for each candidate, those that help first."""

from statistics import median

from service.diagnosis.trials import reasons
from service.diagnosis.trials.comparing import Comparison
from service.diagnosis.trials.ranking import winners
from service.diagnosis.trials.standing import Standing
from service.schemas.diagnosis import Finding
from service.schemas.patching import difference, size_of, tree_of, yaml_diff
from service.schemas.race import Race
from service.schemas.remedy import Candidate, Remedy, Result
from service.schemas.run import Outcome

ORDER: tuple[Result, ...] = ("helps", "partly", "does-not-help", "not-tried")


def judged(race: Race) -> tuple[str, ...]:
    """Variants whose own evidence must be judged before anything is claimed of them."""
    standing = Standing(race)
    compared = ((each.name, standing.comparison(each)) for each in standing.entrants)
    return tuple(name for name, comparison in compared if comparison is not None and _claims(comparison))


def conclude(race: Race) -> tuple[Remedy, ...]:
    """Every candidate's row; the smallest change among those that help is marked."""
    standing = Standing(race)
    shown = [
        each for each in race.candidates if each.kind in {"cure", "variant"} and not _spare(standing, each)
    ]
    told = [_row(standing, each) for each in shown]
    rows = [row for row, _ in sorted(told, key=lambda pair: (ORDER.index(pair[0].result), -pair[1]))]
    working = [row for row in rows if row.result == "helps"]
    if working:
        smallest = min(working, key=lambda row: (size_of(row.patch), row.extra_parameters or 0))
        rows[rows.index(smallest)] = smallest.model_copy(update={"smallest": True})
    return tuple(rows)


def _spare(standing: Standing, candidate: Candidate) -> bool:
    """A pair that was not needed, since a single change works: nobody wants to read that it was not tried."""
    return "+" in candidate.remedy and not standing.runs(candidate) and bool(winners(standing))


def _claims(comparison: Comparison) -> bool:
    return comparison.mostly or (comparison.scale is None and 2 * comparison.finite > len(comparison.trial))


def _row(standing: Standing, candidate: Candidate) -> tuple[Remedy, float]:
    """The row, and the level it reached, by which rows of one result are ordered."""
    comparison = None if candidate.refused else standing.comparison(candidate)
    glimpse = standing.glimpse(candidate)
    changes = _changes(standing, candidate)
    if comparison is None:
        result, reason = _untold(standing, candidate)
        if glimpse is not None:
            seen = Comparison(None, {}, {glimpse.seed: glimpse.outcome})
            changes |= {"seeds": seen.rows(), "of": 1, "steps": glimpse.steps}
        level = standing.score(candidate)
    else:
        result, reason = _result(comparison, standing.errors(candidate))
        changes |= {
            "seeds": comparison.rows(),
            "better": len(comparison.better),
            "of": len(comparison.seeds),
            "test": comparison.test,
            "confidence": None if comparison.confidence is None else round(comparison.confidence, 4),
            "time_ratio": _time_ratio(comparison),
            "steps": candidate.run_steps,
            "network": next((each.network for each in comparison.trial.values() if each.network), None),
        }
        level = round(comparison.middle[1], 1)
    given = candidate.model_dump(include={"name", "remedy", "rule", "sentence", "torch", "keras"})
    return Remedy(**given, result=result, reason=reason, **changes), level


def _changes(standing: Standing, candidate: Candidate) -> dict[str, object]:
    """What is changed, whether it was tried or not."""
    before, after = tree_of(standing.race.submission), tree_of(candidate.submission)
    known = bool(candidate.layers) and candidate.refused is None
    return {
        "patch": difference(before, after),
        "diff": yaml_diff(before, after),
        "extra_parameters": _parameters(candidate) - _parameters(standing.control) if known else None,
    }


def _untold(standing: Standing, candidate: Candidate) -> tuple[Result, str]:
    """Of a candidate that was not run over all seeds."""
    failure, controls = standing.failure(candidate), standing.failure(standing.control)
    if candidate.refused is not None:
        return "not-tried", reasons.refused(candidate.refused)
    if failure is not None:
        return "not-tried", reasons.failed(failure)
    if controls is not None and standing.stranded:
        return "not-tried", reasons.alone(controls)
    glimpse, score = standing.glimpse(candidate), standing.score(candidate)
    if glimpse is None:
        return "not-tried", reasons.unpaid(standing, candidate)
    if reasons.hopeless(score):
        return "does-not-help", reasons.dropped(glimpse, candidate.run_steps)
    if glimpse.steps >= candidate.run_steps and not glimpse.learned:
        return "does-not-help", reasons.fell_short(score)
    return "not-tried", reasons.outrun(glimpse, score, standing)


def _result(comparison: Comparison, found: list[Finding] | None) -> tuple[Result, str]:
    """Of a candidate that was run over all seeds beside the control."""
    if comparison.scale is None:
        return _without_level(comparison, found)
    if not comparison.better:
        return "does-not-help", reasons.no_better(comparison)
    if not comparison.cured:
        result: Result = "partly" if comparison.supported else "does-not-help"
        return result, reasons.not_learned(comparison)
    if not comparison.mostly:
        return "partly", reasons.few_seeds(comparison)
    if not comparison.supported:
        return "partly", reasons.unsupported(comparison)
    if found is None or found:
        return "partly", reasons.still_ill(comparison, found)
    return "helps", reasons.helps(comparison)


def _without_level(comparison: Comparison, found: list[Finding] | None) -> tuple[Result, str]:
    """A loss without a best constant: staying finite without an error is all that can be seen."""
    stays = 2 * comparison.finite > len(comparison.trial)
    clean = found is not None and not found
    return ("partly" if stays and clean else "does-not-help"), reasons.levelless(comparison, found or [])


def _time_ratio(comparison: Comparison) -> float | None:
    """Seconds of a step against the control's, by the median over seeds."""
    sides = (comparison.trial, comparison.control)
    seconds = [[_pace(outcome) for outcome in side.values() if outcome.steps_run] for side in sides]
    if not all(seconds) or not median(seconds[1]):
        return None
    return round(median(seconds[0]) / median(seconds[1]), 3)


def _pace(outcome: Outcome) -> float:
    return outcome.seconds / outcome.steps_run


def _parameters(candidate: Candidate) -> int:
    return sum(layer.parameters for layer in candidate.layers)
