"""Every example in `examples/` can be sent as it stands."""

from pathlib import Path

import pytest

from service.schemas.intake import read
from service.schemas.limits import Limits

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.yaml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_accepted_and_says_what_it_shows(path):
    text = path.read_text()
    accepted = read(text.encode(), "application/yaml", Limits(), lambda _digest: None)
    assert text.startswith("# ")
    assert accepted.submission.project == f"examples/{path.stem.replace('_', '-')}"
    assert 32 <= accepted.run_steps <= accepted.planned_steps


def test_the_examples_that_the_manual_speaks_of_are_there():
    assert {path.stem for path in EXAMPLES} >= {
        "deep_sigmoid", "healthy_cnn", "exploding_relu", "rnn_first_token", "wgan_ring", "transformer",
    }  # fmt: skip
