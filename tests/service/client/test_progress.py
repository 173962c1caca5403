import pytest

from service.client.progress import progress, watched
from tests.service.client.diagnoses import diagnosis, run


def test_only_what_moved_is_said() -> None:
    said: list[str] = []
    states = [diagnosis(status="queued", progress=0.0)] * 3 + [diagnosis()]
    assert watched(states, said.append) == states[-1]
    assert said == ["  queued       0 %", "  succeeded  100 %"]


def test_runs_under_way_are_told_with_step_and_loss() -> None:
    runs = (
        run(status="running", seed=2),
        run(),
        run(status="running", role="validation", variant="validation"),
    )
    line = progress(diagnosis(status="running", phase="trying", progress=0.5, runs=runs))
    assert line == "  trying      50 %  baseline seed 2: step 65/100 loss 0.5"


def test_nothing_cannot_be_watched() -> None:
    with pytest.raises(ValueError, match="nothing to watch"):
        watched([], print)
