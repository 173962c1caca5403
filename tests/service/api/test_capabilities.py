"""What a deployment says of itself."""

from typing import Any

from flask.testing import FlaskClient

from service.app import create_app
from service.schemas.limits import Limits
from service.schemas.run import TERMINAL
from service.settings import Settings
from service.store.database import Database


def test_words_are_those_that_a_submission_is_written_in(client: FlaskClient) -> None:
    known = client.get("/v1/capabilities").json
    assert {"Linear", "Sigmoid"} <= set(known["layer_types"])
    assert "add" in known["operations"]
    assert {"CrossEntropyLoss", "Wasserstein"} <= set(known["losses"])
    assert {"SGD", "AdamW"} <= set(known["optimizers"])
    assert {"cosine", "one-cycle"} <= set(known["schedules"])
    assert known["precisions"] == ["fp32", "bf16", "fp16"]
    assert "digits" in {data["name"] for data in known["builtin_data"]}
    assert {"application/json", "application/yaml"} <= set(known["media_types"])
    assert "output_gradient_rms" in known["layer_statistics"]


def test_terminal_states_are_listed_so_that_no_client_waits_for_ever(client: FlaskClient) -> None:
    known = client.get("/v1/capabilities").json
    assert set(known["terminal_statuses"]) == TERMINAL
    assert set(known["terminal_statuses"]) < set(known["statuses"])


def test_limits_are_those_of_this_deployment(settings: Settings, database: Database, queue: Any) -> None:
    limited = settings.model_copy(update={"limits": Limits(steps=17)})
    client = create_app(limited, database=database, queue=queue).test_client()
    limits = client.get("/v1/capabilities").json["limits"]
    assert limits["steps"] == 17
    assert set(limits) == set(Limits.model_fields)


def test_what_can_be_found_tried_and_imported_is_listed(client: FlaskClient) -> None:
    known = client.get("/v1/capabilities").json
    assert {"vanishing-gradient", "exported-for-inference"} <= set(known["rules"])
    assert {"clip-gradients", "reinitialize"} <= set(known["remedies"])
    assert set(known["remedies"]) == {each["name"] for each in client.get("/v1/remedies").json["items"]}
    onnx = known["onnx"]
    assert (onnx["oldest_opset"], onnx["newest_opset"]) >= (7, 23)
    assert {"Conv", "LSTM", "LayerNormalization"} <= {each["name"] for each in onnx["operators"]}
    assert onnx["limits"]["nodes"] > 0
