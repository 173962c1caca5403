import math

import pytest

from service.diagnosis.trials.student import confidence_above, cumulative, incomplete_beta


@pytest.mark.parametrize(
    ("t", "degrees", "expected"),
    [
        (2.919986, 2, 0.95),
        (6.313752, 1, 0.95),
        (2.131847, 4, 0.95),
        (4.540703, 3, 0.99),
        (-2.919986, 2, 0.05),
        (0.0, 7, 0.5),
        (1.644854, 10**7, 0.95),
    ],
)
def test_printed_tables_of_the_t_distribution_are_met(t: float, degrees: int, expected: float) -> None:
    assert cumulative(t, degrees) == pytest.approx(expected, abs=2e-7)


def test_one_degree_of_freedom_is_cauchys_closed_form() -> None:
    for t in (-40.0, -1.0, 0.3, 2.0, 900.0):
        assert cumulative(t, 1) == pytest.approx(0.5 + math.atan(t) / math.pi, abs=1e-12)


def test_scipy_agrees_everywhere() -> None:
    special = pytest.importorskip("scipy.special")
    for a in (0.5, 1.0, 2.5, 30.0):
        for b in (0.5, 1.0, 7.0):
            for x in (0.0, 1e-9, 0.1, 0.5, 0.9, 1 - 1e-9, 1.0):
                assert incomplete_beta(a, b, x) == pytest.approx(float(special.betainc(a, b, x)), abs=1e-11)


def test_a_large_even_rise_is_certain_and_no_rise_is_not() -> None:
    sure = confidence_above([0.8, 0.82, 0.79], 0.05, 0.02)
    unsure = confidence_above([0.05, 0.05, 0.05], 0.05, 0.02)
    assert sure is not None
    assert sure > 0.999
    assert unsure == pytest.approx(0.5)


def test_seeds_that_differ_much_support_little() -> None:
    assert (confidence_above([0.9, 0.0, 0.1], 0.05, 0.02) or 0) < 0.9


def test_equal_differences_are_not_believed_beyond_the_resolution() -> None:
    equal = confidence_above([0.06, 0.06, 0.06], 0.05, 0.02)
    assert equal is not None
    assert equal < 0.8


def test_one_difference_has_no_spread() -> None:
    assert confidence_above([0.9], 0.05, 0.02) is None
