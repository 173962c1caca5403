"""Variants and their trial runs: checked before they are written, so that no race runs in a circle."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from service.schemas.race import Move, Race
from service.schemas.remedy import Candidate
from service.store.dictionary import enter_layers
from service.store.mind import UnsoundMove
from service.store.rows import LAYERS, written
from service.store.tables import variants

APART = {"submission", "layers", "planned_steps", "run_steps"}
"""Fields of a candidate that have columns of their own."""


def sound(move: Move, race: Race | None = None) -> Move:
    """The move; raises UnsoundMove for a run that was done already or cannot be done, and for a name that is taken."""
    known = {candidate.name: candidate for candidate in race.candidates} if race else {}
    done = {(trial.variant, trial.seed, trial.round) for trial in race.trials} if race else set()
    for candidate in move.candidates:
        if candidate.name in known:
            raise UnsoundMove(f"two variants are called {candidate.name!r}")
        known[candidate.name] = candidate
    for run in move.runs:
        variant = known.get(run.variant)
        if variant is None or variant.refused is not None:
            raise UnsoundMove(f"the variant {run.variant!r} cannot be run")
        place = (run.variant, run.seed, run.round)
        if place in done or run.round < 1:
            raise UnsoundMove(f"{run.variant!r} with seed {run.seed} was run in round {run.round}")
        done.add(place)
    return move


def enter_variants(connection: Connection, diagnosis: Row[Any], candidates: Sequence[Candidate]) -> None:
    """Write new variants behind those that are there, with their layers."""
    if not candidates:
        return
    counted = select(func.count()).select_from(variants).where(variants.c.diagnosis_id == diagnosis.id)
    first = connection.scalar(counted) or 0
    values = [
        {
            "diagnosis_id": diagnosis.id,
            "name": candidate.name,
            "position": position,
            "candidate": candidate.model_dump_json(exclude=APART),
            "submission": written(candidate.submission),
            "layers": LAYERS.dump_json(candidate.layers).decode(),
            "planned_steps": candidate.planned_steps,
            "run_steps": candidate.run_steps,
        }
        for position, candidate in enumerate(candidates, first)
    ]
    connection.execute(insert(variants), values)
    plans = {candidate.name: candidate.layers for candidate in candidates}
    enter_layers(connection, diagnosis.project_id, diagnosis.id, plans)
