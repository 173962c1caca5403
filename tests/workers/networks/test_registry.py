import pytest
from torch import nn

from service.schemas.layers.registry import kinds as written_kinds
from workers.networks.registry import class_of, kind, kinds


def test_every_type_that_can_be_written_can_be_built():
    assert all(issubclass(class_of(layer_type), nn.Module) for layer_type in written_kinds())


def test_nothing_is_registered_that_nobody_can_write():
    assert set(kinds()) <= set(written_kinds())


def test_a_type_is_torchs_own_unless_it_is_registered():
    assert class_of("Linear") is nn.Linear
    assert class_of("LSTM") is not nn.LSTM


def test_a_type_that_has_a_class_is_not_given_another():
    class Another(nn.Module):
        pass

    with pytest.raises(ValueError, match="LSTM is already built by MemoryLayer"):
        kind("LSTM")(Another)
    assert class_of("LSTM") is not Another


@pytest.mark.parametrize("layer_type", ["functional", "Parameter", "Liner", "__name__", "init"])
def test_what_is_no_layer_is_refused(layer_type):
    with pytest.raises(KeyError):
        class_of(layer_type)
