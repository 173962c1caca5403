"""Trials of remedies: candidates are raced against the unchanged submission, and what came of it is told.

Everything here is pure: `begin` and `go_on` say what is to run next, `conclude` what it showed. Nothing is kept between
calls but what is stored, so a race goes on wherever and by whomever it is taken up.
"""

from service.diagnosis import remedies
from service.diagnosis.trials import racing
from service.diagnosis.trials.concluding import conclude, judged
from service.diagnosis.trials.source import Source
from service.schemas.diagnosis import Judgement
from service.schemas.evidence import Evidence
from service.schemas.limits import Limits
from service.schemas.race import Move, Race

__all__ = ["CATALOGUE", "begin", "conclude", "go_on", "judged"]

CATALOGUE = Source(remedies.candidates, remedies.named, remedies.after_range)


def begin(evidence: Evidence, judgement: Judgement, limits: Limits, source: Source = CATALOGUE) -> Move:
    """What is tried at all, and the first round; an empty move where there is nothing to cure or to try."""
    return racing.first_move(evidence, judgement, limits, source)


def go_on(race: Race, limits: Limits, source: Source = CATALOGUE) -> Move:
    """The next round; no runs where the race is over."""
    return racing.next_move(race, limits, source)
