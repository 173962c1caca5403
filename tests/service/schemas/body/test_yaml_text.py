import contextlib
import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from service.errors import MalformedBody
from service.schemas.body.json_text import read_json
from service.schemas.body.tree import Body
from service.schemas.body.yaml_text import read_yaml
from service.schemas.limits import Limits

LIMITS = Limits()
TREES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63) + 1, 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8", max_codepoint=0xD7FF,
                            exclude_characters="\u2028\u2029\ufeff", exclude_categories=["Cc"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc/~", max_size=3), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


def tree(text, limits=LIMITS):
    return read_yaml(text, limits)[0]


@given(TREES)
def test_json_is_yaml_too_and_gives_the_same_tree(value):
    text = json.dumps(value, ensure_ascii=False)
    assert tree(text) == read_json(text, LIMITS)


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("1e-3", 1e-3), ("1E5", 1e5), ("1.0e-3", 1e-3), (".5", 0.5), ("3", 3), ("-7", -7), ("+1", 1), ("0x1F", 31),
        ("0o17", 15), ("017", 17), ("true", True), ("False", False), ("null", None), ("~", None), ("", None),
        ("on", "on"), ("off", "off"), ("yes", "yes"), ("no", "no"), ("y", "y"), ("1_000", "1_000"),
        ("12:30", "12:30"), ("2026-01-01", "2026-01-01"), ("'1e-3'", "1e-3"), ('"true"', "true"), ("=", "="),
    ],
)  # fmt: skip
def test_words_mean_what_the_core_schema_says(word, value):
    read = tree(f"a: {word}")["a"]
    assert (read, type(read)) == (value, type(value))


def test_a_key_is_always_a_string():
    assert tree("1: a\ntrue: b\n'<<': c\n~: d") == {"1": "a", "true": "b", "<<": "c", "~": "d"}


def test_a_key_given_twice_is_named_with_its_line():
    with pytest.raises(MalformedBody, match="line 3: the key `lr` occurs twice"):
        tree("lr: 1\na: 2\nlr: 3")


def test_lines_are_known_by_pointer():
    read, place = read_yaml("# a comment\na:\n  - 1\n  - b/c: {d: 2}\n    e~: |\n      text\n", LIMITS)
    body = Body(read, place)
    assert [body.line(pointer) for pointer in ("", "/a", "/a/1", "/a/1/b~1c/d", "/a/1/e~0")] == [
        2,
        3,
        4,
        4,
        5,
    ]
    assert body.line("/a/1/missing/deeper") == 4


def test_anchors_are_expanded():
    assert tree("a: &x {b: 1}\nc: [*x, *x]") == {"a": {"b": 1}, "c": [{"b": 1}, {"b": 1}]}


def test_merge_keys_give_defaults_that_own_keys_override():
    text = (
        "base: &b {lr: 1, momentum: 2}\nother: &o {lr: 9, eps: 3}\none: {<<: *b, lr: 5}\ntwo: {<<: [*b, *o]}"
    )
    assert tree(text)["one"] == {"lr": 5, "momentum": 2}
    assert tree(text)["two"] == {"lr": 1, "momentum": 2, "eps": 3}


def test_a_merge_of_something_else_is_refused():
    with pytest.raises(MalformedBody, match="takes a mapping"):
        tree("a: {<<: 3}")


def test_an_anchor_bomb_is_refused_before_it_is_built():
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    with pytest.raises(MalformedBody, match="more than 50000 values"):
        tree("\n".join(lines))


def test_a_merge_bomb_is_refused():
    lines = ["a0: &a0 {" + ", ".join(f"k{n}: 1" for n in range(100)) + "}"]
    lines += [f"a{n}: {{<<: *a0}}" for n in range(1, 1000)]
    with pytest.raises(MalformedBody, match="more than 50000 values"):
        tree("\n".join(lines))


def test_an_anchor_inside_itself_is_refused():
    with pytest.raises(MalformedBody, match="names no anchor"):
        tree("a: &a [*a]")


def test_depth_through_anchors_counts():
    text = "a: &a " + "[" * 30 + "]" * 30 + "\nb: " + "[" * 30 + "*a" + "]" * 30
    with pytest.raises(MalformedBody, match="deeper than 40"):
        tree(text)


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_depth_is_refused_early(opening):
    with pytest.raises(MalformedBody):
        tree(opening * 100_000)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\n---\nb: 2", "line 2: a second document"),
        ("a: !!python/object:os.system {}", "line 1: tags"),
        ("a: !!str 1", "tags"),
        ("a: !mine [1]", "tags"),
        ("? [1, 2]\n: a", "a key must be a plain word"),
        ("a: &x 1\n*x : 2", "a key must be a plain word"),
        ("a: .nan", "not a finite number"),
        ("a: -.inf", "not a finite number"),
        ("a: 1e999", "beyond"),
        ("a: " + "9" * 30, "beyond 64 bits"),
        ("a: *b", "names no anchor"),
        ("a: [1", r"line \d"),
        ("a: 'x", r"line \d"),
        ("\ta: 1", "line 1"),
        ("a: b: c", "line 1"),
        ('a: "\\0"', "not text"),
        ("a: \x01", "line|character"),
    ],
)
def test_what_is_refused(text, message):
    with pytest.raises(MalformedBody, match=message):
        tree(text)


def test_the_slow_parser_gives_the_same(monkeypatch):
    text = "a: &x [1, 1e-3, no]\nb: {<<: {c: 1}, d: *x}\n"
    expected = tree(text)
    monkeypatch.setattr("service.schemas.body.yaml_text._LOADER", yaml.SafeLoader)
    assert tree(text) == expected


@given(st.text(st.sampled_from("ab:-[]{}&*!|>'\"%@`,?#\n \t0e.<~"), max_size=40))
def test_no_text_raises_anything_else(text):
    with contextlib.suppress(MalformedBody):
        tree(text)
