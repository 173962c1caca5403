"""How good a generator's samples are: the one outcome of adversarial training that has a zero and a one."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

MOST, FEWEST = 512, 16
"""Samples, and examples that they are compared with: their distances fill a matrix."""
VALUES = 2**24
"""Numbers in them all together: as many as 128 MiB hold and some seconds of one core compare."""


def sample_skill(make: Callable[[int], Tensor], real: Tensor, batch: int) -> float:
    """1 - energy distance of made examples from real ones / that of the real ones' mean from them.

    `make` gives so many examples shaped as `real`, (n, *shape); it is asked for at most `batch` at once. 1 is the
    data's own distribution, 0 what one constant example reaches, below 0 is worse. NaN where made examples are not
    finite, or all real ones are alike. Both sides are drawn from torch's global generator; of large examples there are
    fewer.
    """
    samples = max(FEWEST, min(MOST, VALUES // max(1, real[0].numel())))
    real = real[torch.randperm(len(real))[:samples].to(real.device)]
    with torch.no_grad():
        made = torch.cat([make(min(batch, samples - at)) for at in range(0, samples, batch)])
    points, copies = (each.detach().cpu().double().flatten(1) for each in (real, made))
    lazy = energy_distance(points.mean(0, keepdim=True), points)
    return 1 - energy_distance(copies, points) / lazy if lazy > 0 else math.nan


def energy_distance(made: Tensor, real: Tensor) -> float:
    """2 E‖x - y‖ - E‖x - x'‖ - E‖y - y'‖ of points (n, d), which is 0 for equal distributions alone.

    Székely and Rizzo (2013), "Energy statistics".
    """
    between, within, among = (torch.cdist(a, b).mean() for a, b in ((made, real), (made, made), (real, real)))
    return float(2 * between - within - among)
