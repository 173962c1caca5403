import ast
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from service.__main__ import EXTRAS, ROOT, USAGE, commands, fingerprint, make_environment

SOURCE = ROOT / "service" / "__main__.py"


def test_it_imports_nothing_that_is_not_in_the_standard_library() -> None:
    tree = ast.parse(SOURCE.read_text())
    names = [
        name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
        )
    ]
    assert [name for name in names if name not in sys.stdlib_module_names] == []


def test_the_package_itself_imports_nothing() -> None:
    tree = ast.parse((ROOT / "service" / "__init__.py").read_text())
    assert not any(isinstance(node, ast.Import | ast.ImportFrom) for node in ast.walk(tree))


def test_every_verb_is_described_and_stands_for_commands() -> None:
    for verb in EXTRAS:
        assert f"  {verb} " in USAGE
        assert commands(verb, [])


def test_arguments_of_test_go_to_pytest() -> None:
    assert commands("test", ["-k", "zoo"]) == [["python", "-m", "pytest", "-k", "zoo"]]


def test_bench_runs_the_named_benchmark_or_all() -> None:
    assert commands("bench", ["probe_overhead", "--quick"]) == [
        ["python", "benchmarks/probe_overhead.py", "--quick"]
    ]
    assert commands("bench", []) == [
        ["python", "benchmarks/accuracy.py"],
        ["python", "benchmarks/probe_overhead.py"],
        ["python", "benchmarks/remedies.py"],
    ]


def test_the_fingerprint_is_stable_and_speaks_of_this_place() -> None:
    assert fingerprint() == fingerprint()
    assert len(fingerprint()) == 64


@pytest.mark.parametrize(("arguments", "code"), [([], 0), (["help"], 0), (["nonsense"], 2)])
def test_without_a_known_verb_it_explains_itself_and_installs_nothing(
    arguments: list[str], code: int, tmp_path: Path
) -> None:
    ended = subprocess.run(
        [sys.executable, str(SOURCE), *arguments], capture_output=True, text=True, timeout=30, cwd=tmp_path
    )
    assert ended.returncode == code
    assert "demo" in ended.stdout + ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_environment_without_pip_is_not_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def create(place: Path, *, with_pip: bool) -> None:
        (place / "bin").mkdir(parents=True)
        (place / "bin" / "python").touch()
        raise subprocess.CalledProcessError(1, ["python", "-m", "ensurepip"])

    monkeypatch.setattr(venv, "create", create)
    with pytest.raises(SystemExit, match="apt install python3-venv"):
        make_environment(tmp_path / ".venv")
    assert list(tmp_path.iterdir()) == []


def test_a_single_command_takes_the_place_of_the_one_who_asked_for_it() -> None:
    asked = (
        "import os, sys, service.__main__ as main\n"
        "main.PYTHON = main.Path(sys.executable)\n"
        "main.commands = lambda *_: [['python', '-c', 'import os; print(os.getpid(), os.getcwd())']]\n"
        "print(os.getpid())\n"
        "main.run('serve', [])\n"
    )
    ended = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, cwd=ROOT)
    before, after, place = ended.stdout.split()
    assert (before, Path(place)) == (after, ROOT)
