"""Options of judging stored evidence again: read from a body, or refused with every fault named."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pydantic import ValidationError

from service.api.parse import Body
from service.diagnosis.options import RuleOptions, described
from service.diagnosis.registry import Rule, rules
from service.errors import InvalidSubmission, Problem
from service.schemas.body.reading import read_body
from service.schemas.limits import Limits
from service.schemas.policy import JudgeOptions, policy_problems, rule_problems
from service.schemas.problems import joined, problems_of


def judge_options(body: Body, limits: Limits) -> JudgeOptions:
    """The options in a body; raises MalformedBody, or InvalidSubmission with every problem."""
    tree = read_body(body.content, body.media_type, limits).tree
    try:
        options = JudgeOptions.model_validate(tree)
    except ValidationError as error:
        raise _refusal(problems_of(error, tree, model=JudgeOptions)) from error
    names = tuple(name for known in rules() for name in (known.code, known.name))
    problems = [
        *policy_problems(options.policy),
        *rule_problems("/without", enumerate(options.without), names),
        *rule_problems("/options", ((name, name) for name in options.options), names),
        *option_problems(options.options),
    ]
    if problems:
        raise _refusal(problems)
    return options


def option_problems(written: Mapping[str, Mapping[str, float]]) -> Iterator[Problem]:
    """Options that a rule does not have, values out of their bounds, and rules that are named twice."""
    for known in rules():
        places = [name for name in (known.code, known.name) if name in written]
        if len(places) > 1:
            yield Problem(joined("/options", places[1]), f"{known.name} is {places[0]}, which is set already")
        for place in places:
            yield from _faults(known, joined("/options", place), written[place])


def book(asked: JudgeOptions) -> tuple[Rule, ...]:
    """The rule book without the rules that are set aside, and with the options that are set."""
    return tuple(_set(known, asked) for known in rules() if not {known.code, known.name} & {*asked.without})


def _set(known: Rule, asked: JudgeOptions) -> Rule:
    values = asked.options.get(known.code) or asked.options.get(known.name)
    if not values or known.options is None:
        return known
    return replace(known, options=type(known.options).model_validate(values))


def _faults(known: Rule, place: str, values: Mapping[str, float]) -> Iterator[Problem]:
    if known.options is None:
        if values:
            yield Problem(place, f"{known.name} has no options")
        return
    model = type(known.options)
    try:
        model.model_validate(values)
    except ValidationError as error:
        for problem in problems_of(error, dict(values), pointer=place, model=model):
            yield replace(problem, hint=problem.hint or _hint(known.options, problem.pointer))


def _hint(options: RuleOptions, pointer: str) -> str | None:
    """What an option may be."""
    named = (each for each in described(options) if pointer.endswith(f"/{each.name}"))
    told = (f"from {each.low:g} to {each.high:g}; the default is {each.default:g}" for each in named)
    return next(told, None)


def _refusal(problems: Sequence[Problem]) -> InvalidSubmission:
    first = problems[0]
    return InvalidSubmission(f"{first.pointer}: {first.message}", problems=problems)
