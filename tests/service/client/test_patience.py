import httpx
import pytest

from service.client import Client, NotChecked, ServiceError
from service.client.patience import Patience
from tests.service.client.clinic import FakeClinic
from tests.service.client.diagnoses import diagnosis


def patient(fake: FakeClinic, slept: list[float], attempts: int = 4) -> Client:
    patience = Patience(attempts=attempts, pause=1.0, sleep=slept.append)
    return Client("http://clinic", transport=fake.transport, patience=patience)


def test_a_service_that_is_restarted_is_asked_again_with_growing_pauses() -> None:
    slept: list[float] = []
    fake = FakeClinic(
        diagnosis(), outages=[httpx.ConnectError("no"), httpx.ReadTimeout("slow"), httpx.Response(503)]
    )
    with patient(fake, slept) as clinic:
        assert clinic.get("dg_1").id == "dg_1"
    assert slept == [1.0, 2.0, 4.0]


def test_a_pause_that_the_service_asks_for_is_kept_within_reason() -> None:
    slept: list[float] = []
    busy = [httpx.Response(429, headers={"Retry-After": text}) for text in ("7", "9999", "soon")]
    with patient(FakeClinic(diagnosis(), outages=busy), slept) as clinic:
        clinic.get("dg_1")
    assert slept == [7.0, 30.0, 4.0]


def test_patience_ends() -> None:
    fake = FakeClinic(diagnosis(), outages=[httpx.ConnectError("no")] * 9)
    with patient(fake, []) as clinic, pytest.raises(NotChecked):
        clinic.get("dg_1")
    assert len(fake.requests) == 4


def test_a_submission_is_sent_again_only_with_a_key() -> None:
    for key, sent in (("k", 2), (None, 1)):
        fake = FakeClinic(diagnosis(), outages=[httpx.ReadTimeout("slow")])
        with patient(fake, []) as clinic:
            if key is None:
                with pytest.raises(NotChecked):
                    clinic.diagnose("project: p")
            else:
                clinic.diagnose("project: p", idempotency_key=key)
        assert len(fake.requests) == sent
        assert {request.headers.get("idempotency-key") for request in fake.requests} == {key}


def test_a_submission_that_never_reached_the_service_is_sent_again_without_a_key() -> None:
    fake = FakeClinic(diagnosis(), outages=[httpx.ConnectError("no")])
    with patient(fake, []) as clinic:
        clinic.diagnose("project: p")
    assert len(fake.requests) == 2


def test_what_is_wrong_is_not_sent_again() -> None:
    fake = FakeClinic(diagnosis(), outages=[httpx.Response(422, json={})])
    with patient(fake, []) as clinic, pytest.raises(ServiceError):
        clinic.get("dg_1")
    assert len(fake.requests) == 1
