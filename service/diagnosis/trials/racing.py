"""The race: short runs first, the hopeless dropped, survivors over all seeds and the whole budget.

Round by round, each a pure function of what is stored. A short run is one seed, the one in which the baseline fared
worst, for a quarter of the steps. What shows promise there runs in that seed to the end; what has learned runs in all
seeds beside the control, the best two at a time, until two are proven or the money is spent. Where most seeds are cured
and chance is not ruled out, up to two seeds are added. Pairs are tried where single changes fail. What the client asked
for runs in all seeds at once, and short runs are left out where they tell nothing.
"""

from collections.abc import Sequence
from statistics import median

from service.diagnosis.trials.admission import Base
from service.diagnosis.trials.comparing import NEARLY
from service.diagnosis.trials.ranking import PROMISE, contenders, is_asked, led_by_the_cause, winners
from service.diagnosis.trials.source import Source
from service.diagnosis.trials.standing import Standing, reached
from service.schemas.diagnosis import Judgement
from service.schemas.evidence import Evidence
from service.schemas.limits import Limits
from service.schemas.race import Move, Race, RunRequest, TrialRun
from service.schemas.remedy import Candidate

AT_ONCE = 2
"""Survivors that run over all seeds in one round."""
EXPLORED = 2
"""Contenders that run to the end of one seed in one round."""
ENOUGH = 2
"""Proven remedies after which nothing more is tried."""
MORE_SEEDS = 2
"""Seeds that are added, one after the other, where those of the diagnosis leave it open whether a change helps."""
MOST_ROUNDS = 16
"""No race is longer, whatever becomes of its runs."""
SCREENING_SHARE = 0.25
"""Of the money, at most so much goes into the short runs of a round."""
LIKELY = 0.93
"""Confidence from which one more seed is a better bet than another candidate that has learned."""


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
    ranges = [each for each in entered if each.kind == "range-test" and not each.refused]
    runs += _screened(standing, [*ranges, *_singles(standing)], runs)
    return Move(candidates=(control, *entered), runs=tuple(runs or _next_runs(standing)))


def next_move(race: Race, limits: Limits, source: Source) -> Move:
    """The next round; no runs where the race is over."""
    standing = Standing(race)
    if standing.rounds >= MOST_ROUNDS or standing.stranded:
        return Move()
    fresh = _after_ranges(standing, limits, source)
    if fresh:
        after = Standing(race.model_copy(update={"candidates": (*race.candidates, *fresh)}))
        runs = _screened(after, [each for each in after.entrants if each in fresh])
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


def _sound(evidence: Evidence, judgement: Judgement) -> bool:
    """Healthy, or so near to perfect that no trial could reach another level."""
    skills = [reached(run.outcome) or 0.0 for run in evidence.runs]
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
    """What is in doubt gets more seeds, what has learned in one all of them, what shows promise that one.

    Where nothing is left that does: pairs, then whatever else there is, the first by evidence first. In the end what
    money is left shows what is only advised.
    """
    won, contending = winners(standing), contenders(standing)
    fresh = [each for each in contending if standing.first_seed in standing.missing(each)]
    tested = [(each, standing.glimpse(each)) for each in contending if each not in fresh]
    learned = [each for each, seen in tested if seen is not None and seen.learned]
    promising = [each for each in fresh if standing.score(each) >= PROMISE]
    if len(won) >= ENOUGH:
        return _short(standing, _advice(standing), standing.left)
    runs = [] if won else _more_seed(standing, LIKELY)
    runs = runs or _survivors(standing, led_by_the_cause(standing, learned))
    runs = runs or _explored(standing, led_by_the_cause(standing, promising))
    if runs or (won and not standing.late):
        return runs or _short(standing, _advice(standing), standing.left)
    if standing.levelless:
        return _whole(standing, contending, AT_ONCE)
    return (
        ([] if won else _more_seed(standing))
        or _screened(standing, [*_pairs(standing), *_advice(standing)])
        or _explored(standing, fresh if standing.late else led_by_the_cause(standing, fresh))
        or _whole(standing, [each for each in contending if standing.score(each) >= PROMISE], 1)
    )


def _singles(standing: Standing) -> list[Candidate]:
    """Single changes, without mere advice unless there is nothing else."""
    single = [each for each in _unseen(standing) if "+" not in each.remedy]
    return [each for each in single if not each.advice] or single


def _pairs(standing: Standing) -> list[Candidate]:
    return [each for each in _unseen(standing) if "+" in each.remedy]


def _advice(standing: Standing) -> list[Candidate]:
    return [each for each in _unseen(standing) if each.advice and "+" not in each.remedy]


def _unseen(standing: Standing) -> list[Candidate]:
    """Entrants that have not run at all."""
    return [each for each in standing.entrants if not standing.runs(each) and not is_asked(standing, each)]


