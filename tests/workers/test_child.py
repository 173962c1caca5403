"""What a child says of a network in a file: the first and the last words of real processes."""

from pathlib import Path
from typing import Any

import pytest
import torch

from service.schemas.limits import Limits
from service.schemas.run import Failure
from tests.workers.assignments import assigned, trained
from tests.workers.networks.onnx.exporting import onnxruntime_output
from tests.workers.networks.onnx.files import linear, model, node, tensor
from workers.messages import Assignment, Batch, Failed, Finished, Message, Validated
from workers.process import Nursery

pytestmark = pytest.mark.usefixtures("warm")

IRIS = {"source": "builtin", "name": "iris"}


def said(assignment: Assignment) -> list[Message]:
    """Everything that a child says."""
    messages: list[Message] = []
    with Nursery().start(assignment) as child:
        while not messages or not ends(messages[-1], assignment):
            message = child.receive(60)
            assert message is not None
            messages.append(message)
    return messages


def ends(message: Message, assignment: Assignment) -> bool:
    last = isinstance(message, Validated) and assignment.order.role == "validation"
    return last or isinstance(message, Finished | Failed)


def refused(file: Any, folder: Path, **options: Any) -> Failure:
    (last,) = said(assigned(file, folder, role="validation", **({"data": IRIS} | options)))
    assert isinstance(last, Failed), last
    assert not last.retry
    return last.failure


def test_a_validation_says_what_the_file_holds_and_nothing_else(tmp_path: Path) -> None:
    (last,) = said(assigned(linear(), tmp_path, role="validation", data=IRIS))
    assert isinstance(last, Validated)
    assert [layer.name for layer in last.imported.layers] == ["fc"]


def test_a_trial_says_its_layers_first_and_a_baseline_does_not(tmp_path: Path) -> None:
    said_by = {
        role: said(assigned(linear(), tmp_path, role=role, data=IRIS, steps=3))
        for role in ("trial", "baseline")
    }
    assert isinstance(said_by["trial"][0], Validated)
    assert isinstance(said_by["trial"][-1], Finished)
    assert {type(message) for message in said_by["baseline"]} == {Batch, Finished}


def test_every_operator_that_cannot_be_trained_is_listed_with_count_node_and_layer(tmp_path: Path) -> None:
    nodes = [
        node("Hash", ["x"], ["a"], name="/enc/hash"),
        node("Hash", ["a"], ["b"], name="/enc/hash_1"),
        node("Sort", ["b"], ["c"], name="/dec/sort"),
        node("Gemm", ["c", "fc.weight"], ["y"]),
    ]
    failure = refused(model(nodes, [tensor("fc.weight", 4, 3)]), tmp_path)
    assert (failure.whose, failure.code) == ("client", "cannot-import")
    assert [(each.operator, each.count, each.node, each.layer) for each in failure.problems] == [
        ("Hash", 2, "/enc/hash", "enc"),
        ("Sort", 1, "/dec/sort", "dec"),
    ]
    assert all(name in failure.detail for name in ("Hash", "Sort"))


def test_what_does_not_go_together_is_listed_with_its_place_and_what_to_do(tmp_path: Path) -> None:
    failure = refused(linear(), tmp_path, data={"source": "builtin", "name": "wine"})
    assert (failure.whose, failure.code) == ("client", "cannot-import")
    (problem,) = failure.problems
    assert problem.pointer == "/data"
    assert "shape [13]; the network takes numbers of shape [4]" in problem.message


def test_patterns_that_match_nothing_are_listed_together(tmp_path: Path) -> None:
    failure = refused(linear(), tmp_path, network={"freeze": ["a.*"], "train": ["b.*"]})
    assert [problem.pointer for problem in failure.problems] == ["/network/train/0", "/network/freeze/0"]


def test_memory_that_a_file_asks_for_beyond_the_limit_is_refused_inside_the_process(tmp_path: Path) -> None:
    wide = model(
        [node("Gemm", ["x", "fc.weight"], ["h"]), node("MatMul", ["h", "out.weight"], ["y"])],
        [tensor("fc.weight", 4, 20_000), tensor("out.weight", 20_000, 3)],
    )
    assignment = assigned(
        wide, tmp_path, role="validation", data={"source": "synthetic", "examples": 4096},
        training={"batch_size": 4096}, limits=Limits(activation_values=10**9),
    )  # fmt: skip
    (last,) = said(assignment.model_copy(update={"memory_bytes": 300_000_000}))
    assert isinstance(last, Failed)
    assert (last.failure.whose, last.failure.code) == ("client", "out-of-memory")


def written(folder: Path, **options: Any) -> tuple[Path, Finished, Assignment]:
    """Where a trial of two layers of sigmoids, in which they become rectifiers, is asked to write its network."""
    nodes = [
        node("Gemm", ["x", "a.weight", "a.bias"], ["h"]),
        node("Sigmoid", ["h"], ["s"]),
        node("Gemm", ["s", "b.weight"], ["y"]),
    ]
    file = model(nodes, [tensor("a.weight", 4, 8), tensor("a.bias", 8), tensor("b.weight", 8, 3)])
    edits = [{"replace": "Sigmoid", "by": "ReLU"}]
    known = {
        "role": "trial",
        "data": IRIS,
        "network": {"edits": edits},
        "training": {"epochs": 8},
        "steps": 40,
    }
    part = folder / "rn_1-1.part"
    assignment = assigned(file, folder, **(known | options)).model_copy(update={"artifact_path": str(part)})
    last = said(assignment)[-1]
    assert isinstance(last, Finished), last
    return part, last, assignment


def test_a_trial_that_ran_to_its_end_writes_the_network_that_it_trained(tmp_path: Path) -> None:
    part, last, assignment = written(tmp_path)
    assert last.written
    assert last.outcome.steps_run > 30
    network = trained(assignment).prepared.networks.modules["main"].eval()
    x = torch.randn(5, 4, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        torch.testing.assert_close(onnxruntime_output(part.read_bytes(), x), network(x), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("options", [{"steps": 20}, {"training": {"optimizer": {"type": "SGD", "lr": 1e30}}}])
def test_a_short_or_broken_trial_writes_none(tmp_path: Path, options: dict[str, Any]) -> None:
    part, last, _ = written(tmp_path, **options)
    assert not last.written
    assert not part.exists()


def test_a_place_where_nothing_can_be_written_does_not_fail_the_run(tmp_path: Path) -> None:
    (tmp_path / "rn_1-1.part").mkdir()
    _, last, _ = written(tmp_path)
    assert not last.written
    assert last.outcome.steps_run > 30
