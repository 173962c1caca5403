"""The team's training plan, in torch's own words, and how much of it the clinic runs."""

from typing import Annotated, Literal

from pydantic import (
    BeforeValidator,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    NonPositiveFloat,
    PositiveFloat,
    PositiveInt,
    StrictBool,
)

from service.schemas.base import Input

Reduction = Literal["mean", "sum"]
Fraction = Annotated[float, Field(ge=0, lt=1)]


LossType = Literal[
    "CrossEntropyLoss", "NLLLoss", "BCELoss", "BCEWithLogitsLoss", "MSELoss", "L1Loss", "SmoothL1Loss",
    "HuberLoss", "KLDivLoss", "HingeEmbeddingLoss", "MultiMarginLoss", "MultiLabelSoftMarginLoss",
    "SoftMarginLoss", "PoissonNLLLoss", "GaussianNLLLoss", "CosineEmbeddingLoss", "CTCLoss", "Wasserstein",
]  # fmt: skip


class Loss(Input):
    """A torch.nn loss by class name, with its arguments; one that a type does not take is refused."""

    type: LossType
    """`Wasserstein` trains the two networks `generator` and `critic` against each other."""
    reduction: Reduction = "mean"
    from_logits: StrictBool | None = None
    """False: the network already ends in probabilities, which are clipped to [1e-7, 1 - 1e-7] as Keras does."""
    label_smoothing: Fraction = 0.0
    delta: PositiveFloat = 1.0
    """HuberLoss."""
    beta: PositiveFloat = 1.0
    """SmoothL1Loss."""
    margin: float = 1.0
    """Hinge and cosine losses."""
    log_input: StrictBool = True
    """PoissonNLLLoss."""
    blank: NonNegativeInt = 0
    """CTCLoss."""
    zero_infinity: StrictBool = False
    """CTCLoss."""
    critic_steps: PositiveInt = 5
    """Wasserstein: steps of the critic for each step of the generator."""
    weight_clip: PositiveFloat | None = None
    """Wasserstein: clamp of the critic's weights after each of its steps."""
    gradient_penalty: PositiveFloat | None = None
    """Wasserstein: weight of (‖∇‖ - 1)² between real and made examples."""


OptimizerType = Literal[
    "SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta", "Adamax", "NAdam", "RAdam", "ASGD", "Rprop", "Adafactor",
]  # fmt: skip


class Optimizer(Input):
    """A torch.optim class by name; arguments left out keep torch's defaults, foreign ones are refused."""

    type: OptimizerType
    lr: NonNegativeFloat | None = None
    momentum: NonNegativeFloat | None = None
    dampening: NonNegativeFloat | None = None
    nesterov: StrictBool | None = None
    betas: tuple[Fraction, Fraction] | None = None
    eps: NonNegativeFloat | None = None
    amsgrad: StrictBool | None = None
    alpha: Fraction | None = None
    centered: StrictBool | None = None
    rho: Fraction | None = None
    lr_decay: NonNegativeFloat | None = None
    initial_accumulator_value: NonNegativeFloat | None = None
    momentum_decay: NonNegativeFloat | None = None
    lambd: NonNegativeFloat | None = None
    t0: NonNegativeFloat | None = None
    etas: tuple[Annotated[float, Field(gt=0, lt=1)], Annotated[float, Field(gt=1)]] | None = None
    step_sizes: tuple[PositiveFloat, PositiveFloat] | None = None
    beta2_decay: NonPositiveFloat | None = None
    d: PositiveFloat | None = None
    decoupled_weight_decay: StrictBool | None = None
    weight_decay: NonNegativeFloat | None = None
    maximize: StrictBool | None = None


class Schedule(Input):
    """How the learning rate moves over the whole plan; every length is in steps."""

    type: Literal["constant", "step", "multistep", "exponential", "cosine", "linear", "one-cycle"] = (
        "constant"
    )
    warmup_steps: NonNegativeInt = 0
    """Linear from 0 to the rate."""
    gamma: PositiveFloat = 0.1
    """Factor of `step`, `multistep` (at each milestone) and `exponential` (per step)."""
    step_size: PositiveInt | None = None
    milestones: tuple[PositiveInt, ...] = ()
    final_factor: NonNegativeFloat = 0.0
    """Share of the rate that `cosine` and `linear` end at."""


class Clipping(Input):
    """Gradient clipping before the optimiser's step; both together are allowed, value first."""

    norm: PositiveFloat | None = None
    value: PositiveFloat | None = None


def _by_name(value: object) -> object:
    """A bare string is a type without arguments, as it is for layers."""
    return {"type": value} if isinstance(value, str) else value


class Training(Input):
    """What the team plans: a length in epochs or in steps, and everything that shapes a step."""

    loss: Annotated[Loss, BeforeValidator(_by_name, json_schema_input_type=Loss | LossType)]
    optimizer: Annotated[
        Optimizer, BeforeValidator(_by_name, json_schema_input_type=Optimizer | OptimizerType)
    ]
    batch_size: PositiveInt = 32
    epochs: PositiveInt | None = None
    steps: PositiveInt | None = None
    """Of `epochs` and `steps` exactly one is given; 1 epoch where neither is."""
    schedule: Schedule = Schedule()
    clip: Clipping = Clipping()
    l1: NonNegativeFloat = 0.0
    """Weight of the L1 penalty on all weights (weight decay belongs to the optimiser)."""
    precision: Literal["fp32", "bf16", "fp16"] = "fp32"
    precision_mode: Literal["autocast", "pure"] = "autocast"
    """`pure` keeps weights and optimiser state in the precision too."""
    loss_scale: PositiveFloat | Literal["dynamic"] | None = None
    """fp16 under autocast: `dynamic` where it is left out; 1 switches scaling off."""


class Probing(Input):
    """How much of the plan the clinic runs."""

    seeds: PositiveInt = 3
    steps: PositiveInt | Literal["auto"] = "auto"
    """`auto`: from the plan and the network's estimated cost, never from the clock."""
    profile: Literal["quick", "full"] = "quick"
    every_step: StrictBool = False
    """Probe every step instead of 0, 1, 2, 4, 8, ..., N-1."""
