"""Rows of statistics as they are served: what was measured, beside the run and the layer that it belongs to."""

from service.schemas.base import Output
from service.schemas.query import LayerRow, NetworkRow, TimeRow
from service.schemas.statistics import LayerStatistics, NetworkStatistics, TimeProfile


class RunPlace(Output):
    """Whose statistics these are."""

    variant: str
    """`baseline`, or the name of the remedy that was tried."""
    seed: int
    round: int
    """Of the trials, from 1; 0 for the baseline."""


class LayerPlace(RunPlace):
    """Which layer's statistics these are."""

    network: str
    layer: str
    """Name of the layer."""


class MeasuredLayer(LayerStatistics, LayerPlace):
    """One layer at one step of one run, with the statistics that were asked for."""

    @classmethod
    def of(cls, row: LayerRow) -> "MeasuredLayer":
        """The row with its values as fields, only those that it has."""
        place = {name: getattr(row, name) for name in (*LayerPlace.model_fields, "depth", "step")}
        return cls(**place, **row.values)


class MeasuredNetwork(NetworkStatistics, RunPlace):
    """The whole network at one step of one run, with the statistics that were asked for."""

    @classmethod
    def of(cls, row: NetworkRow) -> "MeasuredNetwork":
        """The row with its values as fields, only those that it has."""
        return cls(variant=row.variant, seed=row.seed, round=row.round, step=row.step, **row.values)


class MeasuredTime(TimeProfile, LayerPlace):
    """The gradient over time at one recurrent layer at one step of one run."""

    @classmethod
    def of(cls, row: TimeRow) -> "MeasuredTime":
        """The row as it is served."""
        return cls(**{name: getattr(row, name) for name in cls.model_fields})
