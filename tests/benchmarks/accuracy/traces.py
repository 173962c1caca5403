"""Traces made by hand: a chain of layers, whatever numbers a test wants, as many seeds."""

from collections.abc import Sequence
from typing import Any

from benchmarks.accuracy.configuration import Configuration
from benchmarks.accuracy.labels import Labelled
from benchmarks.accuracy.traces import Trace
from service.schemas.evidence import Evidence, RunEvidence
from service.schemas.plan import Layer, Tensor
from service.schemas.run import Outcome
from service.schemas.statistics import LayerStatistics, NetworkStatistics
from service.schemas.submission import Submission

STEPS = (0, 1, 2, 4, 8, 16, 32, 39)
RAN = 40


def body(**data: Any) -> dict[str, Any]:
    return {
        "network": {"input": {"shape": [64]}, "layers": [{"type": "Linear", "out_features": 10}]},
        "training": {"loss": "CrossEntropyLoss", "optimizer": {"type": "SGD", "lr": 0.1}, "steps": RAN},
        "data": {"source": "builtin", "name": "digits"} | data,
    }


def layers(hidden: int = 2, activation: str = "ReLU") -> tuple[Layer, ...]:
    def layer(depth: int, kind: str) -> Layer:
        family: Any = "linear" if kind == "Linear" else "activation"
        return Layer(
            depth=depth, network="main", name=f"{kind.lower()}_{depth}", type=kind, family=family, inputs=(depth - 1,),
            output=Tensor(shape=(16,)), parameters=256 if family == "linear" else 0, multiply_adds=0, pointer="",
        )  # fmt: skip

    return tuple(layer(depth, "Linear" if depth % 2 == 0 else activation) for depth in range(2 * hidden + 1))


def run(
    seed: int = 0, *, losses: Sequence[float] | None = None, chain: tuple[Layer, ...] | None = None,
    by_depth: dict[int, dict[str, float]] | None = None, **outcome: Any,
) -> RunEvidence:  # fmt: skip
    """A sound run, unless told otherwise; `by_depth` overrides statistics of layers at every probe."""
    course = list(losses or [2.3 - 0.05 * step for step in range(RAN)])
    rows = []
    for step in STEPS:
        for layer in chain or layers():
            own: dict[str, float] = {
                "output_gradient_rms": 0.01,
                "activation_rms": 1.0,
                "activation_mean": 0.1 + 1e-3 * step,
            }
            if layer.parameters:
                own |= {
                    "weight_gradient_rms": 0.01, "weight_gradient_mean": 1e-3, "weight_gradient_zero_share": 0.0,
                    "weight_gradient_nonfinite_count": 0.0, "weight_rms": 0.1 + 1e-3 * step, "update_ratio": 1e-2,
                }  # fmt: skip
            rows.append(
                LayerStatistics(depth=layer.depth, step=step, **own | (by_depth or {}).get(layer.depth, {}))
            )
    known: dict[str, Any] = {
        "steps_run": len(course), "stopped": "planned", "first_loss": course[0], "last_loss": course[-1],
        "best_loss": min(course), "trivial_loss": 2.3,
        "skill": 1 - course[-1] / 2.3, "accuracy": 0.9, "device": "cpu", "engine": "test",
        "seconds": 0.1,
    }  # fmt: skip
    network = tuple(NetworkStatistics(step=step, loss=loss, accuracy=0.5) for step, loss in enumerate(course))
    return RunEvidence(seed=seed, outcome=Outcome(**known | outcome), network=network, layers=tuple(rows))


def trace(*runs: RunEvidence, chain: tuple[Layer, ...] | None = None) -> Trace:
    evidence = Evidence(
        submission=Submission.model_validate(body()),
        layers=chain or layers(),
        planned_steps=RAN,
        runs=runs or (run(),),
    )
    return Trace(evidence=evidence)


def skilled(*skills: float | None, **outcome: Any) -> Trace:
    """A trace of which only the skills matter."""
    return trace(*(run(seed, skill=skill, **outcome) for seed, skill in enumerate(skills)))


def case(label: Any, mechanism: str | None = None, *, evidence: Trace | None = None, **more: Any) -> Labelled:
    """A configuration of which the outcome is known."""
    configuration = Configuration(f"{label} {mechanism}", body(), body(), mechanism, **more)
    return Labelled(configuration, evidence or trace(), label, 0.0, 1.0)
