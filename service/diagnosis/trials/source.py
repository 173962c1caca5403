"""Where candidates come from: the catalogue of remedies, or what a test hands in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from service.schemas.diagnosis import Judgement
from service.schemas.evidence import Evidence
from service.schemas.remedy import Candidate
from service.schemas.submission import Submission


@dataclass(frozen=True)
class Source:
    """Three questions to the catalogue, each a pure function."""

    answering: Callable[[Evidence, Judgement], Sequence[Candidate]]
    """What may cure the findings, the best by evidence first."""
    named: Callable[[Sequence[str], Evidence, Judgement], Sequence[Candidate]]
    """What the client asked for by name, whether a finding calls for it or not."""
    after_range: Callable[[Submission, Judgement, Sequence[float]], Sequence[Candidate]]
    """What the losses of a range test lead to."""
