"""SageMaker Debugger's built-in rules at their documented defaults."""

from benchmarks.accuracy.comparators.tool import (
    MEAN_OF_RMS,
    Alarms,
    Tool,
    View,
    above,
    below,
    named,
    saturated,
)

VANISHED = 1e-7
DEAD = 0.5
LARGEST_UPDATE, SMALLEST_UPDATE = 10.0, 1e-8
VARIANCE_RATIO, GRADIENT_RANGE, PATIENCE = 10.0, 1e-3, 5
P5_TO_P95 = 3.29
"""In standard deviations of a normal distribution."""
BOUNDS = {"Tanh": 9.4999, "Sigmoid": 16.99999}


def detect(view: View) -> Alarms:
    """Any step at which a rule returns True raises its alarm."""
    rows = [row for step in view.steps for _, row in view.weighted(step)]
    every = [row for step in view.steps for _, row in view.rows(step)]
    updates, gradients = [row.update_ratio for row in rows], [row.weight_gradient_rms for row in rows]
    counts = [
        c for row in every for c in (row.weight_gradient_nonfinite_count, row.activation_nonfinite_count)
    ]
    return named(
        (
            ("VanishingGradient", "vanishing", any(below(g, VANISHED / MEAN_OF_RMS) for g in gradients)),
            ("AllZero", "vanishing", any(row.weight_gradient_zero_share == 1 for row in rows)),
            ("ExplodingTensor", "exploding", view.lost or any(above(count, 0) for count in counts)),
            ("DeadRelu", "vanishing", any(above(row.activation_dead_share, DEAD) for row in every)),
            ("SaturatedActivation", "vanishing", any(saturated(view, step, BOUNDS) for step in view.steps)),
            ("WeightUpdateRatio", None, any(above(u, LARGEST_UPDATE) or below(u, SMALLEST_UPDATE) for u in updates)),
            ("PoorWeightInitialization", None, _badly_begun(view)),
        )
    )  # fmt: skip


def _badly_begun(view: View) -> bool:
    """Variances of weights a factor of ten apart or a narrow gradient, and a loss that does not fall at first."""
    first = [row for _, row in view.weighted(view.steps[0])]
    variances = [row.weight_rms**2 for row in first if row.weight_rms]
    uneven = bool(variances) and max(variances) / min(variances) > VARIANCE_RATIO
    narrow = any(below(row.weight_gradient_rms, GRADIENT_RANGE / P5_TO_P95) for row in first)
    losses = view.losses[: PATIENCE + 1]
    return (uneven or narrow) and not min(losses[1:], default=losses[0]) < losses[0]


TOOL = Tool(
    "SageMaker Debugger",
    "docs.aws.amazon.com/sagemaker: VanishingGradient, AllZero, ExplodingTensor, DeadRelu, SaturatedActivation, "
    "WeightUpdateRatio, PoorWeightInitialization at their defaults",
    "means of |gradient|, percentiles and inputs of activations follow from an RMS as if normally distributed; AllZero "
    "is asked of weight gradients alone; LossNotDecreasing is left out, as its default fires on every noisy loss",
    detect,
)
