"""Hand-made evidence: a chain of Linear and activation layers with whatever numbers a test wants."""

from collections.abc import Mapping, Sequence
from typing import Any

from service.diagnosis.signals import Signals, signals_of
from service.schemas.evidence import Evidence, RunEvidence
from service.schemas.plan import Layer, Tensor
from service.schemas.run import NonFinite, Outcome, StopReason
from service.schemas.statistics import LayerStatistics, NetworkStatistics
from service.schemas.submission import Submission

WIDTH = 16


def submission(**training: Any) -> Submission:
    """A submission whose training can be set; the network in it does not matter to the rules."""
    plan = {"loss": {"type": "CrossEntropyLoss"}, "optimizer": {"type": "SGD", "lr": 0.1}} | training
    network = {"input": {"shape": [WIDTH]}, "layers": [{"type": "Linear", "out_features": 10}]}
    return Submission.model_validate({"network": network, "training": plan})


def chain(hidden: int, activation: str = "Sigmoid") -> tuple[Layer, ...]:
    """`hidden` pairs of Linear and activation, then a Linear head."""
    layers: list[Layer] = []

    def add(name: str, kind: str, parameters: int, size: int) -> None:
        depth = len(layers)
        layers.append(
            Layer(
                depth=depth, network="main", name=name, type=kind, inputs=(depth - 1,),
                output=Tensor(shape=(size,)), family="linear" if kind == "Linear" else "activation",
                parameters=parameters, multiply_adds=0, pointer="",
            )
        )  # fmt: skip

    for index in range(hidden):
        add(f"h.{index}.linear", "Linear", WIDTH * WIDTH, WIDTH)
        add(f"h.{index}.{activation.lower()}", activation, 0, WIDTH)
    add("head", "Linear", WIDTH * 10, 10)
    return tuple(layers)


def outcome(**fields: Any) -> Outcome:
    """An outcome of a run that learned nothing, unless told otherwise."""
    stopped: StopReason = "budget"
    known: dict[str, Any] = {
        "steps_run": 65, "stopped": stopped, "first_loss": 2.3, "last_loss": 2.3, "best_loss": 2.3,
        "trivial_loss": 2.3, "skill": 0.0, "accuracy": 0.1, "device": "cpu", "engine": "test", "seconds": 0.1,
    }  # fmt: skip
    return Outcome(**(known | fields))


def statistics(
    layers: Sequence[Layer],
    step: int = 0,
    *,
    by_activation: Mapping[str, Sequence[float]],
    **everywhere: float,
) -> list[LayerStatistics]:
    """One probe: each statistic of `by_activation` runs along the activations, `everywhere` holds at all layers."""
    activations = [layer.depth for layer in layers if layer.family == "activation"]
    rows = []
    for layer in layers:
        values: dict[str, Any] = (
            {"update_ratio": 1e-3, "weight_gradient_rms": 1e-3} if layer.parameters else {}
        )
        if layer.depth in activations:
            index = activations.index(layer.depth)
            values |= {"activation_rms": 1.0, "activation_batch_std": 0.5, "output_gradient_rms": 1e-3}
            values |= {name: profile[index] for name, profile in by_activation.items()}
        rows.append(LayerStatistics(depth=layer.depth, step=step, **(values | everywhere)))
    return rows


def run(
    layers: Sequence[Layer],
    *,
    seed: int = 0,
    by_activation: Mapping[str, Sequence[float]] | None = None,
    later: Mapping[str, Sequence[float]] | None = None,
    losses: Sequence[float] = (2.3, 2.3),
    input_rms: float = 1.0,
    nonfinite: NonFinite | None = None,
    everywhere: Mapping[str, float] | None = None,
    **fields: Any,
) -> RunEvidence:
    """One run probed at steps 0, 32 and 64; `later` replaces the profiles from step 32 on."""
    first = by_activation or {}
    rows = [
        row
        for step in (0, 32, 64)
        for row in statistics(
            layers, step, by_activation=first if step == 0 or later is None else later, **(everywhere or {})
        )
    ]
    return RunEvidence(
        seed=seed,
        outcome=outcome(first_nonfinite=nonfinite, **fields),
        network=tuple(
            NetworkStatistics(
                step=step, loss=loss, input_rms=input_rms, input_min=-input_rms, input_max=input_rms
            )
            for step, loss in enumerate(losses)
        ),
        layers=tuple(rows),
    )


def evidence(
    layers: tuple[Layer, ...], *runs: RunEvidence, planned_steps: int = 1000, **training: Any
) -> Evidence:
    """Runs of one network."""
    return Evidence(submission=submission(**training), layers=layers, planned_steps=planned_steps, runs=runs)


def signals(
    layers: tuple[Layer, ...], one: RunEvidence, planned_steps: int = 1000, **training: Any
) -> Signals:
    """The view of one run that a rule gets."""
    return signals_of(evidence(layers, one, planned_steps=planned_steps, **training), one)[0]


def geometric(first: float, last: float, count: int) -> list[float]:
    """A profile that grows by the same factor from layer to layer."""
    return [first * (last / first) ** (index / (count - 1)) for index in range(count)]
