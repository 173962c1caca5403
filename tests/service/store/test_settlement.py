import threading

import pytest
from sqlalchemy import select

from service.schemas.diagnosis import Judgement
from service.schemas.evidence import Evidence
from service.schemas.run import Failure
from service.store import diagnoses, runs, statistics
from service.store.measurements import layer_summaries
from service.store.mind import Mind
from service.store.tables import finding_layers, findings, layers
from tests.service.store.examples import (
    accepted,
    claimed,
    created,
    finding,
    finished,
    judge,
    layer_rows,
    network_rows,
    outcome,
    profiles,
    run_ids,
)


def test_nothing_is_judged_before_all_runs_have_ended(database):
    diagnosis = created(database)
    assert diagnoses.settle(database, diagnosis, Mind(judge)) is None
    runs.finish(database, claimed(database, run_ids(database, diagnosis)[0]), outcome())
    assert diagnoses.settle(database, diagnosis, Mind(judge)) is None
    assert diagnoses.get(database, diagnosis).status == "running"


def test_the_judgement_is_saved_when_all_runs_have_ended(database):
    diagnosis = created(database)
    finished(database, diagnosis)
    assert diagnoses.settle(database, diagnosis, Mind(judge)) == "succeeded"
    found = diagnoses.get(database, diagnosis)
    assert (found.status, found.phase, found.progress) == ("succeeded", None, 1.0)
    assert (found.verdict, found.summary, found.rules_version) == ("unstable", "It vanishes.", "1")
    assert found.findings == (finding(),)
    assert found.finished_at is not None
    assert found.error is None


def test_a_diagnosis_that_is_thought_about_says_so(database):
    diagnosis = created(database)
    finished(database, diagnosis)
    seen = []

    def looking(evidence: Evidence) -> Judgement:
        seen.append(diagnoses.get(database, diagnosis))
        return judge(evidence)

    diagnoses.settle(database, diagnosis, Mind(looking))
    assert [(found.status, found.phase, found.verdict) for found in seen] == [("running", "judging", None)]


def test_settling_twice_does_nothing(database):
    diagnosis = created(database)
    finished(database, diagnosis)
    diagnoses.settle(database, diagnosis, Mind(judge))
    before = diagnoses.get(database, diagnosis)

    def never(evidence: Evidence) -> Judgement:
        raise AssertionError("judged twice")

    assert diagnoses.settle(database, diagnosis, Mind(never)) is None
    assert diagnoses.get(database, diagnosis) == before


