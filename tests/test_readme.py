"""What the README tells a newcomer to type is typed here, in its order, against a deployment of real processes."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from service.cli.demo import deployment

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
ADDRESS = "http://127.0.0.1:8642"
ELSEWHERE = ("python3 -m service", "pip install", "export GRADCLINIC")
"""Commands that install or serve: others run them, and here they stand already."""


class Block(NamedTuple):
    """A block of code with the words before it."""

    before: str
    language: str
    code: str


def blocks(section: str) -> list[Block]:
    """Code of one section in its order."""
    text = README.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    assert text, f"the README has no section {section}"
    found = re.split(r"^```(\w*)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    return [Block(*found[place : place + 3]) for place in range(0, len(found) - 3, 3)]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with deployment(tmp_path_factory.mktemp("clinic")) as address:
        yield address


class Newcomer:
    """Types one block after the other into one folder."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        tools = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        self.environment = os.environ | {"GRADCLINIC_URL": url, "PATH": tools, "PYTHONWARNINGS": "ignore"}
        self.url = url

    def follow(self, section: str, **variables: str) -> list[str]:
        """What each command of a section printed."""
        return [self.type(block, variables) for block in blocks(section)]

    def type(self, block: Block, variables: dict[str, str]) -> str:
        """Save what is a file, run what is a command."""
        code = block.code.replace(ADDRESS, self.url)
        if block.language == "yaml":
            name = re.findall(r"`(\w+\.yaml)`", block.before)[-1]
            (self.folder / name).write_text(code)
            return ""
        lines = [line for line in code.splitlines() if not line.startswith(ELSEWHERE)]
        command = (
            [sys.executable, "-c", code]
            if block.language == "python"
            else ["bash", "-euo", "pipefail", "-c", "\n".join(lines)]
        )
        ended = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment | variables,
            capture_output=True,
            text=True,
            timeout=280,
        )
        assert ended.returncode in {0, 1}, ended.stderr
        assert "Traceback" not in ended.stderr, ended.stderr
        return ended.stdout


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory: pytest.TempPathFactory, url: str) -> Newcomer:
    return Newcomer(tmp_path_factory.mktemp("newcomer"), url)


def test_the_first_diagnosis(newcomer: Newcomer) -> None:
    (newcomer.folder / "network.yaml").write_text("")
    *_, validated, diagnosed = newcomer.follow("The first diagnosis")
    assert '"parameters":' in validated
    assert '"status":"' in diagnosed


def test_a_module_of_ones_own(newcomer: Newcomer) -> None:
    assert newcomer.follow("Your own module")[-1].startswith("HEALTHY")


def test_onnx_files_in_one_request_and_by_their_digest(newcomer: Newcomer) -> None:
    *_, at_once, by_digest = newcomer.follow("ONNX files")
    for answer in (at_once, by_digest):
        assert '"verdict":"healthy"' in answer


ILL = """
import gradclinic, torch
from torch import nn
body = [layer for _ in range(6) for layer in (nn.Linear(64, 64), nn.Sigmoid())]
report = gradclinic.check(
    nn.Sequential(*body, nn.Linear(64, 10)), torch.randn(8, 64), loss="CrossEntropyLoss",
    optimizer={"type": "Adam", "lr": 1e-3}, data="digits", batch_size=64, epochs=10, probing={"seeds": 1},
    trials={"mode": "only", "names": ["add-batch-norm"]},
)
print(report.diagnosis.id)
"""


def test_remedies(newcomer: Newcomer) -> None:
    diagnosis = newcomer.type(Block("", "python", ILL), {}).strip()
    (rows,) = newcomer.follow("Remedies", id=diagnosis, name="add-batch-norm")
    assert rows.startswith('{"items":[')
    assert "edits:" in (newcomer.folder / "repaired.yaml").read_text()
    assert b"BatchNormalization" in (newcomer.folder / "repaired.onnx").read_bytes()


def test_the_client_without_torch(newcomer: Newcomer) -> None:
    (newcomer.folder / "network.yaml").write_text(
        (ROOT / "examples" / "deep_sigmoid.yaml").read_text() + "trials: {mode: 'off'}\n"
    )
    assert newcomer.follow("The API")[-1].startswith("unstable The gradient vanishes over depth")


def test_a_step_of_ci(newcomer: Newcomer) -> None:
    (newcomer.folder / "network.yaml").write_text(
        (ROOT / "examples" / "deep_sigmoid.yaml").read_text() + "trials: {mode: 'off'}\n"
    )
    assert newcomer.follow("A CI step")[-1].startswith("\nUNSTABLE")


def test_the_script_among_the_examples(newcomer: Newcomer) -> None:
    script = (
        (ROOT / "examples" / "check_module.py")
        .read_text()
        .replace("len(sys.argv) > 1", "False")
        .replace('"auto"', '"off"')
    )
    (newcomer.folder / "check_module.py").write_text(script)
    printed = newcomer.type(Block("", "python", "import runpy; runpy.run_path('check_module.py')"), {})
    assert printed.startswith("UNSTABLE")
    assert "body.0" in printed
    assert "UNSTABLE" in (newcomer.folder / "report.html").read_text()


def test_everything_that_it_links_to_is_there() -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)\)", README)
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_its_figures_of_remedies_are_those_of_the_benchmark() -> None:
    results = (ROOT / "benchmarks" / "remedies" / "RESULTS.md").read_text()
    together, _, unseen = (line for line in results.splitlines() if line.startswith("| Gradient Clinic"))
    cells = [cell.split() for cell in together.split("|")[2:-1]]
    (cured, of), (wrong, checked) = (cells[place][-1].split("/") for place in (2, 5))
    others = unseen.split("|")[2].strip()
    said = " ".join(README.split())
    assert f"Of {of} sick networks, {others} of them of programs that the catalogue was not made on" in said
    assert (
        f"cure {cured} on seeds that their trials never saw, and {wrong} of {checked} was praised wrongly"
        in said
    )
