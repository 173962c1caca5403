"""`gradclinic.check` against a service of a few lines: what it sends, what it refuses, what it answers."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import gradclinic
import httpx
import numpy as np
import onnx
import pytest
import torch
from gradclinic import ExportFailed, Inexpressible, NotChecked, Report, ServiceError
from torch import nn

from service.client.checking import demand
from service.schemas.body.tree import Body
from service.schemas.run import Failure, Obstacle
from service.schemas.submission import Submission
from tests.service.client.clinic import FakeClinic
from tests.service.client.diagnoses import diagnosis, run
from tests.service.client.export.modules import Inexpressible as Unexportable
from tests.service.client.export.modules import Masked


@pytest.fixture(autouse=True)
def no_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_REPOSITORY", "GITHUB_REF_NAME", "GITHUB_HEAD_REF", "GITHUB_SHA", "GRADCLINIC_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def module() -> nn.Module:
    return nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Tanh(), nn.Linear(8, 3))


def checked(fake: FakeClinic, module: nn.Module, example: Any = None, **arguments: Any) -> Report:
    given = torch.randn(5, 4) if example is None else example
    said = {"loss": nn.CrossEntropyLoss(), "optimizer": "Adam"} | arguments
    return gradclinic.check(module, given, url="http://clinic", transport=fake.transport, **said)


def test_a_module_is_exported_uploaded_submitted_and_reported(
    module: nn.Module, capsys: pytest.CaptureFixture[str]
) -> None:
    fake = FakeClinic(*(diagnosis(status=status) for status in ("queued", "running", "succeeded")))
    x, y = torch.randn(20, 4), torch.randint(0, 3, (20,))
    optimizer = torch.optim.AdamW(module[3].parameters(), lr=0.01)
    report = checked(
        fake, module, optimizer=optimizer, data=(x, y), batch_size=10, epochs=3, trials="off", branch="b",
        probing={"seeds": 2}, project="team/net",
    )  # fmt: skip
    assert report.ok
    sent = Submission.model_validate(fake.submission)
    assert (sent.project, sent.branch, sent.training.batch_size, sent.training.epochs) == (
        "team/net",
        "b",
        10,
        3,
    )
    assert (sent.training.optimizer.type, sent.training.optimizer.lr) == ("AdamW", 0.01)
    assert (sent.trials.mode, sent.probing.seeds) == ("off", 2)
    assert fake.submission["network"]["freeze"] == ["0.*", "1.*"]
    network, data = (
        fake.files[fake.submission[place][key]] for place, key in (("network", "onnx"), ("data", "digest"))
    )
    assert "BatchNormalization" in [node.op_type for node in onnx.load_model_from_string(network).graph.node]
    assert data.startswith(b"PK")
    assert capsys.readouterr().out == ""


def test_it_goes_on_where_the_service_is_restarted(
    module: nn.Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    fake = FakeClinic(diagnosis(), outages=[httpx.ConnectError("no"), httpx.Response(503)])
    assert checked(fake, module, progress=False).verdict == "healthy"


def test_no_answer_is_not_checked(module: nn.Module, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.client.checking.PATIENCE", gradclinic.Client("http://x")._patience)
    with pytest.raises(NotChecked, match="does not answer"):
        checked(FakeClinic(outages=[httpx.ConnectError("refused")]), module)
    with pytest.raises(NotChecked, match="500 Internal"):
        checked(FakeClinic(outages=[httpx.Response(500, json={"title": "Internal error"})]), module)


@pytest.mark.parametrize("status", ["failed", "canceled"])
def test_work_that_could_not_be_done_is_not_checked(module: nn.Module, status: str) -> None:
    problems = (Obstacle(message="If occurs 3 times"),)
    error = Failure(whose="client", code="cannot-import", detail="It cannot be trained.", problems=problems)
    ended = diagnosis(status=status, verdict=None, error=error)
    with pytest.raises(NotChecked, match="If occurs 3 times") as raised:
        checked(FakeClinic(diagnosis(status="queued"), ended), module)
    assert raised.value.diagnosis == ended


def test_no_verdict_is_not_checked(module: nn.Module) -> None:
    with pytest.raises(NotChecked, match="there is no verdict"):
        checked(FakeClinic(diagnosis(verdict=None)), module)


def test_time_that_is_up_is_not_checked(module: nn.Module) -> None:
    with pytest.raises(NotChecked, match="dg_1 is running after 0 seconds; it goes on"):
        checked(FakeClinic(diagnosis(status="running")), module, timeout=0)


def test_a_refusal_lists_every_reason(module: nn.Module) -> None:
    refusal = {"title": "not valid", "problems": [{"pointer": "/training", "message": "no such loss"}]}
    fake = FakeClinic(diagnosis(), outages=[httpx.Response(422, json=refusal)])
    with pytest.raises(ServiceError, match="/training: no such loss"):
        checked(fake, module)


def test_what_cannot_be_exported_or_said_is_never_sent(module: nn.Module) -> None:
    fake = FakeClinic(diagnosis())
    with pytest.raises(ExportFailed, match="nothing was sent"):
        checked(fake, Unexportable())
    with pytest.raises(Inexpressible):
        checked(fake, module, loss=nn.TripletMarginLoss())
    with pytest.raises(Inexpressible, match="data is object"):
        checked(fake, module, data=object())
    assert fake.requests == []


def test_who_stops_the_check_stops_the_diagnosis(module: nn.Module, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("service.client.waiting.time.sleep", interrupt)
    fake = FakeClinic(diagnosis(status="running"))
    with pytest.raises(KeyboardInterrupt):
        checked(fake, module)
    assert fake.asked("POST")[-1] == "/v1/diagnoses/dg_1/cancel"


@pytest.mark.filterwarnings("ignore:.*torch.jit.script_method.*:DeprecationWarning")
def test_of_a_compiled_module_what_the_optimizer_does_not_hold_is_frozen_too(module: nn.Module) -> None:
    fake = FakeClinic(diagnosis())
    checked(fake, torch.compile(module), optimizer=torch.optim.SGD(module[3].parameters(), lr=0.1))
    assert fake.submission["network"]["freeze"] == ["0.*", "1.*"]


def test_an_unchanged_network_is_uploaded_once(module: nn.Module) -> None:
    fake, x = FakeClinic(diagnosis()), torch.randn(5, 4)
    for _ in range(2):
        checked(fake, module, x, progress=False)
    assert len(fake.asked("PUT")) == 1


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("digits", {"source": "builtin", "name": "digits"}),
        ({"source": "synthetic", "scale": 255}, {"source": "synthetic", "scale": 255}),
        (None, None),
    ],
)
def test_data_may_be_named_or_left_out(module: nn.Module, data: object, said: object) -> None:
    fake = FakeClinic(diagnosis())
    checked(fake, module, data=data)
    assert fake.submission.get("data") == said


def test_data_may_lie_in_a_file(module: nn.Module, tmp_path: Path) -> None:
    fake, path = FakeClinic(diagnosis()), tmp_path / "data.npz"
    np.savez(path, x=np.ones((3, 4), np.float32))
    for data in (path, str(path)):
        checked(fake, module, data=data)
        assert fake.files[fake.submission["data"]["digest"]] == path.read_bytes()


def test_other_inputs_are_filled_and_options_of_the_network_are_passed_on() -> None:
    fake = FakeClinic(diagnosis())
    example = {"tokens": torch.randint(0, 7, (3, 5)), "mask": torch.ones(3, 5)}
    checked(fake, Masked(), example, network={"weights": "reinitialize"})
    network = fake.submission["network"]
    assert (network["input"], network["fill"], network["weights"]) == (
        "tokens",
        {"mask": 1.0},
        "reinitialize",
    )
    assert Submission.model_validate(Body(fake.submission).tree).network is not None


def test_the_address_and_the_origin_come_from_the_environment(
    module: nn.Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADCLINIC_URL", "http://team.clinic")
    monkeypatch.setenv("GITHUB_REPOSITORY", "team/net")
    fake = FakeClinic(diagnosis())
    x = torch.randn(5, 4)
    gradclinic.check(module, x, loss="MSELoss", optimizer="SGD", transport=fake.transport)
    assert fake.requests[0].url.host == "team.clinic"
    assert fake.submission["project"] == "team/net"


def test_what_the_export_has_to_say_is_in_the_report(module: nn.Module) -> None:
    class Picky(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.head = nn.Linear(4, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.head(x) if x.sum() > -1e9 else self.head(-x)

    report = checked(FakeClinic(diagnosis(runs=(run(),))), Picky())
    assert "freezes branches" in str(report)
    assert "freezes branches" in report._repr_html_()


def test_what_has_to_be_installed_is_told() -> None:
    demand("onnx")
    with pytest.raises(ExportFailed, match="pip install not_there nor_this"):
        demand("not_there", "onnx", "nor_this")


def test_importing_it_loads_no_heavy_library() -> None:
    code = (
        "import sys, gradclinic; heavy = {'torch', 'numpy', 'onnx', 'flask', 'sqlalchemy', 'celery', 'workers'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd="/", timeout=60)
    assert (ended.stdout, ended.stderr) == ("[]\n", "")
