"""Whose turn it is in a race: who has won, who may still run, and in which order."""

from service.diagnosis.trials.standing import Standing
from service.schemas.remedy import Candidate

PROMISE = 0.1
"""Score of a short run from which it is not hopeless."""


def is_asked(standing: Standing, candidate: Candidate) -> bool:
    """Whether the client wants to see just this one tried: a change of its own, or the first way of a named remedy."""
    if candidate.remedy not in standing.race.submission.trials.names:
        return candidate.kind == "variant"
    first = next(each for each in standing.entrants if each.remedy == candidate.remedy)
    return candidate.name == first.name


def winners(standing: Standing) -> list[Candidate]:
    """Those that help and leave no error; a single seed can prove nothing, so there its word is taken."""
    compared = ((each, standing.comparison(each)) for each in standing.entrants)
    alone = len(standing.seeds) < 2
    return [
        each
        for each, comparison in compared
        if comparison is not None
        and (comparison.proven or (alone and comparison.mostly))
        and standing.errors(each) == []
    ]


def led_by_the_cause(standing: Standing, ranked: list[Candidate]) -> list[Candidate]:
    """The best of the short runs, then the first by evidence: what takes the cause away need not learn the fastest."""
    best, others = ranked[:1], ranked[1:]
    order = [each.name for each in standing.entrants]
    different = [each for each in others if each.remedy != best[0].remedy] or others
    second = sorted(different, key=lambda each: (not is_asked(standing, each), order.index(each.name)))[:1]
    return [*best, *second, *(each for each in others if each not in second)]


def contenders(standing: Standing) -> list[Candidate]:
    """Who may run whole, the best first; of one remedy's variants the best goes before any second."""
    waiting = [
        each
        for each in standing.entrants
        if not standing.told(each) and standing.failure(each) is None and not _dropped(standing, each)
    ]
    order = {each.name: place for place, each in enumerate(standing.entrants)}
    ranked = sorted(
        waiting, key=lambda each: (-_bin(standing, each), _astray(standing, each), order[each.name])
    )
    tried = [each.remedy for each in standing.entrants if standing.first_seed not in standing.missing(each)]
    repeats = {}
    for each in ranked:
        repeats[each.name] = tried.count(each.remedy)
        tried.append(each.remedy)
    # A memory is learned by new gates and a faster rate together: both at once are the likelier bet.
    apart = {each.name: standing.late and "+" not in each.remedy for each in ranked}
    hopeless = {each.name: (1 + _astray(standing, each)) * (_bin(standing, each) == 0) for each in ranked}
    return sorted(
        ranked,
        key=lambda each: (
            not is_asked(standing, each),
            hopeless[each.name],
            apart[each.name],
            repeats[each.name],
        ),
    )


def _bin(standing: Standing, candidate: Candidate) -> float:
    """Scores that differ by less than a tenth tell nothing apart: there the order of evidence decides."""
    return round(standing.score(candidate), 1)


def _astray(standing: Standing, candidate: Candidate) -> bool:
    seen = standing.glimpse(candidate)
    return seen is not None and seen.astray


def _dropped(standing: Standing, candidate: Candidate) -> bool:
    """Hopeless: its one seed went non-finite."""
    seen = standing.glimpse(candidate)
    return seen is not None and seen.broke
