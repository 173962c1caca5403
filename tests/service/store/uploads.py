"""A submission of an uploaded network, and what opening its file gives."""

from service.schemas.intake import Pending
from service.schemas.onnx import Imported, ImportReport, NamedShape
from service.schemas.plan import Tensor
from service.schemas.submission import Submission
from service.store import diagnoses
from service.store.database import Database
from tests.service.store.examples import accepted

FILE = f"sha256:{'a' * 64}"

SUBMISSION = Submission.model_validate(
    {
        "network": {"onnx": FILE, "weights": "reinitialize"},
        "training": {"loss": "CrossEntropyLoss", "optimizer": {"type": "Adam", "lr": 1e-3}, "epochs": 30},
        "probing": {"seeds": 2},
        "data": {"source": "builtin", "name": "digits"},
        "project": "vision",
        "trials": {"mode": "off"},
    }
)

REPORT = ImportReport(
    input=NamedShape(name="x", shape=(64,)),
    output=NamedShape(name="y", shape=(10,)),
    opset=20,
    producer="pytorch 2.13.0",
    parameters=(NamedShape(name="first.weight", shape=(8, 64)),),
    lost=("Dropout is gone.",),
)


def imported(width: int = 8, **changes: object) -> Imported:
    values = {
        "layers": accepted(width=width).plan.layers,
        "input": Tensor(shape=(64,)),
        "output_depth": 2,
        "report": REPORT,
        "planned_steps": 1000,
        "run_steps": 100,
        "examples": 1797,
        "cost": 1e9,
    }
    return Imported.model_validate({**values, **changes})


def submitted(database: Database, submission: Submission = SUBMISSION) -> str:
    """A diagnosis of a file that nobody has opened yet."""
    return diagnoses.create(database, Pending(submission), body_digest="sha256:0").id
