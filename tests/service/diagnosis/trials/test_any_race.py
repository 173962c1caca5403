"""Whatever becomes of the runs of a race, it ends, keeps its budget, repeats nothing and claims only what is proven."""

import math
from collections import Counter
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from service.diagnosis.trials.racing import MOST_ROUNDS
from service.schemas.evidence import Evidence
from service.schemas.remedy import Candidate
from service.schemas.run import Failure, Outcome
from tests.service.diagnosis.trials.scripted import (
    CLEAN,
    Play,
    candidate,
    evidence,
    finding,
    judgement,
    outcome,
    source,
    submission,
)

BROKEN = Failure(whose="client", code="out-of-memory", detail="too large")
SKILLS = (-1e4, -0.1, 0.0, 0.12, 0.3, 0.5, 0.8, 0.9, 0.97, math.nan)
ENDS = st.sampled_from(["planned", "settled", "non-finite", "good"])
CANDIDATE = st.fixed_dictionaries(
    {
        "pair": st.booleans(),
        "advice": st.booleans(),
        "range": st.sampled_from([False] * 5 + [True]),
        "ill": st.booleans(),
        "skill": st.sampled_from(SKILLS),
        "spread": st.sampled_from([0.0, 0.1, 0.5]),
        "fails": st.sampled_from([0.0, 0.0, 0.2]),
        "late": st.booleans(),
    }
)
RACE = st.fixed_dictionaries(
    {
        "baseline": st.lists(ENDS, min_size=1, max_size=4),
        "candidates": st.lists(CANDIDATE, max_size=12),
        "cost": st.sampled_from([0.1, 0.5, 1.0, 2.0, 4.0, 20.0]),
        "steps": st.sampled_from([1, 32, 60, 200]),
        "rule": st.sampled_from(["vanishing-gradient", "vanishing-through-time"]),
        "level": st.sampled_from(["skill", "samples", "none"]),
        "control fails": st.sampled_from([0.0, 0.0, 0.3]),
        "salt": st.integers(0, 1000),
    }
)


def ended(level: str, skill: float, steps: int, **more: Any) -> Outcome:
    """How a run ended, by an objective that is told by its skill, its samples, or nothing."""
    if level == "skill" or math.isnan(skill):
        return outcome(skill, steps=steps, **more)
    return outcome(None, steps=steps, sample_skill=skill if level == "samples" else None, **more)


def baseline(race: dict[str, Any]) -> Evidence:
    told = submission(
        trials={"max_cost": race["cost"]},
        training={
            "loss": "CrossEntropyLoss",
            "optimizer": {"type": "SGD", "lr": 0.1},
            "steps": race["steps"],
        },
    )
    skills = {"good": 0.9, "non-finite": math.nan}
    runs = [ended(race["level"], skills.get(end, 0.0), race["steps"]) for end in race["baseline"]]
    short = {"stopped": "settled", "steps_run": max(1, race["steps"] // 3)}
    pairs = zip(race["baseline"], runs, strict=True)
    return evidence(
        *(run.model_copy(update=short) if end == "settled" else run for end, run in pairs), of=told
    )


def played(race: dict[str, Any]) -> Play:
    known, traits = baseline(race), {}
    for place, each in enumerate(race["candidates"]):
        name = f"range-{place}" if each["range"] else f"c{place}+x" if each["pair"] else f"c{place}"
        traits[name] = each

    def made(place: int, name: str, each: dict[str, Any]) -> Candidate:
        kind = "range-test" if each["range"] else "cure"
        return candidate(
            name, lr=0.001 * (place + 2), base=known.submission, kind=kind, advice=each["advice"]
        )

    def script(variant: str, seed: int, steps: int) -> Outcome | Failure:
        chance = Random(f"{race['salt']} {variant} {seed} {steps}")
        if variant == "control":
            return BROKEN if chance.random() < race["control fails"] else ended(race["level"], 0.0, steps)
        each = traits[variant]
        if chance.random() < each["fails"]:
            return BROKEN
        skill = 0.0 if each["late"] and steps < race["steps"] else each["skill"]
        return ended(race["level"], skill + each["spread"] * chance.uniform(-1, 1), steps)

    candidates = [made(place, *pair) for place, pair in enumerate(traits.items())]
    trials = {name: judgement() if each["ill"] else CLEAN for name, each in traits.items()}
    return Play(known, source(*candidates), script, judgement(finding(race["rule"])), trials)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(RACE)
def test_any_race_ends_within_its_budget_and_claims_what_is_proven(race: dict[str, Any]) -> None:
    play = played(race)
    assert len(play.rounds) <= MOST_ROUNDS
    if not play.race.candidates:
        return
    standing = play.standing
    assert standing.spent <= standing.budget * (1 + 1e-9)
    whole = Counter(
        (run.variant, run.seed)
        for runs in play.rounds
        for run in runs
        if run.steps >= standing.control.run_steps
    )
    assert all(times == 1 for (variant, _), times in whole.items() if not variant.startswith("range"))
    rows = play.rows()
    assert {each.name for each in standing.entrants if standing.runs(each)} <= rows.keys()
    for each in standing.entrants:
        row, comparison = rows.get(each.name), standing.comparison(each)
        if row is not None and row.result == "helps":
            assert comparison is not None
            assert comparison.proven
            assert len(comparison.seeds) > 1
