"""A race that asks for what a test tells it to: candidates, rounds and rows without any judgement of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from service.schemas.diagnosis import Judgement
from service.schemas.evidence import Evidence
from service.schemas.race import Move, Race, RunRequest
from service.schemas.remedy import Candidate, Remedy
from service.schemas.run import Failure
from service.store import diagnoses, runs, statistics
from service.store.database import Database
from service.store.mind import Mind
from tests.service.store.examples import accepted, claimed, judge, layer_rows, network_rows, outcome

LOST = Failure(whose="client", code="out-of-memory", detail="It takes more than 4 GB.")


def candidate(name: str = "use-relu", *, width: int = 8, **changes: object) -> Candidate:
    """A remedy that changes the width of the first layer."""
    request = accepted(width=width)
    values = {
        "name": name,
        "remedy": name,
        "rule": "vanishing-gradient",
        "sentence": f"{width} units.",
        "submission": request.submission,
        "layers": request.plan.layers,
        "planned_steps": 1000,
        "run_steps": 100,
        "step_cost": 1e6,
    }
    return Candidate.model_validate({**values, **changes})


def request(variant: str = "use-relu", seed: int = 0, round_: int = 1, **changes: object) -> RunRequest:
    return RunRequest.model_validate(
        {"variant": variant, "seed": seed, "round": round_, "steps": 40, **changes}
    )


@dataclass
class Script:
    """Moves to make, one after the other, and what was shown when each was asked for."""

    moves: list[Move]
    wanted: tuple[str, ...] = ()
    """Variants whose evidence is to be judged in the end."""
    races: list[Race] = field(default_factory=list)
    concluded: list[Mapping[str, Judgement]] = field(default_factory=list)

    def mind(self) -> Mind:
        return Mind(
            judge=judge,
            begin=self.begin,
            go_on=self.go_on,
            judged=lambda _race: self.wanted,
            conclude=self.conclude,
        )

    def begin(self, _evidence: Evidence, _judgement: Judgement) -> Move:
        return self.moves[0]

    def go_on(self, race: Race) -> Move:
        self.races.append(race)
        rounds = max((trial.round for trial in race.trials), default=0)
        return self.moves[rounds] if rounds < len(self.moves) else Move()

    def conclude(self, race: Race) -> tuple[Remedy, ...]:
        self.races.append(race)
        self.concluded.append(race.judgements)
        return tuple(row(each) for each in race.candidates)


def row(tried: Candidate, **changes: object) -> Remedy:
    """What is said of a candidate."""
    values = {name: getattr(tried, name) for name in ("name", "remedy", "rule", "sentence")}
    return Remedy.model_validate({**values, "result": "helps", "reason": "It learns.", **changes})


def one_round(*seeds: int) -> Script:
    """A single remedy, tried once for each seed."""
    return Script([Move(candidates=(candidate(),), runs=tuple(request(seed=seed) for seed in seeds or (0,)))])


def tried(database: Database, diagnosis: str, *, depths: int = 3, failing: tuple[str, ...] = ()) -> None:
    """Do every trial run that waits; those of `failing` variants fail."""
    for run in diagnoses.get(database, diagnosis).runs:
        if run.status != "queued":
            continue
        claim = claimed(database, run.id)
        if run.variant in failing:
            assert runs.fail(database, claim, LOST)
            continue
        rows = {"layers": layer_rows(range(2), range(depths)), "network": network_rows(range(5))}
        assert statistics.append(database, claim, **rows)
        assert runs.finish(database, claim, outcome(steps_run=40, last_loss=0.25))
