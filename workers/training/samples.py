"""How good a generator's samples are: the one outcome of adversarial training that has a zero and a one."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

MOST, FEWEST = 512, 16
"""Samples, and examples that they are compared with: their distances fill a matrix."""
VALUES = 2**24
"""Numbers in them all together: some copies of as many fit into 1 GiB, and one core compares them within seconds."""


def sample_skill(make: Callable[[int], Tensor], real: Tensor, batch: int, noise: float = 0.0) -> float:
    """1 - energy distance of made examples from real ones / that of the real ones' mean from them.

    `make` gives so many examples shaped as `real`, (n, *shape); it is asked for at most `batch` at once. `noise` is the
    standard deviation of what every batch of real examples has on top, and so has what is compared here. 1 is the
    data's own distribution, 0 what one constant example reaches, below 0 is worse. NaN where made examples are not
    finite, or all real ones are alike. Both sides are drawn from torch's global generator; of large examples there are
    fewer.
    """
    samples = max(FEWEST, min(MOST, VALUES // max(1, real[0].numel())))
    real = real[torch.randperm(len(real))[:samples].to(real.device)]
    if noise:
        real = real + noise * torch.randn_like(real)
    with torch.no_grad():
        made = torch.cat([make(min(batch, samples - at)) for at in range(0, samples, batch)])
    points, copies = (each.detach().cpu().double().flatten(1) for each in (real, made))
    lazy = energy_distance(points.mean(0, keepdim=True), points)
    return 1 - energy_distance(copies, points) / lazy if lazy > 0 else math.nan


def energy_distance(made: Tensor, real: Tensor) -> float:
    """2 E‖x - y‖ - E‖x - x'‖ - E‖y - y'‖ of points (n, d), which is 0 for equal distributions alone.

    Székely and Rizzo (2013), "Energy statistics". Estimated without bias, so that few points are no handicap: of equal
    distributions it comes out a little above or below 0.
    """
    return float(2 * torch.cdist(made, real).mean() - _spread(made) - _spread(real))


def _spread(points: Tensor) -> Tensor:
    """Mean distance of different points; a single one has none."""
    n = len(points)
    return torch.cdist(points, points).sum() / max(1, n * (n - 1))
