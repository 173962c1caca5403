"""Faults from practice, and sound networks that are often taken for ill, get the finding that they must get."""

import pytest

from tests.diagnosing import diagnose
from tests.zoo import Patient
from tests.zoo_practice import HEALTHY, SICK


@pytest.mark.parametrize("patient", SICK, ids=lambda patient: patient.name)
def test_the_sick_are_found_with_their_cause(patient: Patient) -> None:
    judgement = diagnose(patient.submission)
    assert judgement.verdict == patient.verdict, judgement.summary
    assert judgement.findings[0].rule == patient.cause


@pytest.mark.parametrize("patient", HEALTHY, ids=lambda patient: patient.name)
def test_the_healthy_are_called_healthy(patient: Patient) -> None:
    judgement = diagnose(patient.submission)
    assert judgement.verdict == "healthy", judgement.summary
