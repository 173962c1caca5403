"""Preprocessing of inputs with the training data's own statistics, each feature for itself."""

from torch import Tensor

from service.schemas.data import Preprocess


def preprocess(x: Tensor, how: Preprocess) -> Tensor:
    """Inputs (n, *features) standardised to mean 0 and variance 1, or moved to [0, 1].

    A feature that never changes becomes 0. Tokens stay as they are; a NaN makes its whole feature NaN.
    """
    if how == "none" or not x.is_floating_point():
        return x
    if how == "standardize":
        return _divide(x - x.mean(0), x.std(0, correction=0))
    low = x.amin(0)
    return _divide(x - low, x.amax(0) - low)


def _divide(x: Tensor, scale: Tensor) -> Tensor:
    return x / scale.masked_fill(scale == 0, 1.0)
