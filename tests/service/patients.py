"""Small diagnoses in a database of their own, for tests of what moves them."""

import json
from collections.abc import Callable

from service.queue import QueueUnavailable
from service.schemas.data import DatasetInfo
from service.schemas.diagnosis import Judgement
from service.schemas.evidence import Evidence
from service.schemas.intake import read
from service.schemas.limits import Limits
from service.schemas.run import Outcome
from service.store import diagnoses, runs
from service.store.database import Database

BODY = {
    "network": {"input": {"shape": [2]}, "layers": [{"type": "Linear", "out_features": 2}]},
    "training": {"loss": {"type": "CrossEntropyLoss"}, "optimizer": {"type": "SGD", "lr": 0.1}, "steps": 10},
    "probing": {"seeds": 2, "steps": 10},
    "data": {"source": "builtin", "name": "xor"},
}

OUTCOME = Outcome(
    steps_run=10,
    stopped="planned",
    first_loss=1.0,
    last_loss=0.5,
    best_loss=0.5,
    trivial_loss=0.7,
    skill=0.3,
    accuracy=None,
    device="cpu",
    engine="test",
    seconds=0.1,
)


class MemoryQueue:
    """Keeps what it is sent, and can be away."""

    def __init__(self, room: int = 1000) -> None:
        self.room = room
        self.sent: list[str] = []

    def send(self, run_id: str) -> None:
        self.ping()
        self.sent.append(run_id)

    def ping(self) -> None:
        if len(self.sent) >= self.room:
            raise QueueUnavailable("The broker is away.")


def healthy(evidence: Evidence) -> Judgement:
    """Judges by counting."""
    return Judgement(verdict="healthy", summary=f"{len(evidence.runs)} runs", rules_version="test")


def admit(database: Database, dataset: DatasetInfo | None = None, **changes: object) -> str:
    """A new diagnosis with two runs."""
    accepted = read(json.dumps(BODY | changes).encode(), "application/json", Limits(), lambda _: dataset)
    return diagnoses.create(database, accepted, body_digest="test").id


def run_all(database: Database, diagnosis_id: str, end: Callable[..., object] = runs.finish) -> None:
    """Claim every run of a diagnosis and end it."""
    for run in diagnoses.get(database, diagnosis_id).runs:
        claim = runs.claim(database, run.id, "test", 30, 3)
        assert claim is not None
        end(database, claim, OUTCOME)
