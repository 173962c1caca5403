"""What is measured: one field here is one column of SQL, one key of JSON and one name on the page."""

from service.schemas.base import Measured, Output, Share


class LayerStatistics(Output):
    """What the probes saw at one layer at one training step; null where it does not apply.

    RMS means sqrt(mean(x²)) over all elements. Shares are in [0, 1]. All are of the values that the
    training itself computed, in its own precision, before clipping.
    """

    depth: int
    step: int
    """Steps done before this one: 0 is the first forward and backward of the fresh network."""

    weight_gradient_rms: Measured
    weight_gradient_max: Measured
    """Largest absolute value."""
    weight_gradient_mean: Measured
    weight_gradient_zero_share: Share
    """Share of elements that are exactly zero."""
    weight_gradient_nonfinite_count: Measured

    output_gradient_rms: Measured
    """RMS of the loss's gradient with respect to the layer's output."""
    output_gradient_max: Measured
    output_gradient_zero_share: Share
    output_gradient_nonfinite_count: Measured
    output_gradient_coherence: Measured
    """How far examples that pull the network's output the same way do so here: 1 there, 0 where they are unrelated.

    The regression of the cosines between every two examples' gradients on those at the output.
    """

    activation_mean: Measured
    activation_rms: Measured
    activation_batch_std: Measured
    """Root of the variance over the batch, averaged over units: how much the output depends on the example."""
    activation_max: Measured
    """Largest absolute value."""
    activation_saturated_share: Share
    """Share where the activation's derivative has nearly vanished: |tanh| > .97, σ' < .0125, |softsign| > .97."""
    activation_dead_share: Share
    """Share of units that are ≤ 0 after a rectifier for the whole batch."""
    activation_nonfinite_count: Measured

    weight_rms: Measured
    weight_row_spread: Share
    """RMS of each unit's weights around the mean unit's, over `weight_rms`: 0 where all units are identical."""
    update_ratio: Measured
    """‖Δw‖ / ‖w‖ of the step as it was really taken (after optimiser, clipping and decay)."""
    update_lost_share: Share
    """Share of weights with a non-zero gradient that the step left as they were, to the bit."""
    adam_epsilon_share: Share
    """Share of elements whose √v̂ is below Adam's eps."""
    underflow_share: Share
    """Share of non-zero weight gradients that are below the smallest normal number of the precision."""
    overflow_share: Share
    """Share of weight gradients or outputs that exceed the precision's largest finite number."""
    time_gradient_first_rms: Measured
    """Recurrent layers: RMS of the gradient with respect to the first time step's input."""
    time_gradient_last_rms: Measured
    """The same at the last time step; their ratio is the gradient's decay through time."""


class TimeProfile(Output):
    """Gradient with respect to the input of a recurrent layer, by time step (at most 64 evenly spread)."""

    depth: int
    step: int
    times: tuple[int, ...]
    gradient_rms: tuple[float, ...]


class NetworkStatistics(Output):
    """What was seen of the network at one step; `loss`, `learning_rate` and `skipped` at every one, else if probed."""

    step: int
    loss: Measured
    """Mean task loss of the step's batch, without penalties."""
    learning_rate: Measured
    skipped: Measured
    """1 where loss scaling skipped the step because gradients overflowed, else 0; null without loss scaling."""
    skill: Measured
    """1 - loss / loss of the trivial predictor: 0 knows nothing, 1 is perfect."""
    accuracy: Share
    gradient_norm: Measured
    """L2 norm over all parameters, before clipping."""
    clipped: Measured
    """1 where clipping changed the gradients of this step, else 0; null without clipping."""
    input_mean: Measured
    input_rms: Measured
    input_min: Measured
    input_max: Measured


LAYER_STATISTICS: tuple[str, ...] = tuple(
    name for name in LayerStatistics.model_fields if name not in {"depth", "step"}
)
NETWORK_STATISTICS: tuple[str, ...] = tuple(name for name in NetworkStatistics.model_fields if name != "step")
