"""Every knob of a deployment, read once from the environment (`GRADCLINIC_*`) and then frozen.

Without any of them this is the embedded deployment: SQLite and a private broker under `data_dir`.
"""

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, PositiveInt, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from service.schemas.limits import Limits

_LONGEST_SOCKET_PATH = 100
"""Unix sockets end at 104 (macOS) or 108 (Linux) bytes of path."""


class Settings(BaseSettings):
    """One deployment; nested limits are written as `GRADCLINIC_LIMITS__RUN_SECONDS=60`."""

    model_config = SettingsConfigDict(
        env_prefix="GRADCLINIC_",
        env_nested_delimiter="__",
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
    )

    data_dir: Path = Path(".gradclinic")
    """Where uploads live, and the embedded database and broker; relative to the working directory.

    Workers on other machines need to see the same directory where anything is uploaded.
    """
    database_url: SecretStr = Field(default_factory=lambda data: embedded_database_url(data["data_dir"]))
    """SQLAlchemy URL: `sqlite:////path/clinic.db` (the default, in `data_dir`) or `postgresql+psycopg://...`."""
    broker_url: SecretStr = Field(default_factory=lambda data: embedded_broker_url(data["data_dir"]))
    """`redis://`, `rediss://`, `redis+socket://` (default: embedded, in `data_dir`), `amqp://`, `filesystem://`."""
    queue: str = "gradclinic"
    """Name of the broker's queue, for deployments that share a broker."""
    limits: Limits = Limits()
    """What one submission may ask for; published at /v1/capabilities."""

    host: str = "127.0.0.1"
    """Address that the API listens on."""
    port: Annotated[int, Field(ge=0, le=65535)] = 8642
    """Port that the API listens on; 0 takes a free one."""
    http_workers: PositiveInt = 2
    """Processes of the API server."""
    http_threads: Annotated[int, Field(ge=4)] = 64
    """Threads of each API process: its requests at a time, long polls and event streams included."""
    event_streams: PositiveInt | None = None
    """Long-lived answers that one API process holds at a time; half of `http_threads` if left out."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """What is worth a line in the log."""

    device: Annotated[str, Field(pattern=r"^(auto|cpu|cuda(:\d{1,4})?)$")] = "auto"
    """Where a worker computes: `auto` (all GPUs it sees, else CPU), `cpu`, `cuda` (all GPUs) or `cuda:n`."""
    slots: PositiveInt | None = None
    """Runs that a worker does at a time; if left out, one per GPU or else one per CPU core, at most 8."""
    torch_threads: PositiveInt = 1
    """CPU threads of torch in each run."""
    memory_watch: bool = True
    """Kill a run on the CPU that takes more than `limits.run_bytes`."""

    lease_seconds: PositiveFloat = 30.0
    """How long a run belongs to a worker that has fallen silent; it is renewed every third of that."""
    max_attempts: PositiveInt = 3
    """How often a run is begun before it counts as failed."""
    sweep_seconds: PositiveFloat = 5.0
    """Pause between two sweeps."""
    resend_seconds: PositiveFloat = 30.0
    """A queued run whose message nobody has taken for so long is sent again."""
    dispatch_window: PositiveInt = 16
    """Messages sent and not yet taken, at most: what the broker does not hold stays fairly ordered in SQL."""

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, path: Path) -> Path:
        return path.expanduser().absolute()

    @property
    def heartbeat_seconds(self) -> float:
        """How often a worker renews the lease of a run that it works on."""
        return self.lease_seconds / 3

    @property
    def streams_per_process(self) -> int:
        """Long-lived answers that one API process holds at a time."""
        return self.event_streams or self.http_threads // 2

    @property
    def datasets_dir(self) -> Path:
        """Where the bytes of uploaded data sets live."""
        return self.data_dir / "datasets"

    @property
    def networks_dir(self) -> Path:
        """Where the bytes of uploaded ONNX files live."""
        return self.data_dir / "networks"

    @property
    def embedded_broker(self) -> bool:
        """Whether the broker is the private one that `serve` starts."""
        return self.broker_url == embedded_broker_url(self.data_dir)


def embedded_database_url(data_dir: Path) -> SecretStr:
    """The SQLite file of an embedded deployment."""
    return SecretStr(f"sqlite:///{data_dir / 'clinic.db'}")


def embedded_broker_url(data_dir: Path) -> SecretStr:
    """The Unix socket of an embedded deployment's broker."""
    return SecretStr(f"redis+socket://{embedded_socket(data_dir)}")


def embedded_socket(data_dir: Path) -> Path:
    """Where the embedded broker listens: in `data_dir`, or in a private place where that path is too long."""
    path = data_dir / "broker" / "socket"
    if len(os.fsencode(path)) <= _LONGEST_SOCKET_PATH:
        return path
    digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"gradclinic-{os.getuid()}-{digest}" / "socket"
