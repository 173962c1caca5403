"""Submissions: what the service would make of one, without running it."""

from flask import Blueprint

from service.api.clinic import clinic
from service.api.edge import Reply, gives, takes
from service.api.forms import Form
from service.api.parse import Body
from service.diagnosis import engine
from service.diagnosis.remedies import catalogue
from service.schemas import intake
from service.schemas.body.reading import MEDIA_TYPES
from service.schemas.data import DatasetData, DatasetInfo
from service.schemas.intake import Accepted, Pending
from service.schemas.onnx import NetworkFile
from service.schemas.submission import Submission
from service.schemas.validation import Validation
from service.store import datasets, networks

blueprint = Blueprint("submissions", __name__)


PENDING = (
    "the network lies in a file, which is not read before the submission is posted to /v1/diagnoses: its layers, "
    "whether all of its operators can be trained, whether data and loss fit it, and the steps and cost of a run "
    "are said by the worker that reads it"
)


def accepted(body: Body | Form) -> Accepted | Pending:
    """The submission in a body with its plan, or all that is wrong with it."""
    limits = clinic().settings.limits
    remedies = [known.name for known in catalogue()]
    return intake.understood(body.read(limits), limits, known_dataset, known_network, remedies=remedies)


def known_dataset(digest: str) -> DatasetInfo | None:
    """What is known of a data set; None where it was never uploaded."""
    return datasets.get(clinic().database, digest)


def known_network(digest: str) -> NetworkFile | None:
    """What is known of a file; None where it was never uploaded, or its bytes have gone."""
    here = clinic()
    return networks.get(here.database, digest) if here.network_files.path(digest).exists() else None


@blueprint.post("/submissions/validate")
@takes(body=Submission, media_types=MEDIA_TYPES)
@gives(Reply(200, Validation, "What would be run"))
def validate(body: Body) -> Validation:
    """Check a submission without running it.

    Shows how it was understood: layers, shapes, size, steps and cost, and what its structure alone gives away.
    Nothing is stored. Of a network in an uploaded file only the rest of the submission is checked.
    """
    result = accepted(body)
    if isinstance(result, Pending):
        seeds = result.submission.probing.seeds
        return Validation(submission=result.submission, pending=PENDING, runs=seeds)
    return Validation(
        submission=result.submission,
        layers=result.plan.layers,
        parameters=result.plan.parameters,
        multiply_adds=result.plan.multiply_adds,
        examples=result.examples,
        planned_steps=result.planned_steps,
        run_steps=result.run_steps,
        runs=result.submission.probing.seeds,
        cost=result.cost,
        findings=engine.inspect(result.submission, result.plan.layers, _dataset(result.submission)),
    )


def _dataset(submission: Submission) -> DatasetInfo | None:
    """What is known of the data set that was uploaded for it."""
    data = submission.data
    return known_dataset(data.digest) if isinstance(data, DatasetData) else None
