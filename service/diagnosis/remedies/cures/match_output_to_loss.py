"""An ending that the loss takes: logits for a fused loss, as many units as there are classes, the task's own loss.

What it changes: activations that the network ends in are taken away and the loss that has them inside is used
(softmax with CrossEntropyLoss, sigmoid with BCEWithLogitsLoss); a missing one is put there; one unit for many classes
becomes as many units; classes get a loss for classes, and numbers one for numbers.

When it helps: softmax over one unit, softmax taken twice, raw numbers where probabilities are expected, mean errors
for classes: half of the faulty programs of practice.

When it does not: where output and loss go together. A head that saturated needs new weights besides, so it is tried
with these too.

Source: Goodfellow et al. (2016), section 6.2.2; faults collected by Islam et al. (2019) and Humbatova et al. (2020).
"""

from collections.abc import Iterator
from functools import partial

from service.diagnosis.remedies.case import Case, Proposal
from service.diagnosis.remedies.endings import fused, headed, lossed, restored
from service.diagnosis.remedies.registry import remedy


@remedy(
    "match-output-to-loss",
    answers={
        "output-loss-mismatch": 8, "attenuated-loss-gradient": 10, "no-gradient": 12,
        "non-finite-gradient": 12, "non-finite-origin": 12, "unbounded-objective": 14, "not-learning": 20,
        "diverging-training": 44, "learning-rate-too-low": 48, "dead-units": 50, "target-scale": 50,
        "vanishing-signal": 50, "loss-reduction-scale": 60, "vanishing-gradient": 60,
    },
    pairs=("reinitialize", "use-adaptive-optimizer", "raise-learning-rate"),
)  # fmt: skip
def propose(case: Case) -> Iterator[Proposal]:
    """Fuse, put a missing activation there, give as many units as classes, change the loss."""
    kind = _fused_for(case)
    yield from case.offer(
        "fused",
        f"The network ends without an activation, and the loss is {kind}.",
        partial(fused, loss=kind),
        torch=f"loss = nn.{kind}(); the last layer is nn.Linear without an activation",
        keras=f"{_KERAS.get(kind, kind)}(from_logits=True), and no activation in the last layer",
    )
    classes = _classes(case)
    if classes is not None:
        yield from case.offer(
            "units",
            f"The network ends in {classes} units without an activation, and the loss is CrossEntropyLoss.",
            partial(headed, units=classes, loss="CrossEntropyLoss"),
            torch=f"nn.Linear(n, {classes}) at the end; loss = nn.CrossEntropyLoss()",
            keras=f"Dense({classes}) at the end; SparseCategoricalCrossentropy(from_logits=True)",
            later=-1 if classes > 2 and case.table.structure.units == 1 else 1,
        )
    yield from case.offer(
        "activation",
        "The network ends in the activation that its loss expects.",
        restored,
        torch="a final nn.LogSoftmax(-1) before nn.NLLLoss, nn.Sigmoid() before nn.BCELoss",
        keras='Dense(k, activation="softmax") before categorical_crossentropy',
        later=2,
    )
    yield from case.offer(
        "loss",
        "The loss is one for the task, on the same output.",
        lossed,
        torch="nn.CrossEntropyLoss() for classes, nn.MSELoss() for numbers",
        keras="SparseCategoricalCrossentropy(from_logits=True) for classes, MeanSquaredError() for numbers",
        later=3,
    )


_KERAS = {"CrossEntropyLoss": "SparseCategoricalCrossentropy", "BCEWithLogitsLoss": "BinaryCrossentropy"}


def _fused_for(case: Case) -> str:
    """The loss for the task that has the last activation inside."""
    structure = case.table.structure
    answer = structure.answer
    if case.submission.training.loss.type == "Wasserstein":
        return "Wasserstein"
    if answer is not None and answer.kind == "real":
        kept = case.submission.training.loss.type
        return kept if kept in {"MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss"} else "MSELoss"
    return "CrossEntropyLoss" if structure.units > 1 else "BCEWithLogitsLoss"


def _classes(case: Case) -> int | None:
    """How many units the data's classes need, where the network ends in another number or in one."""
    structure = case.table.structure
    classes = structure.answer.classes if structure.answer and structure.answer.kind == "class" else None
    target = structure.target.classes if structure.target else None
    wanted = classes or target
    return wanted if wanted and wanted > 1 and structure.units < wanted else None
