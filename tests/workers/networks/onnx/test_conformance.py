"""Every supported operator against ONNX's own cases: right, or refused with a reason, never wrong."""

from collections import Counter

import pytest

from tests.workers.networks.onnx.conformance import cases, outcome

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def outcomes():
    return [(case, outcome(case)) for case in cases()]


def test_no_case_gives_a_wrong_value(outcomes):
    wrong = [f"{case.name} (opset {case.opset}): {said}" for case, said in outcomes if _is_wrong(case, said)]
    assert not wrong


def _is_wrong(case, said):
    return said.startswith("wrong") and not case.is_random


def test_most_real_cases_pass_and_the_rest_is_refused_with_a_reason(outcomes):
    counted = Counter(said.split(":")[0] for case, said in outcomes if case.is_float and not case.is_random)
    assert counted["passed"] >= 1200
    assert counted["passed"] / counted.total() >= 0.9


@pytest.mark.parametrize("opset", [17, 18, 20, 22, 23, 25])
def test_nearly_all_real_cases_at_common_opsets_pass(outcomes, opset):
    trained = [
        said for case, said in outcomes if case.is_float and not case.is_random and case.opset == opset
    ]
    assert sum(said == "passed" for said in trained) / len(trained) >= 0.98


def test_a_refusal_says_why(outcomes):
    assert all(len(said) > len("refused: ") + 10 for _, said in outcomes if said.startswith("refused"))
