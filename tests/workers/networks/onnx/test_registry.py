import pytest

from workers.networks.onnx.document import PAGE, TABLE, page, table
from workers.networks.onnx.registry import find, operator, operators


def test_a_behaviour_is_found_by_the_opset_of_the_file():
    old, new = find("Softmax", "", 12), find("Softmax", "", 13)
    assert (old.until, new.since) == (12, 13)
    assert find("HardSwish", "", 13) is None
    assert find("Relu", "com.microsoft", 20) is None
    assert find("NonMaxSuppression", "", 20) is None


def test_an_operator_that_is_built_already_is_not_built_twice():
    with pytest.raises(ValueError, match="Softmax at opset 13 is already built"):
        operator("Softmax", since=12, until=13)(lambda call: call)
    assert len(operators()["Softmax"]) == 2


def test_the_page_of_operators_is_what_the_registry_says():
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m workers.networks.onnx.document"


def test_the_api_s_table_of_operators_is_what_the_registry_says():
    assert TABLE.read_text(encoding="utf-8") == table(), "run python -m workers.networks.onnx.document"


def test_every_operator_says_what_it_does():
    assert all(entry.build.__doc__ for found in operators().values() for entry in found)
