import pytest

from service.client.report import Report
from tests.service.client.diagnoses import diagnosis, finding, remedy


@pytest.mark.parametrize(
    ("verdict", "ok"),
    [("healthy", True), ("warning", True), ("unstable", False), ("inconclusive", False), (None, False)],
)
def test_only_a_good_verdict_is_ok(verdict: str | None, ok: bool) -> None:
    assert Report(diagnosis(verdict=verdict)).ok is ok


def test_what_did_not_end_is_not_ok() -> None:
    assert not Report(diagnosis(status="failed", verdict="healthy")).ok


def test_it_speaks_of_its_diagnosis() -> None:
    ended = diagnosis(verdict="unstable", findings=(finding(),), remedies=(remedy(),))
    report = Report(ended)
    assert (report.verdict, report.summary) == ("unstable", "All is well.")
    assert (report.findings, report.remedies) == (ended.findings, ended.remedies)
    assert "helps: replace-activation-relu" in str(report)
