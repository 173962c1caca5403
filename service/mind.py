"""The mind of a deployment: which pure functions judge its diagnoses and try remedies."""

from service.diagnosis.engine import judge
from service.schemas.limits import Limits
from service.store.mind import Mind


def mind_of(limits: Limits) -> Mind:  # noqa: ARG001
    """What a deployment with these limits moves its diagnoses on by."""
    return Mind(judge)
