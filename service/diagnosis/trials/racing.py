"""The race: short runs first, the hopeless dropped, survivors over all seeds and the whole budget.

Round by round, each a pure function of what is stored. A short run is one seed, the one in which the baseline fared
worst, for a quarter of the steps. What shows promise there runs against the control over all seeds, the most promising
two at a time, until two are proven or the money is spent. Pairs are tried where single changes fail. What the client
asked for skips the short run, and so does everything where short runs tell nothing.
"""

from collections.abc import Sequence
from statistics import median

from service.diagnosis.trials.admission import Base
from service.diagnosis.trials.comparing import NEARLY
from service.diagnosis.trials.source import Source
from service.diagnosis.trials.standing import Standing
from service.schemas.diagnosis import Judgement
from service.schemas.evidence import Evidence
from service.schemas.limits import Limits
from service.schemas.race import Move, Race, RunRequest, TrialRun
from service.schemas.remedy import Candidate

AT_ONCE = 2
"""Survivors that run whole in one round."""
ENOUGH = 2
"""Proven remedies after which nothing more is tried."""
PROMISE = 0.1
"""Level of a short run from which it is not hopeless."""
MOST_ROUNDS = 12
"""No race is longer, whatever becomes of its runs."""
SCREENING_SHARE = 0.5
"""Of the money, at most so much goes into short runs."""


def first_move(evidence: Evidence, judgement: Judgement, limits: Limits, source: Source) -> Move:
    """What is tried at all, and the first round; an empty move where there is nothing to cure or to try."""
    trials = evidence.submission.trials
    if trials.mode == "off" or (trials.mode == "auto" and _sound(evidence, judgement)):
        return Move()
    base = Base(evidence.submission, evidence.layers, evidence.planned_steps, evidence.dataset, limits)
    control = base.control()
    if control.refused is not None:
        return Move()
    control = control.model_copy(update={"run_steps": _steps(evidence, control)})
    asked = [*source.named(trials.names, evidence, judgement), *base.variants()]
    found = source.answering(evidence, judgement) if trials.mode == "auto" else ()
    full = evidence.submission.probing.profile == "full"
    wanted = [*asked, *(each for each in found if full or not each.regulariser)]
    entered = base.admitted(wanted, (control,))
    if not entered:
        return Move()
    standing = Standing(opening(evidence, judgement, (control, *entered)))
    urgent = [each for each in standing.entrants if is_asked(standing, each)]
    runs = _whole(standing, urgent)
    spent = sum(_price(standing, run) for run in runs)
    ranges = [each for each in entered if each.kind == "range-test" and not each.refused]
    singles = _singles(standing)
    runs += _short(standing, [*ranges, *singles], spent)
    # A memory is learned by new gates and a faster rate together: both at once are the likelier bet for a whole run.
    bets = [*_pairs(standing), *singles] if standing.late else singles
    runs = runs or _whole(standing, bets, AT_ONCE)
    return Move(candidates=(control, *entered), runs=tuple(runs))


def next_move(race: Race, limits: Limits, source: Source) -> Move:
    """The next round; no runs where the race is over."""
    standing = Standing(race)
    if standing.rounds >= MOST_ROUNDS or standing.failure(standing.control) is not None:
        return Move()
    fresh = _after_ranges(standing, limits, source)
    if fresh:
        after = Standing(race.model_copy(update={"candidates": (*race.candidates, *fresh)}))
        runs = _short(after, [each for each in after.entrants if each in fresh], 0.0)
        return Move(candidates=fresh, runs=tuple(runs) or tuple(_next_runs(after)))
    return Move(runs=tuple(_next_runs(standing)))


def opening(evidence: Evidence, judgement: Judgement, candidates: tuple[Candidate, ...]) -> Race:
    """The race before its first round."""
    steps = candidates[0].run_steps if candidates else 0
    return Race(
        submission=evidence.submission,
        judgement=judgement,
        layers=evidence.layers,
        run_steps=steps,
        planned_steps=evidence.planned_steps,
        baseline=tuple(
            TrialRun(variant="baseline", seed=run.seed, round=0, steps=steps, outcome=run.outcome)
            for run in evidence.runs
        ),
        candidates=candidates,
        dataset=evidence.dataset,
    )


def is_asked(standing: Standing, candidate: Candidate) -> bool:
    """Whether the client wants to see just this one tried: a change of its own, or the first way of a named remedy."""
    if candidate.remedy not in standing.race.submission.trials.names:
        return candidate.kind == "variant"
    first = next(each for each in standing.entrants if each.remedy == candidate.remedy)
    return candidate.name == first.name


def winners(standing: Standing) -> list[Candidate]:
    """Those that help as far as outcomes tell; a single seed can prove nothing, so there its word is taken."""
    compared = ((each, standing.comparison(each)) for each in standing.entrants)
    alone = len(standing.seeds) < 2
    return [
        each
        for each, comparison in compared
        if comparison is not None and (comparison.proven or (alone and comparison.mostly))
    ]


def _sound(evidence: Evidence, judgement: Judgement) -> bool:
    """Healthy, or so near to perfect that no trial could reach another level."""
    skills = [run.outcome.skill or 0.0 for run in evidence.runs]
    return judgement.verdict == "healthy" or (bool(skills) and NEARLY <= median(skills) <= 1)


