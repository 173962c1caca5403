import os
import subprocess
import sys
from pathlib import Path


def demo(path: Path, temporary: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "service.cli", "demo", str(path)],
        env=os.environ | {"TMPDIR": str(temporary)},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    ended = demo(tmp_path / "none.yaml", tmp_path)
    assert (ended.returncode, ended.stderr) == (2, f"gradclinic: there is no file {tmp_path / 'none.yaml'}\n")


def test_what_is_wrong_with_a_submission_is_told_without_a_traceback(tmp_path: Path) -> None:
    path, temporary = tmp_path / "bad.yaml", tmp_path / "temporary"
    path.write_text("network: {input: {shape: [64]}, layers: [Sigmod]}")
    temporary.mkdir()
    ended = demo(path, temporary)
    assert ended.returncode == 1
    assert "hint: did you mean Sigmoid?" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert list(temporary.glob("gradclinic-demo-*")) == []
