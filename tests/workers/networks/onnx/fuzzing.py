"""Small files with something wrong in them: run as a process that may die, it tells what the importer makes of them.

python -m tests.workers.networks.onnx.fuzzing SEED COUNT; longer runs find more.
"""

import random
import resource
import sys
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np
import onnx
import torch
from onnx import AttributeProto, GraphProto, ModelProto, TensorProto, helper, numpy_helper

from tests.workers.networks.onnx.files import model, node, tensor, whole
from workers.networks.onnx.limits import OnnxLimits
from workers.networks.onnx.load import load
from workers.networks.onnx.options import Options
from workers.networks.onnx.read import read
from workers.networks.onnx.refusal import RefusedNetwork
from workers.networks.onnx.registry import operators

LIMITS = OnnxLimits(values=10**7, constant_bytes=10**8, folded_bytes=10**8, activations=5 * 10**7)
MEMORY = 6 * 2**30
NUMBERS = [0, 1, -1, 2, 3, -2, 7, 64, 1000, 2**31 - 1, 2**31, -(2**31), 2**40, 2**63 - 1, -(2**63), 10**9]
REALS = [0.0, -1.0, 1e30, float("nan"), float("inf"), 1e-30]
TEXTS = [
    b"",
    b"nearest",
    b"SAME_UPPER",
    b"\xff\xfe",
    b"max",
    b"i,j->",
    b"...,...->",
    b"linear",
    b"bidirectional",
]


def seeds() -> Iterator[ModelProto]:
    """Networks of a few nodes each, and every case of ONNX's own with a parameter behind it."""
    yield model(
        [node("Gemm", ["x", "a.weight", "a.bias"], ["y"])], [tensor("a.weight", 4, 3), tensor("a.bias", 3)]
    )
    yield model(
        [
            node("Reshape", ["x", "s"], ["h"]),
            node("Conv", ["h", "c.weight"], ["c"], pads=[1, 1], strides=[2]),
            node("BatchNormalization", ["c", "b.weight", "b.bias", "m", "v"], ["n"]),
            node("LSTM", ["n", "l.w", "l.r"], ["y"], hidden_size=2, direction="bidirectional"),
        ],
        [
            whole("s", 0, 2, 2), tensor("c.weight", 3, 2, 3), *(tensor(n, 3) for n in ("b.weight", "b.bias", "m", "v")),
            tensor("l.w", 2, 8, 1), tensor("l.r", 2, 8, 2),
        ],
    )  # fmt: skip
    from tests.workers.networks.onnx.conformance import cases

    for case in cases():
        file = _with_parameter(case.model)
        if file is not None:
            yield file


def _with_parameter(file: ModelProto) -> ModelProto | None:
    kinds = {TensorProto.FLOAT: np.float32, TensorProto.DOUBLE: np.float64}
    kind = kinds.get(file.graph.output[0].type.tensor_type.elem_type)
    if kind is None or file.ByteSize() > 20_000:
        return None
    changed = ModelProto()
    changed.CopyFrom(file)
    output = changed.graph.output[0]
    changed.graph.node.append(helper.make_node("Mul", [output.name, "fc.weight"], ["final"]))
    changed.graph.initializer.append(numpy_helper.from_array(np.ones(1, kind), "fc.weight"))
    output.name = "final"
    output.type.tensor_type.ClearField("shape")
    output.type.tensor_type.shape.SetInParent()
    return changed


def mutated(file: ModelProto, rng: random.Random) -> bytes:
    """The file with some bytes changed or missing, or with one to three changes of its meaning."""
    if rng.random() < 0.25:
        return _with_other_bytes(file.SerializeToString(), rng)
    changed = ModelProto()
    changed.CopyFrom(file)
    for _ in range(rng.randint(1, 3)):
        rng.choice(CHANGES)(changed, rng)
    return changed.SerializeToString()


def _with_other_bytes(data: bytes, rng: random.Random) -> bytes:
    if rng.random() < 0.3:
        return data[: rng.randrange(len(data))]
    changed = bytearray(data)
    for _ in range(rng.randint(1, 6)):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def _operator(file: ModelProto, rng: random.Random) -> None:
    rng.choice(file.graph.node).op_type = rng.choice(list(operators()))


def _values(graph: GraphProto) -> list[str]:
    return ["", *(name for one in graph.node for name in (*one.input, *one.output))]


def _operand(file: ModelProto, rng: random.Random) -> None:
    inputs = rng.choice(file.graph.node).input
    if inputs:
        inputs[rng.randrange(len(inputs))] = rng.choice(_values(file.graph))


def _operands(file: ModelProto, rng: random.Random) -> None:
    chosen = rng.choice(file.graph.node)
    left = list(chosen.input)
    rng.shuffle(left)
    left = (
        left[: rng.randint(0, len(left))] if rng.random() < 0.5 else [*left, rng.choice(_values(file.graph))]
    )
    chosen.ClearField("input")
    chosen.input.extend(left)


