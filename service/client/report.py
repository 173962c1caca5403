"""What a check found, as an object that prints and shows itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.client.page import page
from service.client.profile import profile_of
from service.client.text import render
from service.schemas.diagnosis import Diagnosis, Finding, Verdict
from service.schemas.remedy import Remedy


@dataclass(frozen=True)
class Report:
    """A diagnosis that ended with a verdict; `print(report)` tells it, and a notebook draws it."""

    diagnosis: Diagnosis
    rows: Sequence[Mapping[str, Any]] = ()
    """Layer statistics of the last probe, for the depth profile."""
    notes: Sequence[str] = ()
    """What the export has to say, one sentence each."""

    @property
    def verdict(self) -> Verdict | None:
        """`healthy`, `warning`, `unstable` or `inconclusive`."""
        return self.diagnosis.verdict

    @property
    def ok(self) -> bool:
        """There is a verdict, and it is `healthy` or `warning`; `inconclusive` is neither."""
        return self.diagnosis.status == "succeeded" and self.verdict in {"healthy", "warning"}

    @property
    def summary(self) -> str:
        """The verdict and its cause in one sentence."""
        return self.diagnosis.summary or ""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The cause first, then what else was found."""
        return self.diagnosis.findings

    @property
    def remedies(self) -> tuple[Remedy, ...]:
        """What was tried, whether it helps, and how to do the same."""
        return self.diagnosis.remedies

    def __str__(self) -> str:
        notes = "".join(f"\nnote: {note}" for note in self.notes)
        return render(self.diagnosis, self.rows) + notes

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return page(self.diagnosis, profile_of(self.diagnosis, self.rows), self.notes)
