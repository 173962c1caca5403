import ast
import subprocess
import sys
from pathlib import Path

import pytest

from service.__main__ import EXTRAS, ROOT, USAGE, commands, fingerprint

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
    assert len(commands("bench", [])) == len(list((ROOT / "benchmarks").glob("*.py")))


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
