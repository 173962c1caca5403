"""The mind of a deployment: which pure functions judge its diagnoses and try remedies."""

from functools import partial

from service.diagnosis import trials
from service.diagnosis.engine import judge
from service.schemas.limits import Limits
from service.store.mind import Mind


def mind_of(limits: Limits) -> Mind:
    """What a deployment with these limits moves its diagnoses on by."""
    return Mind(
        judge=judge,
        begin=partial(trials.begin, limits=limits),
        go_on=partial(trials.go_on, limits=limits),
        judged=trials.judged,
        conclude=trials.conclude,
    )
