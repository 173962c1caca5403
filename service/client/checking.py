"""`gradclinic.check`: a live module in, a report out."""

import importlib.util
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx

from service.client.arrays import npz_of, pair_of
from service.client.errors import ExportFailed, Inexpressible
from service.client.globs import globs
from service.client.http import Client
from service.client.losses import loss_of
from service.client.optimizers import optimizing_of
from service.client.origins import origin
from service.client.patience import Patience
from service.client.report import Report
from service.client.waiting import diagnosed
from service.client.wrappers import unwrapped

if TYPE_CHECKING:
    from service.client.export import Exported

HERE: Final = "http://127.0.0.1:8642"
"""Where `gradclinic serve` listens."""
PATIENCE: Final = Patience(attempts=6)


def check(
    module: Any,
    example: Any,
    *,
    loss: object,
    optimizer: object,
    data: object = None,
    batch_size: int | None = None,
    epochs: int | None = None,
    steps: int | None = None,
    training: Mapping[str, Any] | None = None,
    probing: Mapping[str, Any] | None = None,
    trials: str | Mapping[str, Any] | None = None,
    network: Mapping[str, Any] | None = None,
    fill: Mapping[str, float] | None = None,
    project: str | None = None,
    branch: str | None = None,
    commit: str | None = None,
    url: str | None = None,
    timeout: float | None = None,
    progress: bool = True,
    transport: httpx.BaseTransport | None = None,
) -> Report:
    """Diagnose a live `nn.Module` as it trains: it is exported, uploaded, trained over several seeds, and judged.

    `example` is what the module is called with (a tensor, a tuple, a mapping), the batch first. `loss` and
    `optimizer` are objects of torch, names or mappings; parameters that the optimiser does not hold stay as they
    are. `data` is a pair of tensors or arrays, the name of a builtin set, the path of an `.npz`, or a mapping;
    without it the network is tried on made-up data that fit it. `training`, `probing` and `network` add what else
    a submission can say; `trials` is `auto`, `off`, `only` or a mapping. Project, branch and commit are read from
    the variables of GitHub and GitLab. `url` is the service, else `GRADCLINIC_URL`, else this machine.

    The module, its mode, its device and all random numbers stay as they are. Raises `ExportFailed` (nothing was
    sent), `Inexpressible` (an argument that a submission has no words for), `ServiceError` (refused, with every
    reason), and `NotChecked` where there is no verdict.
    """
    plan = _plan(loss, batch_size, epochs, steps, training)
    module = unwrapped(module)
    optimizing = optimizing_of(optimizer, module)
    source, content = _data(data)
    exported = _exported(module, example, fill)
    plan |= {"optimizer": optimizing.optimizer}
    if exported.batch is not None:
        plan.setdefault("batch_size", exported.batch)
    submission: dict[str, Any] = {
        "network": _network(exported, optimizing.frozen) | dict(network or {}),
        "training": plan,
        **({} if probing is None else {"probing": dict(probing)}),
        **({} if source is None else {"data": source}),
        **(
            {}
            if trials is None
            else {"trials": {"mode": trials} if isinstance(trials, str) else dict(trials)}
        ),
        **origin(os.environ, project=project, branch=branch, commit=commit),
    }
    address = url or os.environ.get("GRADCLINIC_URL") or HERE
    with Client(address, transport=transport, patience=PATIENCE) as client:
        return diagnosed(
            client,
            submission,
            say=_say if progress else _silent,
            network=exported.data,
            data=content,
            timeout=timeout,
            notes=exported.notes,
        )


def _exported(module: Any, example: Any, fill: Mapping[str, float] | None) -> "Exported":
    """Torch is imported here and not before."""
    demand("onnx", "onnxscript")
    from service.client.export import export

    return export(module, example, fill=fill)


def demand(*names: str) -> None:
    """Say what has to be installed before a module can be exported, where something has to."""
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    if missing:
        raise ExportFailed(
            f"exporting a module needs {' and '.join(missing)}: pip install {' '.join(missing)}"
        )


def _plan(
    loss: object,
    batch_size: int | None,
    epochs: int | None,
    steps: int | None,
    more: Mapping[str, Any] | None,
) -> dict[str, Any]:
    said = {"batch_size": batch_size, "epochs": epochs, "steps": steps}
    return (
        {"loss": loss_of(loss)}
        | {key: value for key, value in said.items() if value is not None}
        | dict(more or {})
    )


def _network(exported: "Exported", frozen: Sequence[str]) -> dict[str, Any]:
    """What is said beside the file: where the data go, what fills the rest, what is not trained."""
    said: dict[str, Any] = {"input": exported.input}
    if exported.fill:
        said["fill"] = dict(exported.fill)
    names = {exported.names[name] for name in frozen if name in exported.names}
    if names:
        said["freeze"] = globs(names, set(exported.names.values()))
    return said


def _data(data: object) -> tuple[dict[str, Any] | None, bytes | None]:
    """What the submission says of the data, and the file that goes with it."""
    if data is None:
        return None, None
    if isinstance(data, Mapping):
        return dict(data), None
    if isinstance(data, Path) or (isinstance(data, str) and data.endswith(".npz")):
        return None, Path(data).read_bytes()
    if isinstance(data, str):
        return {"source": "builtin", "name": data}, None
    pair = pair_of(data)
    if pair is None:
        raise Inexpressible(
            f"data is {type(data).__name__}; give a pair (x, y) of tensors or arrays, a TensorDataset, the path of "
            "an .npz, or the name of a builtin set"
        )
    return None, npz_of(*pair)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - this is what shows that it is not stuck


def _silent(_line: str) -> None:
    """Nothing."""
