"""The command from end to end on a handful."""

from pathlib import Path

import pytest

from benchmarks.accuracy.command import QUICK, main
from benchmarks.accuracy.corpus import corpus
from benchmarks.accuracy.split import part_of


def test_the_handful_is_of_the_part_that_may_be_looked_at() -> None:
    chosen = [item for item in corpus() if item.name in QUICK]
    assert len(chosen) == len(QUICK)
    assert {part_of(item.program) for item in chosen} == {"tune"}


def test_the_held_out_part_is_not_opened_unasked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--rejudge", "--cache", str(tmp_path)]) == 0
    printed = capsys.readouterr()
    assert "## Tune" in printed.out
    assert "Held-out" not in printed.out
    assert "have no traces yet" in printed.err


@pytest.mark.slow
def test_a_handful_is_trained_judged_and_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--quick", "--cache", str(tmp_path)]) == 0
    assert "Gradient Clinic" in capsys.readouterr().out