def _attribute(file: ModelProto, rng: random.Random) -> None:
    attributes = rng.choice(file.graph.node).attribute
    if not attributes:
        return
    chosen = rng.choice(attributes)
    match chosen.type:
        case AttributeProto.INT:
            chosen.i = rng.choice(NUMBERS)
        case AttributeProto.INTS if chosen.ints:
            chosen.ints[rng.randrange(len(chosen.ints))] = rng.choice(NUMBERS)
        case AttributeProto.FLOAT:
            chosen.f = rng.choice(REALS)
        case AttributeProto.STRING:
            chosen.s = rng.choice(TEXTS)
        case _:
            attributes.remove(chosen)


def _initializer(file: ModelProto, rng: random.Random) -> None:
    if not file.graph.initializer:
        return
    chosen = rng.choice(file.graph.initializer)
    which = rng.randrange(3)
    if which == 0 and chosen.dims:
        chosen.dims[rng.randrange(len(chosen.dims))] = rng.choice(NUMBERS)
    elif which == 1:
        chosen.data_type = rng.randrange(25)
    elif chosen.data_type == TensorProto.INT64 and chosen.raw_data:
        count = len(chosen.raw_data) // 8
        chosen.raw_data = np.array([rng.choice(NUMBERS) for _ in range(count)], dtype="int64").tobytes()


def _node(file: ModelProto, rng: random.Random) -> None:
    chosen = rng.choice(file.graph.node)
    if rng.random() < 0.5 and len(file.graph.node) > 1:
        file.graph.node.remove(chosen)
    else:
        file.graph.node.add().CopyFrom(chosen)


def _input(file: ModelProto, rng: random.Random) -> None:
    if file.graph.input:
        chosen = rng.choice(file.graph.input).type.tensor_type
        if chosen.shape.dim:
            rng.choice(chosen.shape.dim).dim_value = rng.choice(NUMBERS)
        if rng.random() < 0.2:
            chosen.elem_type = rng.randrange(25)


def _opset(file: ModelProto, rng: random.Random) -> None:
    for entry in file.opset_import:
        entry.version = rng.choice([7, 9, 10, 11, 12, 13, 14, 16, 17, 18, 20, 21, 23, 25, 28])


def _constant(file: ModelProto, rng: random.Random) -> None:
    """An input becomes a tensor of the file, so that builders see its numbers."""
    if not file.graph.input:
        return
    chosen = rng.choice(file.graph.input)
    kind = chosen.type.tensor_type.elem_type
    sizes = [size.dim_value if 0 <= size.dim_value < 50 else 2 for size in chosen.type.tensor_type.shape.dim]
    if kind in {TensorProto.FLOAT, TensorProto.INT64, TensorProto.DOUBLE}:
        value = np.full(sizes, rng.choice([0, 1, 2, 5, -1]), helper.tensor_dtype_to_np_dtype(kind))
        file.graph.initializer.append(numpy_helper.from_array(value, chosen.name))


CHANGES: list[Callable[[ModelProto, random.Random], None]] = [
    _operator, _operand, _operands, _attribute, _attribute, _initializer, _node, _input, _opset, _constant,
]  # fmt: skip


def tried(data: bytes, rng: random.Random) -> str:
    """`taken`, `refused`, or the traceback of what must not happen."""
    started = time.process_time()
    try:
        load(read(data, LIMITS), Options(limits=LIMITS, fill=rng.choice([None, {}]), batch=4))
        said = "taken"
    except RefusedNetwork as error:
        said = (
            "refused" if len(error.detail) < 6_000 and error.detail.isprintable() else f"said {error.detail}"
        )
    except Exception:  # noqa: BLE001 - this is what is looked for
        said = traceback.format_exc()
    took = time.process_time() - started
    return said if took < 10 else f"took {took:.0f} seconds"


def say(line: str) -> None:
    """To whoever started the process."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(seed: int, count: int) -> int:
    """Print how many were taken and refused; 1 where anything else happened."""
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    files = list(seeds())
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    rng = random.Random(seed)
    outcomes: Counter[str] = Counter()
    for number in range(count):
        data = mutated(rng.choice(files), rng)
        said = tried(data, rng)
        outcomes[said if said in {"taken", "refused"} else "wrong"] += 1
        if said not in {"taken", "refused"}:
            say(f"file {number} of seed {seed}: {said}\n{onnx.printer.to_text(_parsed(data))[:2_000]}")
    say(f"{dict(outcomes)}")
    return int(outcomes["wrong"] > 0)


def _parsed(data: bytes) -> ModelProto:
    try:
        return onnx.load_model_from_string(data)
    except Exception:  # noqa: BLE001 - shown as far as it goes
        return ModelProto()


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