def _screened(
    standing: Standing, wanted: Sequence[Candidate], beside: Sequence[RunRequest] = ()
) -> list[RunRequest]:
    """Short runs of as many as may be had without spending what whole runs of one of them need."""
    cures = [standing.whole_cost(each) for each in wanted if each.kind != "range-test"]
    reserve = standing.whole_cost(standing.control) + min(cures, default=standing.unit)
    left = standing.left - _prices(standing, beside) - reserve
    return _short(standing, wanted, min(SCREENING_SHARE * standing.budget, left))


def _short(standing: Standing, wanted: Sequence[Candidate], allowed: float) -> list[RunRequest]:
    """Short runs of as many as can be paid for, where they tell anything."""
    runs: list[RunRequest] = []
    for each in wanted if not standing.levelless and not standing.late else ():
        steps = each.run_steps if each.kind == "range-test" else min(standing.short, each.run_steps)
        request = _request(standing, each, standing.first_seed, steps)
        price = _price(standing, request, (each,))
        if price <= allowed:
            allowed -= price
            runs.append(request)
    return runs


def _explored(standing: Standing, wanted: Sequence[Candidate]) -> list[RunRequest]:
    """One seed to the end, as long as there is money to run the costliest of them in the others beside the control."""
    left = standing.left - standing.whole_cost(standing.control)
    chosen: list[Candidate] = []
    reserve = 0.0
    for each in wanted if not standing.levelless else ():
        price = standing.cost(each, each.run_steps)
        rest = max(reserve, standing.whole_cost(each) - price)
        if price + rest <= left and len(chosen) < EXPLORED:
            left, reserve = left - price, rest
            chosen.append(each)
    return [_request(standing, each, standing.first_seed, each.run_steps) for each in chosen]


def _whole(standing: Standing, wanted: Sequence[Candidate], most: int | None = None) -> list[RunRequest]:
    """All seeds and the whole budget of the first that can be paid for, and the control's where it has none."""
    left = standing.left - standing.whole_cost(standing.control)
    chosen: list[Candidate] = []
    for each in wanted:
        price = standing.whole_cost(each)
        if price <= left and (most is None or len(chosen) < most):
            left -= price
            chosen.append(each)
    return _beside_the_control(standing, chosen, standing.seeds)


def _survivors(standing: Standing, learned: Sequence[Candidate]) -> list[RunRequest]:
    """Two over all seeds, or one where there would be no money left to give it one more seed, should it need that.

    What is only advised has its short run beside them: there is time, and the money is what is left.
    """
    reserve = sum(standing.cost(each, each.run_steps) for each in (standing.control, *learned[:1]))
    runs = _whole(standing, learned, AT_ONCE)
    if standing.left - _prices(standing, runs) < reserve:
        runs = _whole(standing, learned, 1)
        reserve = max([reserve, *map(standing.whole_cost, learned)])
    left = standing.left - _prices(standing, runs) - reserve
    return runs + _short(standing, _advice(standing), left) if runs else []


def _more_seed(standing: Standing, least: float = 0.0) -> list[RunRequest]:
    """One, for the likeliest of what cures most seeds without being proven, where there is money."""
    if len(standing.seeds) < 2 or standing.failure(standing.control) is not None:
        return []
    doubted = [
        (comparison.confidence or 0.0, each)
        for each in standing.entrants
        if (comparison := standing.comparison(each)) is not None
        and comparison.mostly
        and not comparison.proven
        and comparison.added < MORE_SEEDS
        and not standing.errors(each)
        and standing.failure(each) is None
        and (comparison.confidence or 0.0) >= least
    ]
    for _, each in sorted(doubted, key=lambda pair: -pair[0]):
        seeds = [standing.next_seed(each)]
        if sum(standing.whole_cost(side, seeds) for side in (standing.control, each)) <= standing.left:
            return _beside_the_control(standing, [each], seeds)
    return []


def _beside_the_control(
    standing: Standing, chosen: Sequence[Candidate], seeds: Sequence[int]
) -> list[RunRequest]:
    return [
        _request(standing, each, seed, each.run_steps)
        for each in (standing.control, *chosen)
        if chosen
        for seed in standing.missing(each, seeds)
    ]


def _request(standing: Standing, candidate: Candidate, seed: int, steps: int) -> RunRequest:
    return RunRequest(variant=candidate.name, seed=seed, round=standing.rounds + 1, steps=steps)


def _prices(standing: Standing, requests: Sequence[RunRequest]) -> float:
    return sum(_price(standing, each) for each in requests)


def _price(standing: Standing, request: RunRequest, among: Sequence[Candidate] = ()) -> float:
    known = among or standing.race.candidates
    return next(standing.cost(each, request.steps) for each in known if each.name == request.variant)
