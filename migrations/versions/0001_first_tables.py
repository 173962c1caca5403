"""The first tables: submissions, work, judgements and measurements."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)

LAYER_STATISTICS = (
    "weight_gradient_rms",
    "weight_gradient_max",
    "weight_gradient_mean",
    "weight_gradient_zero_share",
    "weight_gradient_nonfinite_count",
    "output_gradient_rms",
    "output_gradient_max",
    "output_gradient_zero_share",
    "output_gradient_nonfinite_count",
    "output_gradient_coherence",
    "activation_mean",
    "activation_rms",
    "activation_batch_std",
    "activation_max",
    "activation_saturated_share",
    "activation_dead_share",
    "activation_nonfinite_count",
    "weight_rms",
    "weight_row_spread",
    "update_ratio",
    "update_lost_share",
    "adam_epsilon_share",
    "underflow_share",
    "overflow_share",
    "time_gradient_first_rms",
    "time_gradient_last_rms",
)
NETWORK_STATISTICS = (
    "loss",
    "learning_rate",
    "skipped",
    "skill",
    "accuracy",
    "gradient_norm",
    "clipped",
    "input_mean",
    "input_rms",
    "input_min",
    "input_max",
)
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


def upgrade() -> None:
    """Create all tables."""
    _uploads()
    _names()
    _diagnoses()
    _parts()
    _runs()
    _findings()
    _measurements()
    _summaries()


def downgrade() -> None:
    """Drop all tables, those that point at others first."""
    for table in (
        "layer_summaries",
        "time_profiles",
        "network_statistics",
        "layer_statistics",
        "finding_layers",
        "findings",
        "runs",
        "idempotency_keys",
        "diagnosis_layers",
        "variants",
        "diagnoses",
        "layers",
        "projects",
        "networks",
        "datasets",
    ):
        op.drop_table(table)


def _uploads() -> None:
    for table in ("datasets", "networks"):
        op.create_table(
            table,
            sa.Column("digest", sa.String(80), nullable=False),
            sa.Column("description", sa.Text, nullable=False),
            sa.Column("created_at", MOMENT, nullable=False),
            sa.PrimaryKeyConstraint("digest", name=op.f(f"pk_{table}")),
        )


def _names() -> None:
    op.create_table(
        "projects",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects")),
        sa.UniqueConstraint("name", name=op.f("uq_projects_name")),
    )
    op.create_table(
        "layers",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("project_id", sa.Integer, nullable=False),
        sa.Column("network", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("family", sa.Text, nullable=False),
        _reference("layers", "project_id", "projects"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_layers")),
        sa.UniqueConstraint(
            "project_id", "network", "name", "type", name=op.f("uq_layers_project_id_network_name_type")
        ),
        sqlite_autoincrement=True,
    )


def _diagnoses() -> None:
    op.create_table(
        "diagnoses",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("public_id", sa.String(40), nullable=False),
        sa.Column("project_id", sa.Integer, nullable=False),
        sa.Column("branch", sa.Text),
        sa.Column("commit", sa.Text),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("phase", sa.String(20)),
        sa.Column("submission", sa.Text, nullable=False),
        sa.Column("body_digest", sa.Text, nullable=False),
        sa.Column("layers", sa.Text, nullable=False),
        sa.Column("planned_steps", sa.Integer, nullable=False),
        sa.Column("run_steps", sa.Integer, nullable=False),
        sa.Column("verdict", sa.String(20)),
        sa.Column("summary", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("findings", sa.Text),
        sa.Column("rules_version", sa.Text),
        sa.Column("imported", sa.Text),
        sa.Column("remedies", sa.Text),
        sa.Column("error", sa.Text),
        sa.Column("tries", sa.Boolean, nullable=False),
        sa.Column("thought", sa.Integer, nullable=False),
        sa.Column("thinking_until", MOMENT),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("started_at", MOMENT),
        sa.Column("finished_at", MOMENT),
        _reference("diagnoses", "project_id", "projects", ondelete=None),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_diagnoses")),
        sa.UniqueConstraint("public_id", name=op.f("uq_diagnoses_public_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_diagnoses_commit"), "diagnoses", ["commit"])
    op.create_index(op.f("ix_diagnoses_created_at"), "diagnoses", ["created_at"])
    op.create_index(op.f("ix_diagnoses_project_id_branch"), "diagnoses", ["project_id", "branch"])
    op.create_index(op.f("ix_diagnoses_status"), "diagnoses", ["status"])


def _parts() -> None:
    op.create_table(
        "variants",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("diagnosis_id", sa.Integer, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("candidate", sa.Text, nullable=False),
        sa.Column("submission", sa.Text, nullable=False),
        sa.Column("layers", sa.Text, nullable=False),
        sa.Column("planned_steps", sa.Integer, nullable=False),
        sa.Column("run_steps", sa.Integer, nullable=False),
        _reference("variants", "diagnosis_id", "diagnoses"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_variants")),
        sa.UniqueConstraint("diagnosis_id", "name", name=op.f("uq_variants_diagnosis_id_name")),
    )
    op.create_table(
        "diagnosis_layers",
        sa.Column("diagnosis_id", sa.Integer, nullable=False),
        sa.Column("variant", sa.String(200), nullable=False),
        sa.Column("depth", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("layer_id", sa.Integer, nullable=False),
        _reference("diagnosis_layers", "diagnosis_id", "diagnoses"),
        _reference("diagnosis_layers", "layer_id", "layers", ondelete=None),
        sa.PrimaryKeyConstraint("diagnosis_id", "variant", "depth", name=op.f("pk_diagnosis_layers")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("project_id", sa.Integer, nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("body_digest", sa.Text, nullable=False),
        sa.Column("diagnosis_id", sa.Integer, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        _reference("idempotency_keys", "project_id", "projects"),
        _reference("idempotency_keys", "diagnosis_id", "diagnoses"),
        sa.PrimaryKeyConstraint("project_id", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index(op.f("ix_idempotency_keys_diagnosis_id"), "idempotency_keys", ["diagnosis_id"])
    op.create_index(
        op.f("ix_idempotency_keys_project_id_created_at"), "idempotency_keys", ["project_id", "created_at"]
    )


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("public_id", sa.String(40), nullable=False),
        sa.Column("diagnosis_id", sa.Integer, nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("variant", sa.String(200), nullable=False),
        sa.Column("seed", sa.Integer, nullable=False),
        sa.Column("round", sa.Integer, nullable=False),
        sa.Column("settles", sa.Boolean, nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("forgiven", sa.Integer, nullable=False),
        sa.Column("owner", sa.Text),
        sa.Column("lease_until", MOMENT),
        sa.Column("sent_at", MOMENT),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("steps", sa.Integer, nullable=False),
        sa.Column("loss", sa.REAL),
        sa.Column("outcome", sa.Text),
        sa.Column("error", sa.Text),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("started_at", MOMENT),
        sa.Column("finished_at", MOMENT),
        _reference("runs", "diagnosis_id", "diagnoses"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
        sa.UniqueConstraint("public_id", name=op.f("uq_runs_public_id")),
        sa.UniqueConstraint(
            "diagnosis_id", "variant", "seed", "round", name=op.f("uq_runs_diagnosis_id_variant_seed_round")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_runs_status_lease_until"), "runs", ["status", "lease_until"])


def _findings() -> None:
    op.create_table(
        "findings",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("diagnosis_id", sa.Integer, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("rule", sa.String(100), nullable=False),
        sa.Column("code", sa.String(20), nullable=False),
        sa.Column("severity", sa.String(20), nullable=False),
        sa.Column("latent", sa.Boolean, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        _reference("findings", "diagnosis_id", "diagnoses"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_findings")),
        sa.UniqueConstraint("diagnosis_id", "position", name=op.f("uq_findings_diagnosis_id_position")),
    )
    op.create_index(op.f("ix_findings_rule_diagnosis_id"), "findings", ["rule", "diagnosis_id"])
    op.create_table(
        "finding_layers",
        sa.Column("finding_id", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        _reference("finding_layers", "finding_id", "findings"),
        sa.PrimaryKeyConstraint("finding_id", "name", name=op.f("pk_finding_layers")),
    )
    op.create_index(op.f("ix_finding_layers_name_finding_id"), "finding_layers", ["name", "finding_id"])


def _measurements() -> None:
    _measurement(
        "layer_statistics", ("layer_id", "step"), [sa.Column(name, sa.REAL) for name in LAYER_STATISTICS]
    )
    _measurement("network_statistics", ("step",), [sa.Column(name, sa.REAL) for name in NETWORK_STATISTICS])
    lists = [sa.Column("times", sa.Text, nullable=False), sa.Column("gradient_rms", sa.Text, nullable=False)]
    _measurement("time_profiles", ("layer_id", "step"), lists)


def _summaries() -> None:
    extremes = [f"{name}_{extreme}" for name in SUMMARISED for extreme in ("last", "min", "max")]
    columns = [
        sa.Column("project_id", sa.Integer, nullable=False),
        sa.Column("diagnosis_id", sa.Integer, nullable=False),
        sa.Column("probes", sa.Integer, nullable=False),
        sa.Column("last_step", sa.Integer, nullable=False),
        sa.Column("nonfinite_count", sa.REAL),
        *(sa.Column(name, sa.REAL) for name in extremes),
    ]
    _measurement("layer_summaries", ("layer_id",), columns)
    included = ["run_id", "last_step", *(f"{name}_last" for name in SUMMARISED)]
    op.create_index(
        "ix_layer_summaries_history",
        "layer_summaries",
        ["layer_id", "diagnosis_id"],
        postgresql_include=included,
    )


def _measurement(table: str, key: tuple[str, ...], columns: Sequence[sa.Column[Any]]) -> None:
    op.create_table(
        table,
        sa.Column("run_id", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Integer, autoincrement=False, nullable=False) for name in key),
        *columns,
        _reference(table, "run_id", "runs"),
        sa.PrimaryKeyConstraint("run_id", *key, name=op.f(f"pk_{table}")),
        sqlite_with_rowid=False,
    )


def _reference(
    table: str, column: str, other: str, ondelete: str | None = "CASCADE"
) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{other}")
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=name, ondelete=ondelete)
