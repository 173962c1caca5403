"""What one deployment takes: checked before anything is allocated, published at /v1/capabilities."""

from pydantic import PositiveFloat, PositiveInt

from service.schemas.base import Input


class Limits(Input):
    """Upper bounds of one submission; each refusal names the bound that it hit."""

    body_bytes: PositiveInt = 1_000_000
    """Bytes of a JSON or YAML body."""
    body_depth: PositiveInt = 40
    """Nesting depth of a JSON or YAML body."""
    body_nodes: PositiveInt = 50_000
    """Values in a body, after YAML anchors are expanded."""
    layers: PositiveInt = 2_000
    """Layers of all networks together, after repeats and blocks are expanded."""
    parameters: PositiveInt = 100_000_000
    """Trainable numbers of all networks together."""
    activation_values: PositiveInt = 200_000_000
    """Numbers in the outputs of all layers for one batch."""
    sequence_length: PositiveInt = 4_096
    """Steps of a sequence."""
    batch_size: PositiveInt = 8_192
    """Examples of a batch."""
    steps: PositiveInt = 10_000
    """Training steps of one run."""
    planned_steps: PositiveInt = 100_000_000
    """Training steps in a team's plan (of which a run does a part)."""
    seeds: PositiveInt = 20
    """Seeds of one diagnosis."""
    multiply_adds: PositiveFloat = 2e15
    """Estimated multiply-adds of one run, forward and backward."""
    dataset_bytes: PositiveInt = 200_000_000
    """Bytes of one uploaded data set."""
    network_bytes: PositiveInt = 500_000_000
    """Bytes of one uploaded ONNX file."""
    multipart_bytes: PositiveInt = 800_000_000
    """Bytes of a submission with its files in one request."""
    validation_seconds: PositiveFloat = 120.0
    """Wall time after which reading an uploaded ONNX file is given up."""
    run_seconds: PositiveFloat = 900.0
    """Wall time after which a run is killed."""
    run_bytes: PositiveInt = 4_000_000_000
    """Memory that a run may take on top of the bare interpreter with torch."""
