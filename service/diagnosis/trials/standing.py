"""How a race stands: which runs of whom have ended, and what they cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from service.diagnosis.trials.comparing import Comparison, compare
from service.diagnosis.trials.glimpse import Glimpse
from service.diagnosis.trials.scale import Side, hint_of, scale_of
from service.schemas.budget import FEWEST_STEPS
from service.schemas.diagnosis import Finding
from service.schemas.race import Race, TrialRun
from service.schemas.remedy import Candidate
from service.schemas.run import Failure, Outcome

LATE = frozenset({"vanishing-through-time", "exploding-through-time"})
"""Findings whose cures show nothing in a quarter of the steps, even those that end near perfect."""


@dataclass(frozen=True)
class Standing:
    """A race, by the questions that its next move depends on."""

    race: Race

    @cached_property
    def control(self) -> Candidate:
        """The unchanged submission, which is always the first candidate."""
        return self.race.candidates[0]

    @cached_property
    def entrants(self) -> tuple[Candidate, ...]:
        """Those that may win: neither the control nor range tests, nor what cannot be run."""
        return tuple(
            each for each in self.race.candidates if each.kind in {"cure", "variant"} and not each.refused
        )

    @cached_property
    def seeds(self) -> tuple[int, ...]:
        """Seeds of the baseline."""
        return tuple(sorted(run.seed for run in self.race.baseline))

    def next_seed(self, candidate: Candidate) -> int:
        """The seed after all that it was run with."""
        return max((*self.seeds, *(run.seed for run in self.runs(candidate)))) + 1

    @cached_property
    def first_seed(self) -> int:
        """The seed of short runs: the one in which the baseline fared worst."""
        return min(self.race.baseline, key=lambda run: (_worth(run.outcome), run.seed)).seed

    @cached_property
    def levelless(self) -> bool:
        """Whether the objective has no level at all, so that short runs tell nothing.

        The baseline says so, or the trials where it is non-finite throughout.
        """
        before, since = (
            [run.outcome for run in runs if run.outcome is not None and run.outcome.stopped != "non-finite"]
            for runs in (self.race.baseline, self.race.trials)
        )
        return any(reached(outcome) is None and outcome.accuracy is None for outcome in before or since)

    @cached_property
    def late(self) -> bool:
        """Whether a memory is missing: it is learned late and at once, so that short runs tell nothing of it."""
        leading = self.race.judgement.findings[:1]
        return any(LATE & {finding.rule, *(each.rule for each in finding.explains)} for finding in leading)

    @property
    def rounds(self) -> int:
        """Rounds that have been run."""
        return max((run.round for run in self.race.trials), default=0)

    @property
    def short(self) -> int:
        """Steps of a short run: a quarter of the whole, but no fewer than tell a bad start from an illness."""
        return min(self.control.run_steps, max(FEWEST_STEPS, self.control.run_steps // 4))

    @cached_property
    def _runs(self) -> dict[str, list[TrialRun]]:
        runs: dict[str, list[TrialRun]] = {}
        for run in self.race.trials:
            runs.setdefault(run.variant, []).append(run)
        return runs

    def runs(self, candidate: Candidate) -> Sequence[TrialRun]:
        """All its runs that have ended."""
        return self._runs.get(candidate.name, [])

    def failure(self, candidate: Candidate) -> Failure | None:
        """Why one of its runs could not be done."""
        return next((run.failure for run in self.runs(candidate) if run.failure is not None), None)

    def whole(self, candidate: Candidate) -> dict[int, Outcome]:
        """Outcomes of its runs over the whole budget, by seed; of the control, the baseline's too."""
        found = {
            run.seed: run.outcome
            for run in self.runs(candidate)
            if run.outcome is not None and run.steps >= candidate.run_steps
        }
        if candidate.kind == "control":
            found |= {
                run.seed: run.outcome
                for run in self.race.baseline
                if run.outcome is not None and run.outcome.stopped != "settled"
            }
        return found

    def missing(self, candidate: Candidate, seeds: Sequence[int] | None = None) -> list[int]:
        """Of these seeds, or those of the diagnosis, the ones in which it has no run over the whole budget."""
        done = self.whole(candidate)
        return [seed for seed in seeds or self.seeds if seed not in done]

    def ran(self, candidate: Candidate) -> bool:
        """Whether it was run over all seeds and the whole budget."""
        return not self.missing(candidate)

    def told(self, candidate: Candidate) -> bool:
        """Whether all is known of it that all seeds of the diagnosis tell, the control's beside it."""
        return self.ran(candidate) and self.ran(self.control)

    @property
    def stranded(self) -> bool:
        """Whether there can be no control: then nothing can be compared."""
        return self.failure(self.control) is not None and not self.ran(self.control)

    def comparison(self, candidate: Candidate) -> Comparison | None:
        """Of all seeds; None where control or trial is not complete."""
        return self._compared.get(candidate.name)

    @cached_property
    def _compared(self) -> dict[str, Comparison | None]:
        return {each.name: self._compare(each) for each in self.entrants}

    def _compare(self, candidate: Candidate) -> Comparison | None:
        if not self.told(candidate):
            return None
        control, trial = self.whole(self.control), self.whole(candidate)
        seeds = sorted(control.keys() & trial.keys())
        before = self._side(self.control, {seed: control[seed] for seed in seeds})
        after = self._side(candidate, {seed: trial[seed] for seed in seeds})
        return compare(before, after, seeds, self.race.dataset, added=len(seeds) - len(self.seeds))

    def errors(self, candidate: Candidate) -> list[Finding] | None:
        """What keeps it from counting as a cure, old or new; None where its own evidence was not judged."""
        judgement = self.race.judgements.get(candidate.name)
        if judgement is None:
            return None
        return [each for each in judgement.findings if each.severity == "error" and not each.latent]

    def glimpse(self, candidate: Candidate) -> Glimpse | None:
        """Its longest run with the first seed; None where it had none that ended."""
        return self._glimpses.get(candidate.name)

    def score(self, candidate: Candidate) -> float:
        """How promising its glimpse is; 0 where there is none."""
        seen = self.glimpse(candidate)
        return 0.0 if seen is None else seen.score

    @cached_property
    def _glimpses(self) -> dict[str, Glimpse | None]:
        return {each.name: self._look(each) for each in self.entrants}

    def _look(self, candidate: Candidate) -> Glimpse | None:
        seed = self.first_seed
        known = [(run.steps, run.outcome) for run in self.runs(candidate) if run.seed == seed and run.outcome]
        if not known:
            return None
        steps, outcome = max(known, key=lambda pair: pair[0])
        before = next((run.outcome for run in self.race.baseline if run.seed == seed), None)
        sides = (
            self._side(self.control, {} if before is None else {seed: before}),
            self._side(candidate, {seed: outcome}),
        )
        scales = (each(*sides, self.race.dataset) for each in (scale_of, hint_of))
        return Glimpse(seed, steps, outcome, before, *scales)

    @property
    def budget(self) -> float:
        """Multiply-adds that all trial runs together may take."""
        return self.race.submission.trials.max_cost * self.unit

    @property
    def unit(self) -> float:
        """What the baseline costs by its budget of steps."""
        return len(self.seeds) * self.cost(self.control, self.control.run_steps)

    @cached_property
    def spent(self) -> float:
        """What the runs so far took."""
        return sum(
            self.cost(candidate, _steps(run))
            for candidate in self.race.candidates
            for run in self.runs(candidate)
        )

    @property
    def left(self) -> float:
        """What may still be spent."""
        return self.budget - self.spent

    @staticmethod
    def cost(candidate: Candidate, steps: int) -> float:
        """Of a run."""
        return candidate.step_cost * steps

    def whole_cost(self, candidate: Candidate, seeds: Sequence[int] | None = None) -> float:
        """Of all whole runs that it has not had, in these seeds or those of the diagnosis."""
        return len(self.missing(candidate, seeds)) * self.cost(candidate, candidate.run_steps)

    def price(self, candidate: Candidate) -> float:
        """What it takes to compare it: its runs over all seeds, and the control's beyond the baseline."""
        settled = sum(run.outcome is None or run.outcome.stopped == "settled" for run in self.race.baseline)
        control = settled * self.cost(self.control, self.control.run_steps)
        return control + len(self.seeds) * self.cost(candidate, candidate.run_steps)

    def _side(self, candidate: Candidate, outcomes: dict[int, Outcome]) -> Side:
        ordered = tuple(outcomes[seed] for seed in sorted(outcomes))
        return Side(candidate.submission, candidate.layers, ordered)


def _worth(outcome: Outcome | None) -> float:
    """How well a baseline run went; non-finite ones are the worst."""
    if outcome is None or outcome.stopped == "non-finite":
        return float("-inf")
    known = reached(outcome)
    return float("-inf") if known is None else known


def reached(outcome: Outcome) -> float | None:
    """Skill, or of a generator that of its samples; None where there is neither."""
    return outcome.skill if outcome.sample_skill is None else outcome.sample_skill


def _steps(run: TrialRun) -> int:
    """Steps that count: a run that went non-finite goes its way again to find where, one that failed counts whole."""
    if run.outcome is None:
        return run.steps
    again = 2 if run.outcome.stopped == "non-finite" else 1
    return min(run.steps, again * run.outcome.steps_run)
