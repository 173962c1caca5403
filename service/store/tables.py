"""The tables of submissions, work and judgements; those of measurements are in `measurements`."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from service.store.columns import Moment, Real
from service.store.metadata import metadata

projects = Table(
    "projects",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("created_at", Moment, nullable=False),
)

# A project's dictionary of layers: a number stands for a name in millions of rows, and stays the same
# from one diagnosis to the next, which is what a history by layer is read from.
layers = Table(
    "layers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("project_id", Integer, ForeignKey("projects.id", ondelete="CASCADE"), nullable=False),
    Column("network", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("family", Text, nullable=False),
    UniqueConstraint("project_id", "network", "name", "type"),
    sqlite_autoincrement=True,
)

diagnoses = Table(
    "diagnoses",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("public_id", String(40), nullable=False, unique=True),
    Column("project_id", Integer, ForeignKey("projects.id"), nullable=False),
    Column("branch", Text),
    Column("commit", Text),
    Column("status", String(20), nullable=False),
    Column("phase", String(20)),
    Column("submission", Text, nullable=False),
    Column("body_digest", Text, nullable=False),
    Column("layers", Text, nullable=False),
    Column("planned_steps", Integer, nullable=False),
    Column("run_steps", Integer, nullable=False),
    Column("verdict", String(20)),
    Column("summary", Text),
    Column("reason", Text),
    Column("findings", Text),
    Column("rules_version", Text),
    Column("imported", Text),
    Column("remedies", Text),
    Column("error", Text),
    # Whether trials may follow: progress leaves room for them.
    Column("tries", Boolean, nullable=False),
    # Who thinks about what comes next: the number of the thought, and until when nobody else begins one.
    Column("thought", Integer, nullable=False),
    Column("thinking_until", Moment),
    Column("created_at", Moment, nullable=False),
    Column("started_at", Moment),
    Column("finished_at", Moment),
    Index(None, "project_id", "branch"),
    Index(None, "commit"),
    Index(None, "status"),
    Index(None, "created_at"),
    sqlite_autoincrement=True,
)

# What is tried beside the baseline, in the order in which it was thought of.
variants = Table(
    "variants",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("diagnosis_id", Integer, ForeignKey("diagnoses.id", ondelete="CASCADE"), nullable=False),
    Column("name", String(200), nullable=False),
    Column("position", Integer, nullable=False),
    Column("candidate", Text, nullable=False),
    Column("submission", Text, nullable=False),
    Column("layers", Text, nullable=False),
    Column("planned_steps", Integer, nullable=False),
    Column("run_steps", Integer, nullable=False),
    UniqueConstraint("diagnosis_id", "name"),
)

diagnosis_layers = Table(
    "diagnosis_layers",
    metadata,
    Column("diagnosis_id", Integer, ForeignKey("diagnoses.id", ondelete="CASCADE"), primary_key=True),
    Column("variant", String(200), primary_key=True),
    Column("depth", Integer, primary_key=True, autoincrement=False),
    Column("layer_id", Integer, ForeignKey("layers.id"), nullable=False),
    sqlite_with_rowid=False,
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("project_id", Integer, ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("body_digest", Text, nullable=False),
    Column(
        "diagnosis_id", Integer, ForeignKey("diagnoses.id", ondelete="CASCADE"), nullable=False, index=True
    ),
    Column("created_at", Moment, nullable=False),
    Index(None, "project_id", "created_at"),
)

runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("public_id", String(40), nullable=False, unique=True),
    Column("diagnosis_id", Integer, ForeignKey("diagnoses.id", ondelete="CASCADE"), nullable=False),
    Column("role", String(20), nullable=False),
    Column("variant", String(200), nullable=False),
    Column("seed", Integer, nullable=False),
    Column("round", Integer, nullable=False),
    Column("settles", Boolean, nullable=False),
    Column("status", String(20), nullable=False),
    Column("attempt", Integer, nullable=False),
    # Attempts that do not count against the limit: the worker gave the run back in good health.
    Column("forgiven", Integer, nullable=False),
    Column("owner", Text),
    Column("lease_until", Moment),
    Column("sent_at", Moment),
    Column("step", Integer, nullable=False),
    Column("steps", Integer, nullable=False),
    Column("loss", Real),
    Column("outcome", Text),
    Column("error", Text),
    Column("created_at", Moment, nullable=False),
    Column("started_at", Moment),
    Column("finished_at", Moment),
    UniqueConstraint("diagnosis_id", "variant", "seed", "round"),
    Index(None, "status", "lease_until"),
    sqlite_autoincrement=True,
)

findings = Table(
    "findings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("diagnosis_id", Integer, ForeignKey("diagnoses.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("rule", String(100), nullable=False),
    Column("code", String(20), nullable=False),
    Column("severity", String(20), nullable=False),
    Column("latent", Boolean, nullable=False),
    Column("fingerprint", Text, nullable=False),
    UniqueConstraint("diagnosis_id", "position"),
    Index(None, "rule", "diagnosis_id"),
)

finding_layers = Table(
    "finding_layers",
    metadata,
    Column("finding_id", Integer, ForeignKey("findings.id", ondelete="CASCADE"), primary_key=True),
    Column("name", Text, primary_key=True),
    Index(None, "name", "finding_id"),
)

datasets = Table(
    "datasets",
    metadata,
    Column("digest", String(80), primary_key=True),
    Column("description", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
)

networks = Table(
    "networks",
    metadata,
    Column("digest", String(80), primary_key=True),
    Column("description", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
)