def _steps(evidence: Evidence, control: Candidate) -> int:
    """Steps of a whole run: what a baseline that ran to its end took; of a file they are but estimated here."""
    ended = (run.outcome for run in evidence.runs if run.outcome.stopped in {"planned", "budget"})
    return max((outcome.steps_run for outcome in ended), default=control.run_steps)


def _after_ranges(standing: Standing, limits: Limits, source: Source) -> tuple[Candidate, ...]:
    """What finished range tests lead to and is not stored yet."""
    race = standing.race
    measured = [
        run.losses
        for each in race.candidates
        if each.kind == "range-test"
        for run in standing.runs(each)
        if run.losses
    ]
    wanted = (
        each for losses in measured for each in source.after_range(race.submission, race.judgement, losses)
    )
    base = Base(race.submission, race.layers, race.planned_steps, race.dataset, limits)
    return base.admitted(wanted, race.candidates)


def _next_runs(standing: Standing) -> list[RunRequest]:
    """Survivors over all seeds; pairs where single changes show nothing or are used up."""
    won = winners(standing)
    contenders = _contenders(standing)
    promising = [each for each in contenders if (standing.score(each) or 0.0) >= PROMISE]
    if len(won) >= ENOUGH or (won and not promising):
        return []
    if not won and not promising:
        runs = _short(standing, _pairs(standing), 0.0)
        if runs:
            return runs
    return _whole(standing, _led_by_the_cause(standing, promising or contenders), AT_ONCE)


def _led_by_the_cause(standing: Standing, ranked: list[Candidate]) -> list[Candidate]:
    """The best of the short runs, then the first by evidence: what takes the cause away need not learn the fastest."""
    best, others = ranked[:1], ranked[1:]
    order = [each.name for each in standing.entrants]
    different = [each for each in others if each.remedy != best[0].remedy] or others
    second = sorted(different, key=lambda each: (not is_asked(standing, each), order.index(each.name)))[:1]
    return [*best, *second, *(each for each in others if each not in second)]


def _singles(standing: Standing) -> list[Candidate]:
    return [each for each in _unseen(standing) if "+" not in each.remedy]


def _pairs(standing: Standing) -> list[Candidate]:
    return [each for each in _unseen(standing) if "+" in each.remedy]


def _unseen(standing: Standing) -> list[Candidate]:
    """Entrants that have not run at all."""
    return [each for each in standing.entrants if not standing.runs(each) and not is_asked(standing, each)]


def _contenders(standing: Standing) -> list[Candidate]:
    """Who may run whole, the best first; of one remedy's variants the best goes before any second."""
    waiting = [
        each
        for each in standing.entrants
        if not standing.ran(each) and standing.failure(each) is None and not _dropped(standing, each)
    ]
    order = {each.name: place for place, each in enumerate(standing.entrants)}
    ranked = sorted(waiting, key=lambda each: (-_bin(standing, each), order[each.name]))
    tried = [each.remedy for each in standing.entrants if standing.ran(each)]
    repeats = {}
    for each in ranked:
        repeats[each.name] = tried.count(each.remedy)
        tried.append(each.remedy)
    return sorted(
        ranked, key=lambda each: (not is_asked(standing, each), _bin(standing, each) == 0, repeats[each.name])
    )


def _bin(standing: Standing, candidate: Candidate) -> float:
    """Scores that differ by less than a tenth tell nothing apart: there the order of evidence decides."""
    return round(standing.score(candidate) or 0.0, 1)


def _dropped(standing: Standing, candidate: Candidate) -> bool:
    """Hopeless: its short run went non-finite."""
    run = standing.glimpse(candidate)
    return run is not None and run.outcome is not None and run.outcome.stopped == "non-finite"


def _short(standing: Standing, wanted: Sequence[Candidate], spent: float) -> list[RunRequest]:
    """Short runs of as many as may be had without spending what whole runs of one of them need."""
    if not wanted or standing.levelless or standing.late:
        return []
    cures = [standing.whole_cost(each) for each in wanted if each.kind != "range-test"]
    reserve = standing.whole_cost(standing.control) + min(cures, default=standing.unit)
    allowed = min(SCREENING_SHARE * standing.budget, standing.left - spent - reserve)
    runs: list[RunRequest] = []
    for each in wanted:
        steps = each.run_steps if each.kind == "range-test" else min(standing.short, each.run_steps)
        request = _request(standing, each, standing.first_seed, steps)
        price = _price(standing, request, (each,))
        if price <= allowed:
            allowed -= price
            runs.append(request)
    return runs


def _whole(standing: Standing, wanted: Sequence[Candidate], most: int | None = None) -> list[RunRequest]:
    """All seeds and the whole budget of the first that can be paid for, and the control's where it has none."""
    left = standing.left - standing.whole_cost(standing.control)
    chosen: list[Candidate] = []
    for each in wanted:
        price = standing.whole_cost(each)
        if price <= left and (most is None or len(chosen) < most):
            left -= price
            chosen.append(each)
    if not chosen:
        return []
    return [
        _request(standing, each, seed, each.run_steps)
        for each in (standing.control, *chosen)
        for seed in standing.missing(each)
    ]


def _request(standing: Standing, candidate: Candidate, seed: int, steps: int) -> RunRequest:
    return RunRequest(variant=candidate.name, seed=seed, round=standing.rounds + 1, steps=steps)


def _price(standing: Standing, request: RunRequest, among: Sequence[Candidate] = ()) -> float:
    known = among or standing.race.candidates
    return next(standing.cost(each, request.steps) for each in known if each.name == request.variant)
