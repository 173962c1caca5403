"""The rule book."""

from flask import Blueprint

from service.api.edge import Reply, gives
from service.diagnosis import registry
from service.schemas.rulebook import RuleBook, RuleDescription

blueprint = Blueprint("rules", __name__)


@blueprint.get("/rules")
@gives(Reply(200, RuleBook, "Every illness that can be named"))
def index() -> RuleBook:
    """Read the rule book.

    What each finding means, and what it explains.
    """
    return RuleBook(version=registry.VERSION, items=tuple(map(_description, registry.rules())))


def _description(rule: registry.Rule) -> RuleDescription:
    return RuleDescription(
        code=rule.code,
        name=rule.name,
        severity=rule.severity,
        stage=rule.stage,
        explains=tuple(sorted(rule.explains)),
        summary=rule.summary,
        documentation=rule.documentation,
    )
