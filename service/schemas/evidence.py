"""What a judgement is made from: the network, the plan and the statistics of every run, and nothing else."""

from service.schemas.base import Output
from service.schemas.data import DatasetInfo
from service.schemas.onnx import ImportReport
from service.schemas.plan import Layer
from service.schemas.run import Outcome
from service.schemas.statistics import LayerStatistics, NetworkStatistics, TimeProfile
from service.schemas.submission import Submission


class RunEvidence(Output):
    """Everything measured in one run, each tuple in order of step, then depth."""

    seed: int
    outcome: Outcome
    network: tuple[NetworkStatistics, ...]
    layers: tuple[LayerStatistics, ...]
    time_profiles: tuple[TimeProfile, ...] = ()


class Evidence(Output):
    """The runs of one variant of one submission."""

    submission: Submission
    layers: tuple[Layer, ...]
    planned_steps: int
    """Steps of the team's plan, of which the runs did a part."""
    runs: tuple[RunEvidence, ...]
    dataset: DatasetInfo | None = None
    """What is known of an uploaded data set."""
    imported: ImportReport | None = None
    """What an uploaded network turned out to hold."""