def test_many_who_settle_at_once_judge_once(database):
    diagnosis = created(database)
    finished(database, diagnosis)
    judged: list[str] = []
    said: list[str | None] = []

    def counting(evidence: Evidence) -> Judgement:
        judged.append("once")
        return judge(evidence)

    threads = [
        threading.Thread(target=lambda: said.append(diagnoses.settle(database, diagnosis, Mind(counting))))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert judged == ["once"]
    assert sorted(map(str, said)) == ["None"] * 5 + ["succeeded"]


def test_a_judgement_that_falls_over_leaves_nothing_behind(database):
    diagnosis = created(database)
    finished(database, diagnosis)

    def falls(evidence: Evidence) -> Judgement:
        raise RuntimeError("a bug in a rule")

    with pytest.raises(RuntimeError):
        diagnoses.settle(database, diagnosis, Mind(falls))
    assert diagnoses.get(database, diagnosis).status == "running"
    assert runs.unsettled(database) == [diagnosis]
    assert diagnoses.settle(database, diagnosis, Mind(judge)) == "succeeded"


def test_one_failed_run_fails_the_diagnosis_and_spares_the_rest(database):
    diagnosis = created(database, seeds=3)
    first, second, third = run_ids(database, diagnosis)
    running = claimed(database, second)
    failure = Failure(whose="client", code="out-of-memory", detail="Too large.")
    runs.fail(database, claimed(database, first), failure)
    assert diagnoses.settle(database, diagnosis, Mind(judge)) == "failed"
    found = diagnoses.get(database, diagnosis)
    assert (found.status, found.error, found.verdict) == ("failed", failure, None)
    assert [run.status for run in found.runs] == ["failed", "canceled", "canceled"]
    assert not runs.renew(database, running, 60)
    assert runs.claim(database, third, "worker", 60, 3) is None


def test_a_canceled_or_missing_diagnosis_is_left_alone(database):
    diagnosis = created(database)
    diagnoses.cancel(database, diagnosis)
    assert diagnoses.settle(database, diagnosis, Mind(judge)) is None
    assert diagnoses.settle(database, "dg_gone", Mind(judge)) is None


def test_evidence_is_what_was_measured(database):
    diagnosis = created(database)
    measured = {
        "layers": layer_rows(range(3)),
        "network": network_rows(range(5)),
        "time_profiles": profiles(range(1)),
    }
    for place, run in enumerate(run_ids(database, diagnosis)):
        claim = claimed(database, run)
        statistics.append(database, claim, **measured)
        runs.finish(database, claim, outcome(last_loss=float(place)))
    found = diagnoses.evidence(database, diagnosis)
    request = accepted()
    assert found.submission == request.submission
    assert found.layers == request.plan.layers
    assert found.planned_steps == 1000
    assert [(run.seed, run.outcome.last_loss) for run in found.runs] == [(0, 0.0), (1, 1.0)]
    for run in found.runs:
        assert [(row.step, row.depth) for row in run.layers] == [
            (row.step, row.depth) for row in measured["layers"]
        ]
        assert run.layers[4].weight_gradient_rms == pytest.approx(1.0)
        assert run.layers[4].update_ratio is None
        assert [row.step for row in run.network] == list(range(5))
        assert run.network[3].loss == pytest.approx(0.625)
        assert run.time_profiles[0].model_dump_json() == measured["time_profiles"][0].model_dump_json()


def test_findings_can_be_searched_by_rule_and_layer(database):
    diagnosis = created(database)
    finished(database, diagnosis)
    said = (
        finding(layers=("first", "sigmoid")),
        finding("dead-units", ("head",), severity="warning", latent=True),
    )
    judgement = Judgement(verdict="unstable", summary="Ill.", findings=said, rules_version="1")
    diagnoses.settle(database, diagnosis, Mind(lambda evidence: judgement))
    with database.read() as connection:
        rows = connection.execute(
            select(findings.c.rule, findings.c.severity, findings.c.latent, finding_layers.c.name)
            .join(finding_layers)
            .order_by(findings.c.position, finding_layers.c.name)
        ).all()
    assert [tuple(row) for row in rows] == [
        ("vanishing-gradient", "error", False, "first"),
        ("vanishing-gradient", "error", False, "sigmoid"),
        ("dead-units", "warning", True, "head"),
    ]


def test_a_finding_without_layers_is_saved_too(database):
    diagnosis = created(database)
    finished(database, diagnosis)
    bare = finding(layers=("first",), starts_at=None).model_copy(update={"layers": None})
    judgement = Judgement(verdict="warning", summary="Data.", findings=(bare,), rules_version="1")
    diagnoses.settle(database, diagnosis, Mind(lambda evidence: judgement))
    assert diagnoses.get(database, diagnosis).findings == (bare,)


def test_every_layer_of_every_run_is_summarised_for_its_history(database):
    diagnosis = created(database)
    nan, inf = float("nan"), float("inf")
    for run in run_ids(database, diagnosis):
        claim = claimed(database, run)
        rows = [
            row.model_copy(update={"weight_gradient_rms": value, "activation_nonfinite_count": 2.0})
            for row, value in zip(layer_rows(range(4), range(1)), (3.0, inf, 1.0, nan), strict=True)
        ]
        statistics.append(database, claim, layers=rows)
        runs.finish(database, claim, outcome())
    diagnoses.settle(database, diagnosis, Mind(judge))
    query = select(layer_summaries, layers.c.name).join(layers, layers.c.id == layer_summaries.c.layer_id)
    with database.read() as connection:
        found = connection.execute(query).all()
    assert [row.name for row in found] == ["first", "first"]
    for row in found:
        assert (row.probes, row.last_step, row.nonfinite_count) == (4, 3, 8.0)
        assert row.weight_gradient_rms_last != row.weight_gradient_rms_last
        assert (row.weight_gradient_rms_min, row.weight_gradient_rms_max) == (1.0, inf)
        assert row.activation_rms_last == pytest.approx(0.125)
        assert (row.update_ratio_last, row.update_ratio_min) == (None, None)
