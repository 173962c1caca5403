"""Options of judging stored evidence again: read from a body, or refused with every fault named."""

from collections.abc import Sequence

from pydantic import ValidationError

from service.api.parse import Body
from service.diagnosis.registry import Rule, rules
from service.errors import InvalidSubmission, Problem
from service.schemas.body.reading import read_body
from service.schemas.limits import Limits
from service.schemas.policy import JudgeOptions, policy_problems, rule_problems
from service.schemas.problems import problems_of


def judge_options(body: Body, limits: Limits) -> JudgeOptions:
    """The options in a body; raises MalformedBody, or InvalidSubmission with every problem."""
    tree = read_body(body.content, body.media_type, limits).tree
    try:
        options = JudgeOptions.model_validate(tree)
    except ValidationError as error:
        raise _refusal(problems_of(error, tree, model=JudgeOptions)) from error
    names = tuple(name for known in rules() for name in (known.code, known.name))
    problems = [*policy_problems(options.policy), *rule_problems(options.without, names)]
    if problems:
        raise _refusal(problems)
    return options


def book_without(left_out: tuple[str, ...]) -> tuple[Rule, ...]:
    """The rule book without some rules, given by code or name."""
    return tuple(known for known in rules() if known.code not in left_out and known.name not in left_out)


def _refusal(problems: Sequence[Problem]) -> InvalidSubmission:
    first = problems[0]
    return InvalidSubmission(f"{first.pointer}: {first.message}", problems=problems)
