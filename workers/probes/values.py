"""The reductions that every statistic is made of, by the kernels that were measured to be cheap.

On CPU the sum of squares is a dot product (10 times faster than `norm`), extremes come from `aminmax`, and
counts are sums of a comparison written as floats (4 times faster than summing a bool tensor). Reading a scalar
there costs 0.3 µs, so it is read at once and an expensive count is skipped where the extremes answer it.
Elsewhere nothing may wait for the device: everything is computed, and stays there as a scalar.

float32 squares vanish below 1e-19 and overflow above 1e19. Tensors of that kind are summed in float64: on CPU
where the extremes say so, on other devices always.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from workers.probes.numbers import Number
from workers.probes.once import once

_TINY, _HUGE = 1e-12, 1e12
"""Between these magnitudes squares and sums of float32 are far from both ends of its range."""
_SHARED = 0.9
"""Below this share of all squares, what is left of them has lost no more than a digit."""
_MEASURED = (torch.float32, torch.float64)
_TINY_SQUARES, _HUGE_SQUARES = 1e-22, 1e30


class BatchMoments(NamedTuple):
    """Sums over a batch of `examples` × `units` values, from which mean, RMS and std over the batch follow."""

    total_of_means: Number
    """Σ over units of the unit's mean over the batch."""
    squares_of_means: Number
    """Σ over units of that mean squared."""
    squared_deviations: Number
    """Σ over all values of the squared distance to their unit's mean: free of cancellation."""
    examples: int
    units: int


