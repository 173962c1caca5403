"""What is measured: one field here is one column of SQL, one key of JSON and one name on the page."""

from service.schemas.base import Measured, Output, Share


class LayerStatistics(Output):
    """What the probes saw at one layer at one training step; null where it does not apply.

    RMS means sqrt(mean(x²)) over all elements, max the largest absolute value. Shares are in [0, 1]. All are of
    the values that the training itself computed, in its own precision, before clipping, without the loss scale;
    sums are exact enough from 1e-38 to 1e38. One NaN or infinity makes RMS and max NaN or infinite; the counts
    say how many there are.

    Weights are a layer's trainable tensors of two or more dimensions, and the scale of a normalization, all
    together; biases are left out. A weight that two layers share is the first one's. A layer that runs more than
    once in a step is measured at the last run that gradients flow through. Of a linear, convolution or
    normalization layer that only activations, normalizations or sums follow, and of pooling, only RMS and
    non-finite count of the output and its gradient are taken; of dropout and layers that reshape, nothing.
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
    """Root of the mean over units of the variance over the batch: how much the output depends on the example.

    Every place of an image or a sequence is a unit of its own.
    """
    activation_max: Measured
    """Largest absolute value."""
    activation_saturated_share: Share
    """Share where the activation's derivative has nearly vanished: |tanh| > .97, σ' < .0125, |softsign| > .97.

    Of Hardtanh and Hardsigmoid the share at either end. A tanh RNN is measured by its output.
    """
    activation_dead_share: Share
    """Share of units of a ReLU that are 0 for the whole batch, at every place: channels after a convolution,
    else features."""
    activation_nonfinite_count: Measured

    weight_rms: Measured
    weight_row_spread: Share
    """RMS of each unit's weights around the mean unit's, over `weight_rms`: 0 where all units are identical."""
    update_ratio: Measured
    """‖Δw‖ / ‖w‖ of the step as it was really taken (after optimiser, clipping and decay).

    Null where both are zero, infinite where only the weights were.
    """
    update_lost_share: Share
    """Share of weights with a non-zero gradient that the step left as they were, to the bit."""
    adam_epsilon_share: Share
    """Share of elements whose √v̂ (bias-corrected) is below Adam's eps; null for other optimisers."""
    underflow_share: Share
    """Share of non-zero weight gradients that are below the smallest normal number of the precision.

    Of the gradients as the backward pass made them: times the loss scale.
    """
    overflow_share: Share
    """Share of weight gradients or of outputs, whichever is larger, beyond the precision's largest finite number."""
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
