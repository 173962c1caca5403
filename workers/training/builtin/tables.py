"""Measured data that scikit-learn ships: nothing is downloaded, values are as they were published.

The files are read directly: importing scikit-learn costs 2 s, which every run would pay in its own process.
"""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from service.schemas.catalogue import DataShape
from workers.errors import DataMissing


def digits(_shape: DataShape) -> tuple[Tensor, Tensor]:
    """1797 handwritten digits of 8 x 8 grey values from 0 to 16."""
    return _classes(_read("digits.csv.gz"))


def iris(_shape: DataShape) -> tuple[Tensor, Tensor]:
    """Fisher's irises."""
    return _classes(_read("iris.csv", skip=1))


def wine(_shape: DataShape) -> tuple[Tensor, Tensor]:
    """Chemical analyses of wines of three growers."""
    return _classes(_read("wine_data.csv", skip=1))


def breast_cancer(_shape: DataShape) -> tuple[Tensor, Tensor]:
    """Wisconsin measures of cell nuclei; 0 is malignant."""
    return _classes(_read("breast_cancer.csv", skip=1))


def diabetes(_shape: DataShape) -> tuple[Tensor, Tensor]:
    """Ten measures of 442 patients, each of mean 0 and unit length, and the disease score a year later."""
    raw = _read("diabetes_data_raw.csv.gz", delimiter=" ")
    x = (raw - raw.mean(0)) / (raw.std(0, correction=0) * len(raw) ** 0.5)
    return x.float(), _read("diabetes_target.csv.gz").float().reshape(-1, 1)


def _classes(table: Tensor) -> tuple[Tensor, Tensor]:
    """The last column is the class."""
    return table[:, :-1].float(), table[:, -1].long()


def _read(name: str, *, skip: int = 0, delimiter: str = ",") -> Tensor:
    spec = find_spec("sklearn")
    places = [] if spec is None else spec.submodule_search_locations or []
    for place in places:
        path = Path(place, "datasets", "data", name)
        if path.exists():
            return torch.from_numpy(np.loadtxt(path, delimiter=delimiter, skiprows=skip))
    raise DataMissing(f"scikit-learn's file {name} is not installed on this worker.")
