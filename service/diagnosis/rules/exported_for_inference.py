"""The file holds another network than the one that is trained.

What it measures: what an export has taken from the network, as far as the uploaded file shows it: folded batch
normalization, tied weights torn apart, weights that were computed anew; random layers and missing dropout.

Why it matters: exporters simplify a network for inference. Batch normalization becomes part of a convolution, dropout
is left out, a shared weight becomes two. What is trained here then has other gradients than what its team trains.

Fires on: files in which something of that kind shows. A warning, whatever the gradients say. A note where a loss is
possible and not certain: no file tells a network without dropout from one whose dropout was left out.

Stays silent on: networks that are written out, and files that show no loss.

Source: torch's own exports compared, parameter by parameter, with the networks that they were made of.
"""

from service.diagnosis.registry import Sighting, rule
from service.diagnosis.signals import Signals
from service.schemas.diagnosis import Measurement
from service.schemas.recipes import TORCH

POSSIBLE = ("There is no dropout in the file", "Random numbers are drawn at", "No layer has a bias")
"""How the sentences begin that tell of no certain loss."""


@rule("GC901", "exported-for-inference", severity="warning", stage="data")
def detect(signals: Signals) -> Sighting | None:
    """See what the file has lost."""
    lost = () if signals.imported is None else signals.imported.lost
    certain = [sentence for sentence in lost if not sentence.startswith(POSSIBLE)]
    if not lost:
        return None
    return Sighting(
        message=(
            f"This is another network than the one that you train. {certain[0]}"
            if certain
            else f"This may be another network than the one that you train. {lost[0]}"
        ),
        cause=(
            "tf2onnx writes every network for inference; written out layer by layer, it keeps what it has."
            if signals.imported is not None and signals.imported.producer.startswith("tf2onnx")
            else f"The export was made for inference; this call keeps everything: {TORCH}."
        ),
        evidence=tuple(
            Measurement(statistic="lost", value=None, threshold=None, meaning=sentence)
            for sentence in (*certain, *(sentence for sentence in lost if sentence not in certain))
        ),
        latent=False,
        severity=None if certain else "note",
    )
