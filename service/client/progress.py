"""How a diagnosis gets on, as lines that appear only when something has moved."""

from collections.abc import Callable, Iterable

from service.client.numbers import number
from service.schemas.diagnosis import Diagnosis


def watched(states: Iterable[Diagnosis], say: Callable[[str], None]) -> Diagnosis:
    """The last of the states; each that looks other than the one before is said."""
    shown, latest = "", None
    for latest in states:
        line = progress(latest)
        if line != shown:
            say(line)
            shown = line
    if latest is None:
        raise ValueError("there is nothing to watch")
    return latest


def progress(diagnosis: Diagnosis) -> str:
    """Phase, share done, and of each run its step and loss."""
    under_way = [run for run in diagnosis.runs if run.status == "running" and run.role != "validation"]
    runs = ", ".join(
        f"{run.variant} seed {run.seed}: step {run.step}/{run.steps} loss {number(run.loss)}"
        for run in under_way
    )
    doing = diagnosis.phase if diagnosis.status == "running" and diagnosis.phase else diagnosis.status
    return f"  {doing:<10} {100 * diagnosis.progress:3.0f} %  {runs}".rstrip()
