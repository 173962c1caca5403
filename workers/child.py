"""The process that one run lives in: no database, no broker, no secret; an order comes in, statistics go out."""

import os
import signal
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from pathlib import Path
from threading import Thread

import torch

from service.diagnosis.registry import rules
from service.errors import InvalidSubmission
from service.schemas.data import DatasetInfo
from service.schemas.intake import accept
from service.schemas.run import Failure, Outcome
from service.schemas.statistics import LayerStatistics, NetworkStatistics, TimeProfile
from workers import device as devices
from workers.environment import scrub
from workers.errors import OutOfMemory, RunError, is_out_of_memory
from workers.memory import forbid_core_dumps, limit_own
from workers.messages import Assignment, Batch, Failed, Finished, write_message
from workers.networks.load import load as load_networks
from workers.networks.registry import kinds
from workers.probes.probe import families
from workers.probes.recorder import Recorder
from workers.settling import Settling
from workers.training.data import load as load_examples
from workers.training.loop import train

ROWS_PER_MESSAGE = 2_000

PRELOADED = (torch.optim.SGD([torch.nn.Parameter(torch.empty(1))]), families(), kinds(), rules())
"""What else takes time to import: this module is imported once, in the process that children are forked from.

The first optimiser of a process imports 800 modules. Nothing may be computed: threads do not survive a fork.
"""


def run(assignment: bytes, pipe: Connection) -> None:
    """Do one run and send its messages; the last one is Finished or Failed."""
    _settle_in()
    order = Assignment.model_validate_json(assignment)
    try:
        _equip(order)
        last: Finished | Failed = Finished(outcome=_train(order, pipe))
    except RunError as error:
        last = Failed(failure=error.failure(), retry=error.retry)
    except InvalidSubmission as error:
        last = Failed(failure=Failure(whose="client", code="cannot-build", detail=_words(error)))
    except Exception as error:  # noqa: BLE001 - whatever it is, the supervisor is told
        last = _unforeseen(error)
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


def _train(assignment: Assignment, pipe: Connection) -> Outcome:
    order = assignment.order
    device = devices.choose(assignment.device)
    info = assignment.dataset
    accepted = accept(order.submission, order.limits, lambda _digest: info)
    networks = load_networks(order.submission, accepted.plan, order.seed).modules
    examples = load_examples(order.submission, accepted.plan, _dataset(assignment.dataset_path, info))
    settling = Settling(order, accepted.plan.layers, info, Sender(pipe))
    recorder = Recorder(networks, order, settling)
    return train(order, networks, examples, recorder, device, settling.settled)


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


def _dataset(path: str | None, info: DatasetInfo | None) -> tuple[Path, DatasetInfo] | None:
    return None if path is None or info is None else (Path(path), info)


def _unforeseen(error: Exception) -> Failed:
    if is_out_of_memory(error):
        spent = OutOfMemory(f"The run needed more memory than it may take: {error}")
        return Failed(failure=spent.failure(), retry=spent.retry)
    detail = f"{type(error).__name__}: {error}"
    return Failed(failure=Failure(whose="service", code="crashed", detail=detail))


def _words(error: InvalidSubmission) -> str:
    return "; ".join(f"{problem.pointer}: {problem.message}" for problem in error.problems) or error.detail
