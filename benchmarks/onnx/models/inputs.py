"""What flows into the networks, always the same for the same batch."""

from collections.abc import Callable

import torch
from torch import Tensor


def noise(*shape: int) -> Callable[[int], Tensor]:
    """Normal numbers."""
    return lambda batch: torch.randn(batch, *shape, generator=torch.Generator().manual_seed(batch))


def tokens(length: int, vocab: int) -> Callable[[int], Tensor]:
    """Whole numbers; 0 to 3 are left out, as models give them a meaning."""
    return lambda batch: torch.randint(
        4, vocab, (batch, length), generator=torch.Generator().manual_seed(batch)
    )


def images(size: int, channels: int = 3) -> Callable[[int], Tensor]:
    """Square images of noise."""
    return noise(channels, size, size)
