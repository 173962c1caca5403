"""Measured data that scikit-learn ships: nothing is downloaded, values are as they were published."""

from typing import Any

import torch
from torch import Tensor

from service.schemas.catalogue import DataShape


def digits(_shape: DataShape) -> tuple[Tensor, Tensor]:
    """1797 handwritten digits of 8 x 8 grey values from 0 to 16."""
    from sklearn.datasets import load_digits

    return _classes(load_digits())


def iris(_shape: DataShape) -> tuple[Tensor, Tensor]:
    """Fisher's irises."""
    from sklearn.datasets import load_iris

    return _classes(load_iris())


def wine(_shape: DataShape) -> tuple[Tensor, Tensor]:
    """Chemical analyses of wines of three growers."""
    from sklearn.datasets import load_wine

    return _classes(load_wine())


def breast_cancer(_shape: DataShape) -> tuple[Tensor, Tensor]:
    """Wisconsin measures of cell nuclei; 0 is malignant."""
    from sklearn.datasets import load_breast_cancer

    return _classes(load_breast_cancer())


def diabetes(_shape: DataShape) -> tuple[Tensor, Tensor]:
    """Ten measures of 442 patients, scaled to unit length per column, and the disease score a year later."""
    from sklearn.datasets import load_diabetes

    bunch = load_diabetes()
    score = torch.as_tensor(bunch.target, dtype=torch.float32)
    return torch.as_tensor(bunch.data, dtype=torch.float32), score.reshape(-1, 1)


def _classes(bunch: Any) -> tuple[Tensor, Tensor]:
    x = torch.as_tensor(bunch.data, dtype=torch.float32)
    return x, torch.as_tensor(bunch.target, dtype=torch.int64)
