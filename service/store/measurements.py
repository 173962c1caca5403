"""The tables of what was measured: one wide row per layer and step, its columns are the schema's fields."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text

from service.schemas.statistics import LAYER_STATISTICS, NETWORK_STATISTICS
from service.store.columns import Real
from service.store.metadata import metadata
from service.store.tables import runs

SUMMARISED = (
    "weight_gradient_rms",
    "output_gradient_rms",
    "activation_rms",
    "activation_batch_std",
    "activation_saturated_share",
    "activation_dead_share",
    "weight_rms",
    "update_ratio",
)
"""The statistics that a layer's history is told by."""

EXTREMES = ("last", "min", "max")


def _run() -> Column[int]:
    return Column("run_id", Integer, ForeignKey(runs.c.id, ondelete="CASCADE"), primary_key=True)


def _step() -> Column[int]:
    return Column("step", Integer, primary_key=True, autoincrement=False)


def _layer() -> Column[int]:
    # No foreign key: layers are never deleted, and checking it would cost a look-up per row.
    return Column("layer_id", Integer, primary_key=True, autoincrement=False)


layer_statistics = Table(
    "layer_statistics",
    metadata,
    _run(),
    _layer(),
    _step(),
    *(Column(name, Real) for name in LAYER_STATISTICS),
    sqlite_with_rowid=False,
)

network_statistics = Table(
    "network_statistics",
    metadata,
    _run(),
    _step(),
    *(Column(name, Real) for name in NETWORK_STATISTICS),
    sqlite_with_rowid=False,
)

time_profiles = Table(
    "time_profiles",
    metadata,
    _run(),
    _layer(),
    _step(),
    Column("times", Text, nullable=False),
    Column("gradient_rms", Text, nullable=False),
    sqlite_with_rowid=False,
)

layer_summaries = Table(
    "layer_summaries",
    metadata,
    _run(),
    _layer(),
    Column("project_id", Integer, nullable=False),
    Column("diagnosis_id", Integer, nullable=False),
    Column("probes", Integer, nullable=False),
    Column("last_step", Integer, nullable=False),
    Column("nonfinite_count", Real),
    *(Column(f"{name}_{extreme}", Real) for name in SUMMARISED for extreme in EXTREMES),
    # A layer over a thousand diagnoses is read from the index alone.
    Index(
        "ix_layer_summaries_history",
        "layer_id",
        "diagnosis_id",
        postgresql_include=["run_id", "last_step", *(f"{name}_last" for name in SUMMARISED)],
    ),
    sqlite_with_rowid=False,
)
