"""Children with a script instead of a training: well behaved, dying, lying or greedy."""

import ctypes
import os
import signal
import sys
import time
from multiprocessing.connection import Connection

from service.schemas.onnx import Imported, ImportReport, NamedShape
from service.schemas.plan import Layer, Tensor
from service.schemas.statistics import LayerStatistics, NetworkStatistics
from tests.service.patients import OUTCOME
from workers.messages import Assignment, Batch, Finished, Validated, write_message

IMPORTED = Imported(
    layers=(
        Layer(
            depth=0, network="main", name="fc", type="Linear", family="linear", inputs=(-1,), output=Tensor(shape=(2,)),
            parameters=6, multiply_adds=4, pointer="/network/onnx",
        ),
    ),
    input=Tensor(shape=(2,)),
    output_depth=0,
    report=ImportReport(
        input=NamedShape(name="x", shape=(2,)), output=NamedShape(name="y", shape=(2,)), opset=20, producer="pytorch",
    ),
    planned_steps=10,
    run_steps=10,
    examples=4,
    cost=1e6,
)  # fmt: skip


def rows(step: int) -> Batch:
    """One step's rows."""
    return Batch(
        layers=(LayerStatistics(depth=0, step=step, weight_rms=float("nan")),),
        network=(NetworkStatistics(step=step, loss=float("inf"), learning_rate=0.1),),
    )


def behaves(assignment: bytes, pipe: Connection) -> None:
    for step in range(Assignment.model_validate_json(assignment).order.steps):
        pipe.send_bytes(write_message(rows(step)))
    pipe.send_bytes(write_message(Finished(outcome=OUTCOME)))


def looks(assignment: bytes, pipe: Connection) -> None:
    """Finds one layer in the file, and trains it."""
    if Assignment.model_validate_json(assignment).order.role == "validation":
        pipe.send_bytes(write_message(Validated(imported=IMPORTED)))
        return
    behaves(assignment, pipe)


def finishes(_: bytes, pipe: Connection) -> None:
    pipe.send_bytes(write_message(Finished(outcome=OUTCOME)))


def finds_layers_too_late(_: bytes, pipe: Connection) -> None:
    pipe.send_bytes(write_message(rows(0)))
    pipe.send_bytes(write_message(Validated(imported=IMPORTED)))
    time.sleep(60)


def dies(_: bytes, pipe: Connection) -> None:
    pipe.send_bytes(write_message(rows(0)))
    os.kill(os.getpid(), signal.SIGKILL)


def dies_unheard(_: bytes, pipe: Connection) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def dies_at_first(assignment: bytes, pipe: Connection) -> None:
    if Assignment.model_validate_json(assignment).order.attempt == 1:
        dies(assignment, pipe)
    behaves(assignment, pipe)


def exits(_: bytes, pipe: Connection) -> None:
    os._exit(3)


def dies_of_a_signal_without_a_name(_: bytes, pipe: Connection) -> None:
    os.kill(os.getpid(), signal.SIGRTMIN + 1)
    time.sleep(60)


def sleeps(_: bytes, pipe: Connection) -> None:
    pipe.send_bytes(write_message(rows(0)))
    time.sleep(60)


def oversleeps(_: bytes, pipe: Connection) -> None:
    time.sleep(60)


def pickles(_: bytes, pipe: Connection) -> None:
    pipe.send({"kind": "finished"})
    time.sleep(60)


def babbles(_: bytes, pipe: Connection) -> None:
    pipe.send_bytes(b"x" * (40 * 1024 * 1024))
    time.sleep(60)


def invents_a_layer(_: bytes, pipe: Connection) -> None:
    pipe.send_bytes(write_message(Batch(layers=(LayerStatistics(depth=99, step=0),))))
    time.sleep(60)


def invents_a_step(_: bytes, pipe: Connection) -> None:
    pipe.send_bytes(write_message(Batch(network=(NetworkStatistics(step=10, loss=0.0),))))
    time.sleep(60)


def hoards(_: bytes, pipe: Connection) -> None:
    # Slowly, and past the allocators, so that only who watches from outside can see it.
    held = []
    while True:
        held.append(ctypes.create_string_buffer(b"x" * 5_000_000))
        time.sleep(0.01)


def looks_around(_: bytes, pipe: Connection) -> None:
    pipe.send_bytes(repr(sorted(os.environ)).encode())


def lists_what_it_knows(_: bytes, pipe: Connection) -> None:
    pipe.send_bytes(" ".join(sys.modules).encode())
