"""One configuration from its diagnosis to its remedies, and each remedy that is offered on five fresh seeds."""

import hashlib
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from benchmarks.accuracy.configuration import Configuration
from benchmarks.remedies.laboratory import Laboratory
from service.diagnosis import remedies, trials
from service.diagnosis.engine import judge
from service.diagnosis.trials.comparing import Comparison, compare
from service.diagnosis.trials.concluding import conclude, judged
from service.diagnosis.trials.racing import first_move, next_move, opening
from service.diagnosis.trials.scale import Side
from service.diagnosis.trials.source import Source
from service.diagnosis.trials.standing import Standing
from service.schemas.base import Measured, Output
from service.schemas.evidence import Evidence, RunEvidence
from service.schemas.intake import accept
from service.schemas.race import Move, Race, RunRequest, TrialRun
from service.schemas.remedy import Candidate, Remedy
from service.schemas.run import Failure
from service.schemas.submission import Submission
from tests.diagnosing import LIMITS

FRESH = (100, 101, 102, 103, 104)
CHECKED = 2
"""Offered remedies that are checked on fresh seeds, in the order in which they are offered."""


class Checked(Output):
    """What an offered remedy did on seeds that the race never saw."""

    name: str
    works: bool
    """Whether most of the seeds learn with it and do not without."""
    cured: int
    level: Measured
    control: Measured


class Contest(Output):
    """What came of one configuration."""

    name: str
    mechanism: str | None
    verdict: str
    cost: float
    """Of all trials, as a multiple of the diagnosis's own."""
    rounds: int
    seconds: float
    order: tuple[str, ...] = ()
    """Candidates as the source ordered them."""
    remedies: tuple[Remedy, ...] = ()
    checked: tuple[Checked, ...] = ()
    code: str = ""
    """Digest of the remedies and trials that raced it."""


@cache
def code() -> str:
    """Digest of the remedies and trials as they are now."""
    files = (path for package in (remedies, trials) for path in Path(package.__path__[0]).rglob("*.py"))
    text = b"".join(path.read_bytes() for path in sorted(files))
    return hashlib.sha256(text).hexdigest()[:12]


def contest(configuration: Configuration, source: Source, laboratory: Laboratory) -> Contest:
    """Diagnose, race, conclude, check."""
    began = time.process_time()
    submission = Submission.model_validate(configuration.submission)
    evidence = _diagnose(submission, laboratory)
    judgement = judge(evidence)
    move = first_move(evidence, judgement, LIMITS, source)
    race = _raced(opening(evidence, judgement, move.candidates), move, source, laboratory)
    found: tuple[Remedy, ...] = ()
    checked: list[Checked] = []
    standing = Standing(race) if race.candidates else None
    if standing is not None:
        found = conclude(race)
        offered = [row.name for row in found if row.result == "helps"]
        checked = [_check(standing, name, laboratory) for name in offered[:CHECKED]]
    return Contest(
        name=configuration.name,
        mechanism=configuration.mechanism,
        verdict=judgement.verdict,
        cost=standing.spent / standing.unit if standing else 0.0,
        rounds=standing.rounds if standing else 0,
        seconds=time.process_time() - began,
        order=tuple(each.name for each in race.candidates[1:]),
        remedies=found,
        checked=tuple(checked),
        code=code(),
    )


def _diagnose(submission: Submission, laboratory: Laboratory) -> Evidence:
    """The baseline, ended early as a worker ends it."""
    accepted = accept(submission, LIMITS, lambda _digest: None)
    runs = [
        laboratory.run(submission, seed, accepted.run_steps, settles=True)
        for seed in range(submission.probing.seeds)
    ]
    return Evidence(
        submission=submission,
        layers=accepted.plan.layers,
        planned_steps=accepted.planned_steps,
        runs=tuple(run for run in runs if isinstance(run, RunEvidence)),
    )


Traces = dict[tuple[str, int, int], RunEvidence]


def _raced(race: Race, move: Move, source: Source, laboratory: Laboratory) -> Race:
    """Round after round until the race asks for nothing more."""
    traces: Traces = {}
    while move.runs:
        done = [_do(request, race.candidates, traces, laboratory) for request in move.runs]
        race = race.model_copy(update={"trials": (*race.trials, *done)})
        verdicts = {name: judge(_evidence(race, name, traces)) for name in judged(race)}
        race = race.model_copy(update={"judgements": verdicts})
        move = next_move(race, LIMITS, source)
        race = race.model_copy(update={"candidates": (*race.candidates, *move.candidates)})
    return race


def _do(
    request: RunRequest, candidates: Sequence[Candidate], traces: Traces, laboratory: Laboratory
) -> TrialRun:
    candidate = next(each for each in candidates if each.name == request.variant)
    made = laboratory.run(candidate.submission, request.seed, request.steps, settles=request.settles)
    given = request.model_dump(exclude={"settles"})
    if isinstance(made, Failure):
        return TrialRun(**given, failure=made)
    traces[request.variant, request.seed, request.steps] = made
    losses = tuple(row.loss for row in made.network if row.loss is not None)
    return TrialRun(**given, outcome=made.outcome, losses=losses if candidate.kind == "range-test" else ())


def _evidence(race: Race, name: str, traces: Traces) -> Evidence:
    """Of one variant's whole runs."""
    candidate = next(each for each in race.candidates if each.name == name)
    whole = [
        trace
        for (variant, _, steps), trace in sorted(traces.items())
        if variant == name and steps >= candidate.run_steps
    ]
    return Evidence(
        submission=candidate.submission,
        layers=candidate.layers,
        planned_steps=candidate.planned_steps,
        runs=tuple(whole),
    )


def _check(standing: Standing, name: str, laboratory: Laboratory) -> Checked:
    candidate = next(each for each in standing.entrants if each.name == name)
    sides = [_fresh(each, laboratory) for each in (standing.control, candidate)]
    comparison: Comparison = compare(sides[0], sides[1], FRESH)
    control, level = comparison.middle
    return Checked(
        name=name, works=comparison.mostly, cured=len(comparison.cured), level=level, control=control
    )


def _fresh(candidate: Candidate, laboratory: Laboratory) -> Side:
    runs = [laboratory.run(candidate.submission, seed, candidate.run_steps) for seed in FRESH]
    outcomes = tuple(run.outcome for run in runs if isinstance(run, RunEvidence))
    return Side(candidate.submission, candidate.layers, outcomes)
