"""Cures: each is a pure change of the submission, and this package says which are worth trying and in what order."""

from service.diagnosis.remedies.after import after_range
from service.diagnosis.remedies.choosing import RANGE_TEST, candidates, named
from service.diagnosis.remedies.registry import HEADINGS, Known, catalogue, remedy

__all__ = ["HEADINGS", "RANGE_TEST", "Known", "after_range", "candidates", "catalogue", "named", "remedy"]
