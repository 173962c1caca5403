"""The verdict is about made-up data.

What it measures: whether the submission names data of its own.

Why it matters: synthetic examples have the shape and scale that one asks for, and a task that a network of the kind
can learn. Faults of the real data (their scale, their labels, their imbalance) are not in them.

Fires on: submissions without data, or with source: synthetic. A note; it never changes the verdict.

Stays silent on: builtin and uploaded data.

Source: the definition.
"""

from service.diagnosis.registry import Sighting, rule
from service.diagnosis.signals import Signals
from service.diagnosis.structure import Structure
from service.schemas.data import SyntheticData
from service.schemas.diagnosis import Measurement


def inspect(structure: Structure) -> Sighting | None:
    """See that examples will be made up."""
    data = structure.submission.data
    if not structure.judged or not (data is None or isinstance(data, SyntheticData)):
        return None
    made = data or SyntheticData()
    return Sighting(
        message="The verdict is about synthetic data: examples were made to fit the network.",
        cause="No data of its own were given." if data is None else "The submission asks for synthetic data.",
        evidence=(Measurement(statistic="examples", value=made.examples, threshold=None, meaning="made up"),),
        latent=False,
        contributory=True,
    )


@rule("GC902", "synthetic-data", severity="note", stage="data", inspect=inspect)
def detect(signals: Signals) -> Sighting | None:
    """The same."""
    return inspect(signals.structure)
