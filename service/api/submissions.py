"""Submissions: what the service would make of one, without running it."""

from flask import Blueprint

from service.api.clinic import clinic
from service.api.edge import Reply, gives, takes
from service.api.parse import Body
from service.diagnosis import engine
from service.schemas import intake
from service.schemas.body.reading import MEDIA_TYPES
from service.schemas.data import DatasetData, DatasetInfo
from service.schemas.intake import Accepted
from service.schemas.submission import Submission
from service.schemas.validation import Validation
from service.store import datasets

blueprint = Blueprint("submissions", __name__)


def accepted(body: Body) -> Accepted:
    """The submission in a body with its plan, or all that is wrong with it."""
    here = clinic()
    return intake.read(
        body.content,
        body.media_type,
        here.settings.limits,
        lambda digest: datasets.get(here.database, digest),
    )


@blueprint.post("/submissions/validate")
@takes(body=Submission, media_types=MEDIA_TYPES)
@gives(Reply(200, Validation, "What would be run"))
def validate(body: Body) -> Validation:
    """Check a submission without running it.

    Shows how it was understood: layers, shapes, size, steps and cost, and what its structure alone gives away.
    Nothing is stored.
    """
    result = accepted(body)
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
    return datasets.get(clinic().database, data.digest) if isinstance(data, DatasetData) else None
