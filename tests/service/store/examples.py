"""Small accepted submissions, and measurements as a worker would send them."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from service.schemas.diagnosis import Finding, Judgement, Span
from service.schemas.evidence import Evidence
from service.schemas.intake import Accepted, accept
from service.schemas.limits import Limits
from service.schemas.run import Outcome
from service.schemas.statistics import LayerStatistics, NetworkStatistics, TimeProfile
from service.schemas.submission import Submission
from service.store import diagnoses, runs
from service.store.database import Database
from service.store.runs import Claim


def accepted(
    *,
    project: str = "vision",
    branch: str | None = None,
    commit: str | None = None,
    seeds: int = 2,
    width: int = 8,
    mode: str = "auto",
) -> Accepted:
    """Two layers and an activation on digits."""
    submission = Submission.model_validate(
        {
            "network": {
                "input": {"shape": [64]},
                "layers": [
                    {"type": "Linear", "out_features": width, "name": "first"},
                    "Sigmoid",
                    {"type": "Linear", "out_features": 10, "name": "head"},
                ],
            },
            "training": {
                "loss": {"type": "CrossEntropyLoss"},
                "optimizer": {"type": "Adam", "lr": 1e-3},
                "batch_size": 64,
                "epochs": 30,
            },
            "probing": {"seeds": seeds},
            "data": {"source": "builtin", "name": "digits"},
            "project": project,
            "branch": branch,
            "commit": commit,
            "trials": {"mode": mode},
        }
    )
    request = accept(submission, Limits(), lambda digest: None)
    return replace(request, planned_steps=1000, run_steps=100)


def created(
    database: Database, *, key: str | None = None, digest: str = "sha256:0", **options: object
) -> str:
    """The name of a new diagnosis."""
    made = diagnoses.create(database, accepted(**options), body_digest=digest, idempotency_key=key)
    return made.id


def run_ids(database: Database, diagnosis: str) -> list[str]:
    return [run.id for run in diagnoses.get(database, diagnosis).runs]


def claimed(
    database: Database, run: str, *, owner: str = "worker", lease: float = 60, attempts: int = 3
) -> Claim:
    """A claim that must succeed."""
    claim = runs.claim(database, run, owner, lease, attempts)
    assert claim is not None
    return claim


def outcome(**changes: object) -> Outcome:
    values = {
        "steps_run": 100,
        "stopped": "budget",
        "first_loss": 2.3,
        "last_loss": 1.5,
        "best_loss": 1.4,
        "trivial_loss": 2.302,
        "skill": 0.35,
        "accuracy": 0.5,
        "device": "cpu",
        "engine": "gradclinic 0, torch 0",
        "seconds": 1.25,
    }
    return Outcome.model_validate({**values, **changes})


def layer_rows(steps: range, depths: range = range(3), value: float = 0.5) -> list[LayerStatistics]:
    return [
        LayerStatistics(
            depth=depth, step=step, weight_gradient_rms=value * (depth + 1), activation_rms=value / (step + 1)
        )
        for step in steps
        for depth in depths
    ]


def network_rows(steps: range) -> list[NetworkStatistics]:
    return [NetworkStatistics(step=step, loss=2.5 / (step + 1), learning_rate=1e-3) for step in steps]


def profiles(steps: range) -> list[TimeProfile]:
    return [
        TimeProfile(depth=1, step=step, times=(0, 5), gradient_rms=(1e-9, float("nan"))) for step in steps
    ]


def finished(database: Database, diagnosis: str) -> None:
    """Do every run of a diagnosis."""
    from service.store import statistics

    for run in run_ids(database, diagnosis):
        claim = claimed(database, run)
        assert statistics.append(database, claim, layers=layer_rows(range(3)), network=network_rows(range(3)))
        assert runs.finish(database, claim, outcome())


def finding(
    rule: str = "vanishing-gradient", layers: tuple[str, ...] = ("first",), **changes: object
) -> Finding:
    span = Span(
        first=layers[0], last=layers[-1], count=len(layers), of=3, names=layers, text=" to ".join(layers)
    )
    values = {
        "rule": rule,
        "code": "GC101",
        "severity": "error",
        "message": "The gradient vanishes.",
        "cause": "Sigmoids multiply it by at most a quarter.",
        "layers": span,
        "starts_at": layers[0],
        "seeds_shown": 2,
        "seeds": 2,
        "confidence": 0.9,
        "fingerprint": f"{rule} of {layers[0]}",
    }
    return Finding.model_validate({**values, **changes})


def judge(evidence: Evidence) -> Judgement:
    """Finds one illness in whatever it is shown."""
    assert evidence.runs
    return Judgement(verdict="unstable", summary="It vanishes.", findings=(finding(),), rules_version="1")


def at_once(work, places):
    """What every call gave, all of them made at the same time, each in a thread; raises what any of them raised."""
    places = list(places)
    with ThreadPoolExecutor(len(places)) as pool:
        return list(pool.map(work, places))
