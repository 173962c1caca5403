"""Bodies are rewritten inside out, and whatever stays keeps its path."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.diagnosis.remedies.bodies import Body, Entry, Impossible, names_of, redirected, rewritten
from service.schemas.naming import names_of as names_of_items
from service.schemas.network import body_adapter
from tests.service.diagnosis.remedies.cases import linear, table_of, written

plain = st.sampled_from(
    ["ReLU", "Tanh", linear(4), linear(4, name="a"), {"op": "mean"}, {"type": "ReLU", "name": "relu"}]
)
nested = st.recursive(
    plain,
    lambda items: st.one_of(
        st.builds(lambda body: {"repeat": 2, "body": body}, st.lists(items, min_size=1, max_size=3)),
        st.builds(lambda body: {"residual": {"body": body}}, st.lists(items, min_size=1, max_size=3)),
    ),
    max_leaves=6,
)


@given(st.lists(nested, min_size=1, max_size=6))
@settings(max_examples=100, deadline=None)
def test_items_are_named_as_the_walk_names_them(items) -> None:
    assert names_of(items, "network") == names_of_items(body_adapter.validate_python(items))


def test_the_innermost_bodies_come_first_and_know_where_they_stand() -> None:
    table = table_of(
        written(
            [
                {
                    "repeat": 2,
                    "name": "h",
                    "body": [{"residual": {"body": [linear(64)], "shortcut": [linear(64)]}}],
                },
                {"use": "end"},
            ],
            blocks={"end": {"layers": [linear(10)]}},
        )
    )
    seen = []

    def look(body: Body):
        seen.append((body.kind, body.pointer, [len(entry.layers) for entry in body.entries]))
        return body.entries

    assert rewritten(table.written, "/network", table.layers, look) == table.written
    assert seen == [
        ("block", "/network/blocks/end/layers", [1]),
        ("residual", "/network/layers/0/body/0/residual/body", [2]),
        ("shortcut", "/network/layers/0/body/0/residual/shortcut", [2]),
        ("repeat", "/network/layers/0/body", [2]),
        ("network", "/network/layers", [0, 0]),
    ]


def test_a_layer_whose_number_would_change_gets_its_old_name_written_out() -> None:
    table = table_of(written([linear(64), linear(10)]))
    changed = table.rewritten(lambda body: [Entry(linear(64)), *body.entries])
    assert [layer.name for layer in changed.layers] == ["linear_3", "linear", "linear_2"]


def test_names_that_cannot_all_be_kept_are_no_reason_to_go_on_for_ever() -> None:
    table = table_of(written([linear(64), linear(10)]))
    with pytest.raises(Impossible):
        table.rewritten(lambda body: [body.entries[0], body.entries[0]])


def test_what_took_a_value_by_name_takes_what_became_of_it() -> None:
    entries = [Entry({"type": "ReLU", "from": "a"}), Entry({"op": "add", "from": ["a", "b"]}), Entry("Tanh")]
    found = redirected(entries, "a", "norm")
    assert [entry.item for entry in found] == [
        {"type": "ReLU", "from": "norm"},
        {"op": "add", "from": ["norm", "b"]},
        "Tanh",
    ]


def test_the_source_of_an_entry_is_what_it_says_or_what_is_before_it() -> None:
    entries = (
        Entry("ReLU", "relu"),
        Entry({"type": "Tanh", "from": "input"}, "tanh"),
        Entry({"op": "add", "from": ["relu", "tanh"]}, "add"),
        Entry("ReLU", "relu_2"),
    )
    body = Body(entries, "/network/layers", "network")
    assert [body.source(at) for at in range(4)] == ["input", "input", None, "add"]
    assert (body.free("relu"), body.free("relu", ["relu_3"]), body.free("new")) == ("relu_3", "relu_4", "new")
    assert Body((), "", "residual").free("add") == "add_2"
