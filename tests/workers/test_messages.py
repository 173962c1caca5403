"""Messages: JSON both ways, nothing unknown, nothing lost."""

import pytest
from pydantic import ValidationError

from service.schemas.statistics import LayerStatistics
from workers.messages import Batch, read_message, write_message


def test_nan_and_infinity_travel() -> None:
    row = LayerStatistics(depth=1, step=2, weight_rms=float("nan"), activation_max=float("-inf"))

    (read,) = read_message(write_message(Batch(layers=(row,)))).layers  # type: ignore[union-attr]

    assert read.weight_rms != read.weight_rms
    assert read.activation_max == float("-inf")
    assert read.activation_rms is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80\x04K\x01.",
        b"{}",
        b'{"kind": "launch"}',
        b'{"kind": "batch", "layers": [{"depth": 0}]}',
        b'{"kind": "finished"}',
    ],
)
def test_what_is_no_message_is_refused(data: bytes) -> None:
    with pytest.raises(ValidationError):
        read_message(data)
