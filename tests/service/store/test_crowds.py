"""Workers, sweeps, cancellations and settlements on the same rows: no deadlock, nothing done twice."""

from functools import partial

from service.schemas.query import DiagnosisFilter
from service.schemas.race import Move
from service.store import diagnoses, runs, statistics
from service.store.database import Database
from service.store.runs import Claim
from tests.service.store.examples import at_once, created, layer_rows, outcome
from tests.service.store.racers import Script, candidate, request
from tests.service.store.uploads import imported, submitted

ALL = DiagnosisFilter()
ENDED = {"succeeded", "failed", "canceled"}


def script() -> Script:
    """Two rounds of trials, with variants whose layers two diagnoses enter at the same time."""
    first = (candidate("a", width=16), candidate("b", width=32))
    return Script(
        [
            Move(candidates=first, runs=tuple(request(name, seed) for name in "ab" for seed in (0, 1))),
            Move(candidates=(candidate("c"),), runs=(request("c", round_=2), request("b", round_=2))),
        ]
    )


def work(database: Database, names: list[str], owner: int) -> list[str]:
    """What a worker does until everything has ended; returns what it brought to an end."""
    ended: list[str] = []
    while any(each.status not in ENDED for each in diagnoses.page(database, ALL, None, 50).items):
        for run in runs.take_for_sending(database, 5, 0.0):
            claim = runs.claim(database, run, str(owner), 60, 3)
            if claim is not None:
                _do(database, claim)
                ended += settle_all(database, [claim.diagnosis_id])
        ended += settle_all(database, names if owner % 2 else names[::-1])
    return ended


def _do(database: Database, claim: Claim) -> None:
    if claim.order.role == "validation":
        runs.validated(database, claim, imported())
        return
    statistics.append(database, claim, layers=layer_rows(range(2)))
    runs.renew(database, claim, 60)
    runs.finish(database, claim, outcome())


def sweep(database: Database) -> list[str]:
    """What a sweep does, over and over; returns what it brought to an end."""
    ended: list[str] = []
    for _ in range(10):
        runs.expire(database, 3)
        runs.unsend(database, runs.take_for_sending(database, 6, 0.0))
        ended += settle_all(database, runs.unsettled(database))
    return ended


def settle_all(database: Database, names: list[str]) -> list[str]:
    mind = script().mind()
    return [name for name in names if diagnoses.settle(database, name, mind) == "succeeded"]


def test_everything_at_once_ends_in_order(database):
    names = [created(database, seeds=3) if place % 3 else submitted(database) for place in range(7)]

    def stop() -> list[str]:
        diagnoses.cancel(database, names[1])
        diagnoses.delete(database, names[2])
        return []

    jobs = [partial(work, database, names, place) for place in range(4)]
    jobs += [partial(sweep, database), partial(sweep, database), stop]
    ended = [name for share in at_once(lambda job: job(), jobs) for name in share]
    assert len(ended) == len(set(ended))
    for name in set(names) - {names[1], names[2]}:
        found = diagnoses.get(database, name)
        assert (found.status, found.error) == ("succeeded", None)
        assert [remedy.name for remedy in found.remedies] == ["a", "b", "c"]
        assert {run.status for run in found.runs} == {"succeeded"}
        assert [run.round for run in found.runs if run.role == "trial"] == [1, 1, 1, 1, 2, 2]
