"""How many steps a run takes and what they cost: from the plan and the network, never from the clock.

The cost of a step is counted in multiply-adds. Backward costs about twice what forward does, so a step is 3
times the forward pass of its batch. Beside arithmetic, every layer costs its dispatch (forward, backward and
optimiser about 100 µs together, the time of 1e6 multiply-adds at the 1e10 per second that one CPU core
reaches), and a recurrent layer a fifth of that at each time step, which it cannot do in parallel.

`quick` allows 2e11 multiply-adds for a run, so about 20 s on one core, and 300 steps: sick verdicts are
settled at the first probes, healthy ones within some hundred steps. `full` allows ten times that and 2000
steps. No run is cut below 32 steps, before which a bad start cannot be told from an illness; a network for
which even that is over the limit `multiply_adds` is refused.
"""

from dataclasses import dataclass
from math import ceil, prod
from typing import Final

from service.schemas.planned import Plan
from service.schemas.submission import Submission
from service.schemas.training import Training

FEWEST_STEPS: Final = 32
LAYER_OVERHEAD: Final = 1e6
TIME_STEP_OVERHEAD: Final = 2e5


@dataclass(frozen=True)
class Profile:
    """What `auto` allows for one run."""

    steps: int
    multiply_adds: float


PROFILES: Final = {"quick": Profile(300, 2e11), "full": Profile(2000, 2e12)}


def planned_steps(submission: Submission, examples: int) -> int:
    """Steps of the team's plan; the last batch of an epoch may be smaller."""
    training = submission.training
    if training.steps is not None:
        return training.steps
    return (training.epochs or 1) * ceil(examples / training.batch_size)


def step_cost(training: Training, plan: Plan) -> float:
    """Multiply-adds of one training step, overheads included; an adversarial step trains the critic more often."""
    passes = 1 + training.loss.critic_steps if training.loss.type == "Wasserstein" else 1
    overhead = LAYER_OVERHEAD * len(plan.layers) + TIME_STEP_OVERHEAD * _time_steps(plan)
    return passes * (3.0 * plan.multiply_adds * training.batch_size + overhead)


def run_steps(submission: Submission, plan: Plan, planned: int) -> int:
    """Steps that a run takes: what `probing` says, at most the plan."""
    probing = submission.probing
    if probing.steps != "auto":
        return min(probing.steps, planned)
    profile = PROFILES[probing.profile]
    affordable = int(profile.multiply_adds / step_cost(submission.training, plan))
    return min(planned, profile.steps, max(FEWEST_STEPS, affordable))


def _time_steps(plan: Plan) -> int:
    """Sequential steps of all recurrent layers; stacked ones and both directions follow one another."""
    found = 0
    for planned in plan.planned:
        if planned.layer.family == "recurrent":
            stacked = getattr(planned.spec, "num_layers", 1) * (
                1 + getattr(planned.spec, "bidirectional", False)
            )
            entering = planned.inputs[0] if planned.inputs else planned.layer.output
            found += stacked * prod(entering.shape[:1])
    return found
