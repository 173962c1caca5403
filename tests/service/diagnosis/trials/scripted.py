"""Races whose runs end as a script says, played to their end in microseconds."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from service.diagnosis.trials.concluding import conclude, judged
from service.diagnosis.trials.racing import first_move, next_move
from service.diagnosis.trials.source import Source
from service.diagnosis.trials.standing import Standing
from service.schemas.diagnosis import Finding, Judgement
from service.schemas.evidence import Evidence, RunEvidence
from service.schemas.intake import accept
from service.schemas.limits import Limits
from service.schemas.race import Move, Race, RunRequest, TrialRun
from service.schemas.remedy import Candidate, Remedy
from service.schemas.run import Failure, Outcome
from service.schemas.submission import Submission
from service.store.racing import sound

LIMITS = Limits()
STEPS = 200
Script = Callable[[str, int, int], Outcome | Failure]
"""How the run of a variant with a seed and so many steps ends."""


def submission(**changes: Any) -> Submission:
    """A small classifier over 200 steps and three seeds."""
    layers = [{"type": "Linear", "out_features": 8}, "ReLU", {"type": "Linear", "out_features": 3}]
    tree: dict[str, Any] = {
        "network": {"input": {"shape": [4]}, "layers": layers},
        "training": {"loss": "CrossEntropyLoss", "optimizer": {"type": "SGD", "lr": 0.1}, "steps": STEPS},
        "data": {"source": "synthetic", "task": "classification"},
    }
    return Submission.model_validate(tree | changes)


def outcome(
    skill: float | None, *, steps: int = STEPS, accuracy: float | None = None, **more: Any
) -> Outcome:
    """How a run ended, by its skill; NaN is a run that went non-finite half way."""
    lost = skill is not None and math.isnan(skill)
    loss = math.nan if skill is None else 1 - skill
    values = {
        "steps_run": steps // 2 if lost else steps,
        "stopped": "non-finite" if lost else "planned",
        "first_loss": 1.0,
        "last_loss": loss,
        "best_loss": loss,
        "trivial_loss": None if skill is None else 1.0,
        "skill": skill,
        "accuracy": accuracy,
        "device": "cpu",
        "engine": "test",
        "seconds": 1.0,
    }
    return Outcome(**{**values, **more})


def candidate(
    name: str, lr: float | None = None, *, base: Submission | None = None, **more: Any
) -> Candidate:
    """A change of the learning rate, each name with one of its own unless it is told."""
    rate = lr if lr is not None else (1 + sum(map(ord, name))) / 1e4
    whole = base or submission()
    training = whole.training.model_copy(
        update={"optimizer": whole.training.optimizer.model_copy(update={"lr": rate})}
    )
    changed = Submission.model_validate(
        {
            **whole.model_dump(mode="json", by_alias=True, exclude_unset=True),
            "training": training.model_dump(exclude_unset=True),
        }
    )
    values = {
        "name": name,
        "remedy": name,
        "rule": "vanishing-gradient",
        "sentence": f"It is {name}.",
        "submission": changed,
    }
    return Candidate(**{**values, **more})  # fmt: skip


def finding(rule: str = "vanishing-gradient", **more: Any) -> Finding:
    """An error."""
    values = {
        "rule": rule, "code": "GC101", "severity": "error", "message": "Ill.", "cause": "Ill.", "seeds_shown": 3,
        "seeds": 3, "confidence": 0.9, "fingerprint": rule,
    }  # fmt: skip
    return Finding(**{**values, **more})


def judgement(*findings: Finding, verdict: str = "unstable") -> Judgement:
    """An unstable verdict, by one error unless told otherwise."""
    return Judgement.model_validate(
        {"verdict": verdict, "summary": "Ill.", "findings": findings or (finding(),), "rules_version": "test"}
    )


CLEAN = Judgement(verdict="healthy", summary="Healthy.", rules_version="test")


def evidence(*baseline: Outcome, of: Submission | None = None) -> Evidence:
    """Baseline runs, one for each seed."""
    known = of or submission()
    accepted = accept(known, LIMITS, lambda _digest: None)
    runs = [RunEvidence(seed=seed, outcome=each, network=(), layers=()) for seed, each in enumerate(baseline)]
    return Evidence(
        submission=known, layers=accepted.plan.layers, planned_steps=accepted.planned_steps, runs=tuple(runs)
    )


def source(*candidates: Candidate, after: Sequence[Candidate] = ()) -> Source:
    """A catalogue of just these."""
    return Source(
        lambda _evidence, _judgement: candidates,
        lambda names, _evidence, _judgement: [each for each in candidates if each.remedy in names],
        lambda _submission, _judgement, _losses: after,
    )


class Play:
    """A race from its first move to its end, with everything that was asked for."""

    def __init__(
        self,
        known: Evidence,
        catalogue: Source,
        script: Script,
        found: Judgement | None = None,
        trials: Mapping[str, Judgement] | None = None,
    ) -> None:
        self.rounds: list[tuple[RunRequest, ...]] = []
        self._trials = trials or {}
        self._script = script
        move = first_move(known, found or judgement(), LIMITS, catalogue)
        self.race = Race(
            submission=known.submission,
            judgement=found or judgement(),
            layers=known.layers,
            run_steps=STEPS,
            planned_steps=known.planned_steps,
            baseline=tuple(
                TrialRun(variant="baseline", seed=run.seed, round=0, steps=STEPS, outcome=run.outcome)
                for run in known.runs
            ),
        )
        while self._take(move):
            move = next_move(self.race, LIMITS, catalogue)

    @property
    def standing(self) -> Standing:
        """How it stands at its end."""
        return Standing(self.race)

    def asked(self, variant: str) -> list[tuple[int, int]]:
        """Seeds and steps of all runs of a variant."""
        return [(each.seed, each.steps) for runs in self.rounds for each in runs if each.variant == variant]

    def rows(self, **judgements: Judgement) -> dict[str, Remedy]:
        """What is told at the end; every trial is judged clean unless told otherwise."""
        return {row.name: row for row in conclude(self._judged({**self._trials, **judgements}))}

    def _judged(self, judgements: Mapping[str, Judgement]) -> Race:
        verdicts = {name: judgements.get(name, CLEAN) for name in judged(self.race)}
        return self.race.model_copy(update={"judgements": verdicts})

    def _take(self, move: Move) -> bool:
        """Store what is asked for and run it; False where the race is over."""
        assert len(self.rounds) < 30, "this race does not end"
        sound(move, self.race)
        done = []
        for each in move.runs:
            ended = self._script(each.variant, each.seed, each.steps)
            given = each.model_dump(exclude={"settles"})
            losses = (1.0, 0.5) if "range" in each.variant else ()
            done.append(
                TrialRun(**given, failure=ended)
                if isinstance(ended, Failure)
                else TrialRun(**given, outcome=ended, losses=losses)
            )
        self.race = self.race.model_copy(
            update={
                "candidates": (*self.race.candidates, *move.candidates),
                "trials": (*self.race.trials, *done),
            }
        )
        self.race = self._judged(self._trials)
        if move.runs:
            self.rounds.append(move.runs)
        return bool(move.runs)


def by_name(**skills: float | Sequence[float | None] | None) -> Script:
    """Skills by variant, for all seeds or seed by seed; of others 0."""

    def script(variant: str, seed: int, steps: int) -> Outcome:
        told = skills.get(variant.replace("-", "_").replace("+", "__"), 0.0)
        skill = told[seed] if isinstance(told, Sequence) else told
        return outcome(skill, steps=steps)

    return script
