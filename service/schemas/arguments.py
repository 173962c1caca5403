"""Which arguments belong to which loss, optimiser and schedule: torch's own signatures, as a table."""

from typing import Final

from service.schemas.training import LossType, OptimizerType

_ANY_OPTIMIZER: Final = frozenset({"type", "lr", "weight_decay", "maximize"})
_ADAM: Final = frozenset({"betas", "eps"})

OPTIMIZER_ARGUMENTS: Final[dict[OptimizerType, frozenset[str]]] = {
    "SGD": _ANY_OPTIMIZER | {"momentum", "dampening", "nesterov"},
    "Adam": _ANY_OPTIMIZER | _ADAM | {"amsgrad", "decoupled_weight_decay"},
    "AdamW": _ANY_OPTIMIZER | _ADAM | {"amsgrad"},
    "RMSprop": _ANY_OPTIMIZER | {"alpha", "eps", "momentum", "centered"},
    "Adagrad": _ANY_OPTIMIZER | {"lr_decay", "initial_accumulator_value", "eps"},
    "Adadelta": _ANY_OPTIMIZER | {"rho", "eps"},
    "Adamax": _ANY_OPTIMIZER | _ADAM,
    "NAdam": _ANY_OPTIMIZER | _ADAM | {"momentum_decay", "decoupled_weight_decay"},
    "RAdam": _ANY_OPTIMIZER | _ADAM | {"decoupled_weight_decay"},
    "ASGD": _ANY_OPTIMIZER | {"lambd", "alpha", "t0"},
    "Rprop": (_ANY_OPTIMIZER - {"weight_decay"}) | {"etas", "step_sizes"},
    "Adafactor": _ANY_OPTIMIZER | {"beta2_decay", "d"},
}
"""By torch.optim class."""

_ANY_LOSS: Final = frozenset({"type", "reduction"})
_LOGITS: Final = frozenset({"from_logits"})

LOSS_ARGUMENTS: Final[dict[LossType, frozenset[str]]] = {
    "CrossEntropyLoss": _ANY_LOSS | _LOGITS | {"label_smoothing"},
    "NLLLoss": _ANY_LOSS | _LOGITS,
    "BCELoss": _ANY_LOSS | _LOGITS,
    "BCEWithLogitsLoss": _ANY_LOSS | _LOGITS,
    "MSELoss": _ANY_LOSS,
    "L1Loss": _ANY_LOSS,
    "SmoothL1Loss": _ANY_LOSS | {"beta"},
    "HuberLoss": _ANY_LOSS | {"delta"},
    "KLDivLoss": _ANY_LOSS | _LOGITS,
    "HingeEmbeddingLoss": _ANY_LOSS | {"margin"},
    "MultiMarginLoss": _ANY_LOSS | {"margin"},
    "MultiLabelSoftMarginLoss": _ANY_LOSS,
    "SoftMarginLoss": _ANY_LOSS,
    "PoissonNLLLoss": _ANY_LOSS | {"log_input"},
    "GaussianNLLLoss": _ANY_LOSS,
    "CosineEmbeddingLoss": _ANY_LOSS | {"margin"},
    "CTCLoss": _ANY_LOSS | _LOGITS | {"blank", "zero_infinity"},
    "Wasserstein": frozenset({"type", "critic_steps", "weight_clip", "gradient_penalty"}),
}
"""By torch.nn class; `from_logits` where a network can end in either logits or probabilities."""

PROBABILITY_LOSSES: Final = frozenset({"NLLLoss", "BCELoss", "KLDivLoss", "CTCLoss"})
"""Losses of (the logarithms of) probabilities: the network itself applies the softmax or sigmoid."""

_ANY_SCHEDULE: Final = frozenset({"type", "warmup_steps"})

SCHEDULE_ARGUMENTS: Final[dict[str, frozenset[str]]] = {
    "constant": _ANY_SCHEDULE,
    "step": _ANY_SCHEDULE | {"gamma", "step_size"},
    "multistep": _ANY_SCHEDULE | {"gamma", "milestones"},
    "exponential": _ANY_SCHEDULE | {"gamma"},
    "cosine": _ANY_SCHEDULE | {"final_factor"},
    "linear": _ANY_SCHEDULE | {"final_factor"},
    "one-cycle": _ANY_SCHEDULE,
}
"""By the schedule's type."""
