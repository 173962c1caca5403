import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import MalformedBody
from service.schemas.body.json_text import read_json
from service.schemas.limits import Limits

LIMITS = Limits()
TREES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63) + 1, 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8", exclude_characters="\x00")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc/~", max_size=3), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@given(TREES)
def test_what_json_writes_is_read_back(tree):
    assert read_json(json.dumps(tree), LIMITS) == tree


def test_a_key_given_twice_is_named():
    with pytest.raises(MalformedBody, match="`lr` occurs twice"):
        read_json('{"lr": 1, "a": 2, "lr": 3}', LIMITS)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_json_has_not_are_refused(number):
    with pytest.raises(MalformedBody, match="is not JSON"):
        read_json(f"[{number}]", LIMITS)


@pytest.mark.parametrize(
    "number", ["1e999", "-1e999", "1" * 5000, "9223372036854775808", "1" * 5000 + ".5e4"]
)
def test_numbers_that_nothing_can_hold_are_refused(number):
    with pytest.raises(MalformedBody, match="beyond"):
        read_json(f'{{"a": {number}}}', LIMITS)


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":'])
def test_depth_is_refused_before_the_recursive_parser_runs(opening):
    with pytest.raises(MalformedBody, match="deeper than 40"):
        read_json(opening * 100_000, LIMITS)


def test_brackets_inside_strings_do_not_count():
    assert read_json(json.dumps(["[" * 1000, '\\"[[' * 500]), LIMITS)[0] == "[" * 1000


def test_depth_up_to_the_limit_is_taken():
    assert read_json("[" * 40 + "]" * 40, LIMITS)


def test_too_many_values_are_refused():
    with pytest.raises(MalformedBody, match="more than 50000 values"):
        read_json("[" + "1," * 60_000 + "1]", LIMITS)


def test_a_syntax_error_names_line_and_column():
    with pytest.raises(MalformedBody, match=r"line 2: .*column 8") as caught:
        read_json('{"a": 1,\n "b": 1x}', LIMITS)
    assert caught.value.problems[0].line == 2


@pytest.mark.parametrize("text", ['"\\ud800"', '"\\u0000"', '{"\\udfff": 1}', '{"a": ["\\u0000"]}'])
def test_strings_that_no_database_can_hold_are_refused(text):
    with pytest.raises(MalformedBody, match="not text"):
        read_json(text, LIMITS)


@given(st.text(st.sampled_from('[]{},:"\\01eE.-n \nu'), max_size=40))
def test_no_text_raises_anything_else(text):
    with contextlib.suppress(MalformedBody):
        read_json(text, LIMITS)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("text", ['"' + '\\"' * 300_000, '"' * 500_001, '["' + "[" * 300_000])
def test_strings_without_end_cost_no_more_than_their_length(text):
    with pytest.raises(MalformedBody):
        read_json(text, LIMITS)
