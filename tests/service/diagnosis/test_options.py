from dataclasses import replace

import pytest
from pydantic import ValidationError

from service.diagnosis.engine import judge
from service.diagnosis.options import RuleOptions, described
from service.diagnosis.registry import Rule, rules
from service.diagnosis.rules.vanishing_gradient import Options, detect
from tests.service.diagnosis.evidence import chain, evidence, geometric, run, signals

LAYERS = chain(10)
SETTABLE = [known for known in rules() if known.options is not None]
FALLING = {"output_gradient_rms": geometric(1e-3, 1.0, 10)}


def own(known: Rule) -> RuleOptions:
    assert known.options is not None
    return known.options


def test_most_rules_can_be_set_and_those_that_state_a_fact_cannot() -> None:
    fixed = {known.code for known in rules()} - {known.code for known in SETTABLE}
    assert {"GC301", "GC302", "GC902", "GC910"} <= fixed
    assert len(SETTABLE) >= 25


@pytest.mark.parametrize("known", SETTABLE, ids=lambda known: known.code)
def test_every_option_has_a_default_within_its_bounds_and_says_what_it_is(known: Rule) -> None:
    for option in described(own(known)):
        assert option.low <= option.default <= option.high
        assert option.low < option.high
        assert option.meaning.endswith(".")


@pytest.mark.parametrize("known", SETTABLE, ids=lambda known: known.code)
def test_a_rule_bears_its_options_at_their_bounds(known: Rule) -> None:
    one = evidence(LAYERS, run(LAYERS, by_activation=FALLING, losses=[2.3, 9.0] * 20))
    for bound in ("low", "high"):
        values = {option.name: getattr(option, bound) for option in described(own(known))}
        book = [replace(known, options=type(own(known)).model_validate(values))]
        assert judge(one, book).verdict in {"healthy", "warning", "unstable", "inconclusive"}


@pytest.mark.parametrize("known", SETTABLE, ids=lambda known: known.code)
def test_a_value_out_of_bounds_is_refused(known: Rule) -> None:
    for option in described(own(known)):
        for value in (option.low - 1, option.high + 1):
            with pytest.raises(ValidationError):
                type(own(known)).model_validate({option.name: value})


def test_an_option_moves_what_a_rule_sees() -> None:
    view = signals(LAYERS, run(LAYERS, by_activation=FALLING))
    seen = detect(view)
    assert seen is not None
    assert seen.evidence[0].threshold == -2.5
    assert detect(view, Options(steep=-3.5, fading=-3.5)) is None
