"""Whatever is sent, the answer is a submission or an error that says whose fault it is."""

import contextlib
import json
from copy import deepcopy
from pathlib import Path

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.errors import ClinicError
from service.schemas.body.yaml_text import read_yaml
from service.schemas.intake import read
from service.schemas.layers.registry import kinds
from service.schemas.limits import Limits
from service.schemas.onnx import NetworkFile, OnnxSpec
from service.schemas.submission import Submission
from service.schemas.training import Loss, Optimizer, Schedule

LIMITS = Limits()
EXAMPLES = [
    read_yaml(path.read_text(), LIMITS)[0]
    for path in sorted((Path(__file__).parents[3] / "examples").glob("*.yaml"))
]
FROM_FILE = {
    "network": {
        "onnx": "sha256:" + "0" * 64,
        "input": "x",
        "fill": {"mask": 1},
        "sizes": {"time": 8},
        "weights": "reinitialize",
        "init": [{"match": "h.*", "weight": "orthogonal"}],
        "train": ["h.*"],
        "freeze": ["head.*"],
        "edits": [
            {"replace": "Sigmoid", "by": "ELU", "arguments": {"alpha": 0.5}},
            {"insert": "BatchNorm", "after": "h.*"},
            {"residual": {"start": "h.0", "end": "h.3"}},
            {"add_bias": "head"},
        ],
    },
    "training": {"loss": "CrossEntropyLoss", "optimizer": "Adam", "steps": 100},
    "trials": {
        "names": ["clip-gradients"],
        "variants": [
            {"name": "lower", "patch": [{"op": "add", "path": "/training/optimizer/lr", "value": 0.1}]},
            {
                "name": "moved",
                "patch": [{"op": "copy", "from": "/network/freeze/0", "path": "/network/train/-"}],
            },
        ],
    },
}
EXAMPLES.append(FROM_FILE)
WORDS = sorted(
    {
        "input",
        "from",
        "op",
        "repeat",
        "body",
        "residual",
        "shortcut",
        "use",
        "with",
        "blocks",
        "main",
        "h",
        "$x",
        "*",
    }
    | {
        "networks",
        "generator",
        "critic",
        "source",
        "builtin",
        "synthetic",
        "dataset",
        "length",
        "classes",
        "vocab",
    }
    | set(kinds())
    | {
        name
        for model in (Submission, OnnxSpec, Loss, Optimizer, Schedule, *kinds().values())
        for name in model.model_fields
    }
    | {
        "CrossEntropyLoss",
        "MSELoss",
        "CTCLoss",
        "Wasserstein",
        "NLLLoss",
        "Adam",
        "SGD",
        "characters",
        "copy",
        "ring",
    }
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 70)
    | st.sampled_from([2**31, 2**62, -(2**63), 10**6, 1e308, -1e-320, 0.5, "1e-3", "sha256:" + "0" * 64])
    | st.sampled_from(WORDS)
    | st.text(max_size=8)
)
TREES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=5), inner)
    ),
    max_leaves=12,
)
QUIET = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def sent(tree, media_type="application/json"):
    """Read it; every refusal must be explicable to the client."""
    text = json.dumps(tree) if media_type == "application/json" else yaml.safe_dump(tree, allow_unicode=True)
    refusal = refused(text.encode("utf-8", "surrogatepass"), media_type)
    if refusal is not None:
        assert refusal.whose == "client"
        assert refusal.detail
        json.dumps(
            [refusal.detail, *(vars(problem) for problem in refusal.problems)], ensure_ascii=False
        ).encode()


def uploaded(digest):
    return NetworkFile(digest=digest, bytes=1)


def refused(body, media_type):
    try:
        read(body, media_type, LIMITS, lambda _digest: None, uploaded, remedies=["clip-gradients"])
    except ClinicError as error:
        return error
    return None


def places(tree, way=()):
    """Every place in a tree, as the way that leads there."""
    yield way
    inner = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in inner:
        yield from places(value, (*way, key))


@st.composite
def mutated(draw, examples=EXAMPLES):
    """An example with some values replaced, removed, renamed or moved."""
    tree = deepcopy(draw(st.sampled_from(examples)))
    for _ in range(draw(st.integers(1, 3))):
        way = draw(st.sampled_from([way for way in places(tree) if way]))
        parent = tree
        for key in way[:-1]:
            parent = parent[key]
        _mutate(draw, parent, way[-1])
    return tree


def _mutate(draw, parent, key):
    match draw(st.sampled_from(["replace", "remove", "rename", "copy"])):
        case "remove":
            del parent[key]
        case "rename" if isinstance(parent, dict):
            parent[draw(st.sampled_from(WORDS))] = parent.pop(key)
        case "copy" if isinstance(parent, list):
            parent.insert(0, deepcopy(parent[key]))
        case _:
            parent[key] = draw(TREES)


def test_what_is_mutated_is_sound():
    assert [refused(json.dumps(tree).encode(), "application/json") for tree in EXAMPLES] == [None] * len(
        EXAMPLES
    )


@given(TREES)
@QUIET
def test_no_tree_raises_anything_but_a_refusal(tree):
    sent(tree)


@given(st.dictionaries(st.sampled_from(sorted(Submission.model_fields)), TREES))
@QUIET
def test_no_tree_with_known_names_does(tree):
    sent(tree)


@given(mutated())
@settings(QUIET, max_examples=500)
def test_no_mutated_submission_does(tree):
    sent(tree)


@given(mutated())
@settings(QUIET, max_examples=100)
def test_nor_in_yaml(tree):
    with contextlib.suppress(yaml.YAMLError):
        sent(tree, "application/yaml")


@given(st.binary(max_size=60), st.sampled_from(["application/json", "application/yaml"]))
@QUIET
def test_no_bytes_do(body, media_type):
    with contextlib.suppress(ClinicError):
        read(body, media_type, LIMITS, lambda _digest: None, uploaded, remedies=["clip-gradients"])


@given(mutated([FROM_FILE]))
@settings(QUIET, max_examples=500)
def test_no_mutated_submission_of_a_file_does(tree):
    sent(tree)
