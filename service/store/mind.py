"""What a diagnosis is moved on by: functions that know no database, handed to the store that knows nothing else."""

from collections.abc import Callable
from dataclasses import dataclass

from service.schemas.diagnosis import Judgement
from service.schemas.evidence import Evidence
from service.schemas.race import Move, Race
from service.schemas.remedy import Remedy


class UnsoundMove(Exception):
    """The race asked for a run that was done already, or of a variant that cannot be run: a fault of ours."""


@dataclass(frozen=True)
class Mind:
    """Pure functions that decide what is said and what is done next; alone, `judge` tries no remedies."""

    judge: Callable[[Evidence], Judgement]
    begin: Callable[[Evidence, Judgement], Move] = lambda _evidence, _judgement: Move()
    """The first round of trials, after the judgement; an empty move ends the diagnosis."""
    go_on: Callable[[Race], Move] = lambda _race: Move()
    """The next round, when all runs of a round have ended; without runs the race is over."""
    judged: Callable[[Race], tuple[str, ...]] = lambda _race: ()
    """Variants whose evidence is to be judged too, before anything else is asked of a race."""
    conclude: Callable[[Race], tuple[Remedy, ...]] = lambda _race: ()
    """What the race showed."""
