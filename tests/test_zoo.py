"""Every patient of the zoo is trained, probed and judged, and gets the finding that it must get."""

import pytest

from tests.diagnosing import diagnose
from tests.zoo import HEALTHY, SICK, Patient


@pytest.mark.parametrize("patient", SICK, ids=lambda patient: patient.name)
def test_the_sick_are_found_with_their_cause(patient: Patient) -> None:
    judgement = diagnose(patient.submission)
    assert judgement.verdict == patient.verdict, judgement.summary
    assert judgement.findings[0].rule == patient.cause


@pytest.mark.parametrize("patient", HEALTHY, ids=lambda patient: patient.name)
def test_the_healthy_are_called_healthy(patient: Patient) -> None:
    judgement = diagnose(patient.submission)
    assert judgement.verdict == "healthy", judgement.summary
