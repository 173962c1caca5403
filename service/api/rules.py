"""The rule book."""

from flask import Blueprint

from service.api.edge import Reply, gives
from service.diagnosis import registry
from service.diagnosis.accuracy import accuracy
from service.diagnosis.options import described
from service.schemas.rulebook import RuleBook, RuleDescription

blueprint = Blueprint("rules", __name__)


@blueprint.get("/rules")
@gives(Reply(200, RuleBook, "Every illness that can be named"))
def index() -> RuleBook:
    """Read the rule book.

    What each finding means, what it explains, and how often it was right on networks labelled by outcome.
    """
    return RuleBook(version=registry.VERSION, items=tuple(map(_description, registry.rules())))


def _description(rule: registry.Rule) -> RuleDescription:
    return RuleDescription(
        code=rule.code,
        name=rule.name,
        severity=rule.severity,
        stage=rule.stage,
        explains=tuple(sorted(rule.explains)),
        options=tuple(described(rule.options)) if rule.options is not None else (),
        summary=rule.summary,
        structural=rule.inspect is not None,
        documentation=rule.documentation,
        accuracy=accuracy().get(rule.code),
    )
