"""Files sent along with a submission: their digests put where the submission would name them."""

from collections.abc import Iterator
from dataclasses import replace

from service.errors import Problem
from service.schemas.body.tree import Body, Tree
from service.schemas.refusal import refusal


def attached(body: Body, model: str | None, data: str | None) -> Body:
    """The body with the digests of the files that came with it; raises InvalidSubmission where it says another.

    `network.onnx` and `data.digest` may be left out, and so may `network` and `data` where they would say no more.
    """
    problems = [*_network_problems(body, model), *_data_problems(body, data)]
    if problems:
        raise refusal(problems, body)
    tree: dict[str, Tree] = dict(body.tree)
    if model is not None:
        tree["network"] = {**_mapping(tree.get("network")), "onnx": model}
    if data is not None:
        tree["data"] = {**_mapping(tree.get("data")), "source": "dataset", "digest": data}
    return replace(body, tree=tree)


def _network_problems(body: Body, model: str | None) -> Iterator[Problem]:
    network = body.tree.get("network")
    if model is None:
        return
    if "networks" in body.tree:
        yield Problem(
            "/networks", "several networks are written out, and the part `model` was sent too", _ONE
        )
    elif network is not None and not isinstance(network, dict):
        yield Problem("/network", "beside the part `model` this should be a mapping", "leave it out")
    elif "layers" in _mapping(network):
        yield Problem("/network/layers", "a network is written out, and the part `model` was sent too", _ONE)
    elif _mapping(network).get("onnx", model) != model:
        yield Problem("/network/onnx", f"the file in the part `model` has the digest {model}", "leave it out")


def _data_problems(body: Body, data: str | None) -> Iterator[Problem]:
    written = body.tree.get("data")
    if data is None:
        return
    if written is not None and not isinstance(written, dict):
        yield Problem("/data", "beside the part `data` this should be a mapping", "leave it out")
    elif _mapping(written).get("source", "dataset") != "dataset":
        yield Problem("/data/source", "the part `data` was sent, and this names other data", _ONE)
    elif _mapping(written).get("digest", data) != data:
        yield Problem("/data/digest", f"the file in the part `data` has the digest {data}", "leave it out")


_ONE = "leave one of them out"


def _mapping(tree: Tree) -> dict[str, Tree]:
    return tree if isinstance(tree, dict) else {}
