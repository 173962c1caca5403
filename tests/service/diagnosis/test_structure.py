from dataclasses import replace
from typing import Any

from service.schemas.data import DatasetInfo
from service.schemas.onnx import ImportReport, NamedShape, OnnxSpec
from tests.service.diagnosis.structures import ending, of


def network(layers: list[Any], **fields: Any) -> dict[str, Any]:
    return {
        "network": {"input": {"shape": [4]}, "layers": layers, **fields},
        "training": {"loss": "MSELoss", "optimizer": "SGD"},
    }


def test_the_tail_is_every_activation_after_the_last_layer_that_computes() -> None:
    structure = ending("ReLU", "Dropout", "Softmax", "Flatten")
    assert [layer.type for layer in structure.tail] == ["ReLU", "Softmax"]


def test_the_tail_ends_where_values_are_joined() -> None:
    layers = [
        {"type": "Linear", "out_features": 3, "name": "first"},
        {"type": "Tanh", "name": "mine"},
        {"type": "Linear", "out_features": 3, "name": "other"},
    ]
    (structure,) = of(network([*layers, {"op": "add", "from": ["other", "mine"]}, "Sigmoid"]))
    assert [layer.type for layer in structure.tail] == ["Sigmoid"]


def test_arguments_are_found_where_they_were_written_in_blocks_and_repeats_too() -> None:
    layers = [
        {"repeat": 2, "body": [{"type": "Linear", "out_features": 4, "bias": False}]},
        {"residual": {"body": [{"type": "LeakyReLU", "negative_slope": 0.3}]}},
        {"use": "own", "with": {"low": -4}},
    ]
    block = {"parameters": {"low": None}, "layers": [{"type": "Hardtanh", "min_val": "$low", "max_val": 2}]}
    (structure,) = of(network(layers, blocks={"own": block}))
    by_type = {layer.type: layer for layer in structure.layers}
    assert structure.argument(by_type["Linear"], "bias", True) is False
    assert structure.argument(by_type["LeakyReLU"], "negative_slope", 0.01) == 0.3
    assert structure.argument(by_type["Hardtanh"], "max_val", 1) == 2
    assert structure.argument(by_type["Hardtanh"], "min_val", -1) == -1


def test_an_upload_is_judged_by_what_is_known_of_it() -> None:
    digest = "sha256:" + "0" * 64
    written = network([{"type": "Linear", "out_features": 1}]) | {
        "data": {"source": "dataset", "digest": digest}
    }
    info = DatasetInfo(
        digest=digest, bytes=1, examples=8, x_shape=(4,), x_dtype="float", y_shape=(), y_dtype="int"
    )
    assert of(written)[0].answer is None
    assert of(written, info)[0].answer.kind == "class"


def test_a_file_takes_the_data_that_its_report_names() -> None:
    digest = "sha256:" + "0" * 64
    (written,) = of(
        network([{"type": "Linear", "out_features": 10}])
        | {
            "data": {"source": "builtin", "name": "digits"},
            "training": {"loss": "CrossEntropyLoss", "optimizer": "SGD"},
        }
    )
    file = written.submission.model_copy(update={"network": OnnxSpec(onnx=digest)})
    shape = NamedShape(name="x", shape=(1, 8, 8))
    report = ImportReport(input=shape, output=shape, opset=17, producer="torch")
    assert replace(written, submission=file).answer is None
    assert replace(written, submission=file, imported=report).answer.classes == 10
