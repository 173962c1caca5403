"""The ways in which an output and a loss can fail to go together, each told by structure alone."""

from collections.abc import Callable

from service.diagnosis.mismatches.base import Mismatch
from service.diagnosis.mismatches.endings import alone, squashed, twice, unnormalized
from service.diagnosis.mismatches.tasks import bounded_critic, foreign_task, unreachable
from service.diagnosis.structure import Structure

__all__ = ["Mismatch", "mismatch"]

WAYS: tuple[Callable[[Structure], Mismatch | None], ...] = (
    alone, bounded_critic, twice, squashed, unnormalized, unreachable, foreign_task,
)  # fmt: skip


def mismatch(structure: Structure) -> Mismatch | None:
    """The first that is seen, the gravest being asked for first."""
    if not structure.judged or structure.output is None:
        return None
    return next((found for see in WAYS if (found := see(structure)) is not None), None)
