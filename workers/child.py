"""The process that one run lives in: no database, no broker, no secret; an order comes in, statistics go out."""

import os
import signal
import traceback
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from pathlib import Path
from threading import Thread

import torch

from service.diagnosis.registry import rules
from service.errors import InvalidSubmission, Problem
from service.schemas.onnx import OnnxSpec
from service.schemas.run import Failure, Obstacle, Outcome
from service.schemas.statistics import LayerStatistics, NetworkStatistics, TimeProfile
from workers import device as devices
from workers.environment import scrub
from workers.errors import OutOfMemory, RunError, is_out_of_memory
from workers.memory import forbid_core_dumps, limit_own
from workers.messages import Assignment, Batch, Failed, Finished, Message, Validated, write_message
from workers.networks.file import FileNetwork
from workers.networks.onnx.registry import operators
from workers.networks.registry import kinds
from workers.preparation import Prepared, prepare
from workers.probes.probe import families
from workers.probes.recorder import Recorder
from workers.settling import Settling
from workers.training.loop import train
from workers.validation import validate

ROWS_PER_MESSAGE = 2_000

PRELOADED = (torch.optim.SGD([torch.nn.Parameter(torch.empty(1))]), families(), kinds(), operators(), rules())
"""What else takes time to import: this module is imported once, in the process that children are forked from.

The first optimiser of a process imports 800 modules. Nothing may be computed: threads do not survive a fork.
"""


def run(assignment: bytes, pipe: Connection) -> None:
    """Do one run and send its messages; the last one is Finished or Failed."""
    _settle_in()
    assigned = Assignment.model_validate_json(assignment)
    try:
        _equip(assigned)
        last = _do(assigned, pipe)
    except RunError as error:
        last = Failed(failure=error.failure(), retry=error.retry)
    except InvalidSubmission as error:
        last = Failed(failure=_unsound(error, assigned))
    except Exception as error:  # noqa: BLE001 - whatever it is, the supervisor is told
        last = _unforeseen(error, assigned)
    pipe.send_bytes(write_message(last))


class Sender:
    """Where rows of statistics go; a supervisor that is slow to read makes the training wait."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def __call__(
        self,
        *,
        layers: tuple[LayerStatistics, ...],
        network: tuple[NetworkStatistics, ...],
        time_profiles: tuple[TimeProfile, ...],
    ) -> None:
        """Send them, in messages of bounded size."""
        for start in range(0, max(len(layers), len(network), len(time_profiles)), ROWS_PER_MESSAGE):
            part = slice(start, start + ROWS_PER_MESSAGE)
            batch = Batch(layers=layers[part], network=network[part], time_profiles=time_profiles[part])
            self._pipe.send_bytes(write_message(batch))


def survey(pipe: Connection) -> None:
    """Send how many GPUs there are."""
    pipe.send_bytes(str(torch.cuda.device_count() if torch.cuda.is_available() else 0).encode())


def _do(assignment: Assignment, pipe: Connection) -> Message:
    """Train, or only look into the network's file; the last message."""
    order, info = assignment.order, assignment.dataset
    device = devices.choose(assignment.device)
    prepared = prepare(assignment)
    if order.role == "validation":
        return Validated(imported=validate(order, prepared, device))
    if order.role == "trial" and prepared.imported is not None:
        # Its layers may be others than the submission's own, and rows are of layers that are known.
        pipe.send_bytes(write_message(Validated(imported=prepared.imported)))
    networks, layers = prepared.networks.modules, prepared.accepted.plan.layers
    report = None if prepared.imported is None else prepared.imported.report
    settling = Settling(order, layers, info, Sender(pipe), report)
    recorder = Recorder(networks, order, settling)
    outcome = train(order, networks, prepared.examples, recorder, device, settling.settled)
    return Finished(outcome=outcome, written=_write_network(assignment, prepared, outcome))


def _write_network(assignment: Assignment, prepared: Prepared, outcome: Outcome) -> bool:
    """Write the network down where it is wanted and was trained to the end; nothing fails where that cannot be."""
    (network, *_), path = prepared.networks.modules.values(), assignment.artifact_path
    whole = assignment.order.steps >= prepared.accepted.run_steps and outcome.stopped != "non-finite"
    if path is None or not whole or not isinstance(network, FileNetwork):
        return False
    try:
        Path(path).write_bytes(network.written())
    except Exception as error:  # noqa: BLE001 - the run has its outcome all the same
        traceback.print_exception(error)
        return False
    return True


def _settle_in() -> None:
    """Become a process that cannot harm: before anything that a client wrote is looked at."""
    scrub(CUBLAS_WORKSPACE_CONFIG=":4096:8")
    # Ctrl-C goes to every process of a terminal, but ending a run is the supervisor's decision.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_die_with_parent, daemon=True).start()
    forbid_core_dumps()


def _equip(assignment: Assignment) -> None:
    """Take the device, the memory and the threads that this run may have, before CUDA is touched."""
    if assignment.gpu is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = assignment.gpu
    if assignment.memory_bytes is not None:
        limit_own(assignment.memory_bytes)
    torch.set_num_threads(assignment.threads)
    # Denormal numbers are up to a hundred times slower, and vanishing gradients are full of them.
    torch.set_flush_denormal(True)
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.backends.cudnn.benchmark = False


def _die_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _unforeseen(error: Exception, assignment: Assignment) -> Failed:
    if is_out_of_memory(error):
        spent = OutOfMemory(f"The run needed more memory than it may take: {error}")
        return Failed(failure=spent.failure(), retry=spent.retry)
    detail = f"{type(error).__name__}: {error}"
    if assignment.order.role == "validation":
        # What a file brings down is the file's fault; that it could is ours, and stands in the log.
        traceback.print_exception(error)
        refused = f"The network is refused: reading it failed ({detail[:300]})."
        return Failed(failure=Failure(whose="client", code="cannot-import", detail=refused))
    return Failed(failure=Failure(whose="service", code="crashed", detail=detail))


def _unsound(error: InvalidSubmission, assignment: Assignment) -> Failure:
    """Everything that is wrong with a submission, now that its network is known."""
    from_file = isinstance(assignment.order.submission.network, OnnxSpec)
    problems = tuple(Obstacle(message=_sentence(each), pointer=each.pointer) for each in error.problems)
    words = "; ".join(f"{problem.pointer}: {problem.message}" for problem in problems) or error.detail
    code = "cannot-import" if from_file else "cannot-build"
    return Failure(whose="client", code=code, detail=words, problems=problems if from_file else ())


def _sentence(problem: Problem) -> str:
    return f"{problem.message}: {problem.hint}" if problem.hint else problem.message