class Values:
    """One tensor's reductions, each computed at most once; `eager` reads them at once (see the module)."""

    def __init__(self, tensor: Tensor, *, eager: bool) -> None:
        self.shape = tensor.shape
        self.count = tensor.numel()
        self.eager = eager
        flat = (tensor.detach() if tensor.requires_grad else tensor).reshape(-1)
        self.flat = flat if flat.dtype in _MEASURED else flat.float()

    @once
    def extremes(self) -> tuple[Number, Number]:
        """Smallest and largest value; both NaN where any value is."""
        lowest, highest = torch.aminmax(self.flat)
        return self._number(lowest), self._number(highest)

    @once
    def sum_squares(self) -> Number:
        """Σ x², right for |x| from 1e-38 to 1e38."""
        if self.eager:
            squares = self._squares
            if _TINY_SQUARES < squares < _HUGE_SQUARES or self._comfortable:
                return squares
        return self._number(torch.dot(self.wide, self.wide))

    @once
    def sum(self) -> Number:
        """Σ x."""
        return self._number(self.wide.sum())

    @once
    def zeros(self) -> Number:
        """How many values are exactly zero."""
        if not self.eager:
            return (self.flat == 0).sum()
        if not self.finite:
            return float((self.flat == 0).sum().item())
        signs = torch.sign(self.flat)
        return self.count - float(torch.dot(signs, signs).item())

    def nonzero_with(self, other: "Values") -> Number:
        """How many places are non-zero both here and in `other`, which has the same shape."""
        if not self.eager or not self.finite or not other.finite:
            return self._number(torch.count_nonzero(self.flat.bool() & other.flat.bool()))
        signs = torch.sign(self.flat).mul_(other.flat).sign_()
        return float(torch.dot(signs, signs).item())

    @once
    def nonfinite(self) -> Number:
        """How many values are NaN or infinite."""
        if self.eager and self.finite:
            return 0.0
        return self._number(self.count - torch.isfinite(self.flat).sum())

    @once
    def finite(self) -> bool:
        """Whether every value is finite; only where reading is free (`eager`)."""
        return math.isfinite(self.sum_squares)

    def above(self, limit: float) -> Number:
        """How many values are > `limit`."""
        if self.eager and self.extremes[1] <= limit:
            return 0.0
        return self._count(torch.gt, self.flat, limit)

    def below(self, limit: float | Tensor) -> Number:
        """How many values are < `limit`."""
        if self.eager and "extremes" in vars(self) and self.extremes[0] >= limit:
            return 0.0
        return self._count(torch.lt, self.flat, limit)

    def magnitude_above(self, limit: float) -> Number:
        """How many values have |x| > `limit`."""
        if self.eager and self.sum_squares <= limit * limit:
            return 0.0
        return self._count(torch.gt, self.flat.abs(), limit)

    def magnitude_below(self, limit: float | Tensor) -> Number:
        """How many values have |x| < `limit`, zeros included."""
        return self._count(torch.lt, self.flat.abs(), limit)

    @once
    def batch_moments(self) -> BatchMoments:
        """Moments with the first axis as the batch and every other place as a unit."""
        examples = self._rows[0]
        squares_of_means = self._number(torch.dot(self._totals, self._totals)) / examples**2
        return BatchMoments(
            total_of_means=self._number(self._totals.sum()) / examples,
            squares_of_means=squares_of_means,
            squared_deviations=self._deviations(examples * squares_of_means),
            examples=examples,
            units=self._totals.numel(),
        )

    def _deviations(self, common: Number) -> Number:
        """Σ of squared distances to the units' means, of which `common` is the rest of Σ x².

        The difference of the two is exact enough where it is a good part of them; else it costs a pass.
        """
        if self.eager and common < _SHARED * self.sum_squares < math.inf:
            return self.sum_squares - common
        examples, rows = self._rows
        deviations = torch.sub(rows, self._totals, alpha=1 / examples).view(-1)
        return self._number(torch.dot(deviations, deviations))

    def silent_units(self, axis: int) -> tuple[Number, int]:
        """How many units along `axis` are zero everywhere else (batch and places), and how many units there are.

        Only of values ≥ 0, which are all zero where their sum is.
        """
        places = self._totals.view(self.shape[1:])
        axis = axis % len(self.shape) - 1
        units = places.shape[axis]
        others = [other for other in range(places.dim()) if other != axis]
        loud = torch.count_nonzero(places.sum(others) if others else places)
        return self._number(units - loud), units

    def squares_along(self, axis: int, indices: Tensor) -> list[Number]:
        """Σ x² of the slices at `indices` of `axis`, each for itself."""
        slices = self.wide.view(self.shape).index_select(axis, indices)
        others = [other for other in range(slices.dim()) if other != axis]
        sums = slices.square().sum(others)
        return list(sums.tolist()) if self.eager else list(sums.unbind())

    @once
    def _rows(self) -> tuple[int, Tensor]:
        """The batch size, and the values as (batch, units)."""
        examples = self.shape[0] if self.shape else 1
        return examples, self.wide.view(examples, -1)

    @once
    def _totals(self) -> Tensor:
        """Each unit's sum over the batch."""
        return self._rows[1].sum(0)

    @once
    def wide(self) -> Tensor:
        """The values in a dtype in which their squares neither vanish nor overflow."""
        return self.flat if self.eager and self._comfortable else self.flat.double()

    @once
    def _comfortable(self) -> bool:
        """Whether squares of float32 are right here: all are, or the extremes say so where the sum is odd."""
        if _TINY_SQUARES < self._squares < _HUGE_SQUARES:
            return True
        lowest, highest = self.extremes
        magnitude = max(-lowest, highest)
        return not (0 < magnitude <= _TINY or _HUGE <= magnitude < math.inf)

    @once
    def _squares(self) -> Number:
        """Σ x² in the values' own dtype."""
        return self._number(torch.dot(self.flat, self.flat))

    def _count(self, compare: Callable[..., Tensor], values: Tensor, limit: float | Tensor) -> Number:
        if not self.eager:
            return compare(values, limit).sum()
        return float(compare(values, limit, out=torch.empty_like(values)).sum().item())

    def _number(self, scalar: Tensor) -> Number:
        return float(scalar.item()) if self.eager else scalar
