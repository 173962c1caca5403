from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.client.globs import globs

part = st.sampled_from(["a", "b", "layer", "[x]", "*", "0", "10"])
names = st.lists(part, min_size=1, max_size=4).map(".".join)


def matched(patterns: list[str], among: set[str]) -> set[str]:
    return {name for name in among if any(fnmatchcase(name, pattern) for pattern in patterns)}


@given(st.sets(names, min_size=1, max_size=20), st.data())
def test_exactly_the_chosen_ones_match(among: set[str], data: st.DataObject) -> None:
    chosen = data.draw(st.sets(st.sampled_from(sorted(among))))
    assert matched(globs(chosen, among), among) == chosen


@pytest.mark.parametrize(
    ("chosen", "patterns"),
    [
        ({"body.0.weight", "body.0.bias"}, ["body.0.*"]),
        ({"body.0.weight", "body.0.bias", "body.1.weight"}, ["body.*"]),
        ({"body.0.bias"}, ["body.0.bias"]),
        (set(), []),
    ],
)
def test_whole_subtrees_become_one_pattern(chosen: set[str], patterns: list[str]) -> None:
    assert globs(chosen, {"body.0.weight", "body.0.bias", "body.1.weight", "head.weight"}) == patterns
