"""What a file that means harm must come to: a reason, soon, without memory taken."""

import resource
import time

import pytest

from workers.networks.onnx.load import load
from workers.networks.onnx.read import read
from workers.networks.onnx.refusal import RefusedNetwork


def refused(data, match=None, limits=None):
    started, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(RefusedNetwork, match=match) as caught:
        load(read(data if isinstance(data, bytes) else data.SerializeToString(), limits))
    assert time.monotonic() - started < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 600_000
    assert caught.value.whose == "client"
    assert len(caught.value.detail) < 5_000
    return caught.value
