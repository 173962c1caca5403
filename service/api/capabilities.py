"""What this deployment can do."""

from importlib.metadata import version

from flask import Blueprint

from service.api import prefer
from service.api.clinic import clinic
from service.api.edge import Reply, gives
from service.diagnosis import registry, remedies
from service.schemas.capabilities import Capabilities, capabilities

blueprint = Blueprint("capabilities", __name__)


@blueprint.get("/capabilities")
@gives(Reply(200, Capabilities, "Limits, words and versions"))
def index() -> Capabilities:
    """Read what this deployment can do.

    Its limits, and every layer type, loss, optimiser, data set, rule, remedy and operator of ONNX that it knows.
    """
    return capabilities(
        clinic().settings.limits,
        version=version("gradclinic"),
        rules_version=registry.VERSION,
        longest_wait=prefer.WAIT_SECONDS,
        rules=tuple(known.name for known in registry.rules()),
        remedies=tuple(known.name for known in remedies.catalogue()),
    )
