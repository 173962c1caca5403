import math

from service.client.remedies import effect_of, ranked, remedies_text, seed_line
from service.schemas.remedy import SeedResult
from tests.service.client.diagnoses import diagnosis, remedy


def test_what_helps_comes_first_and_the_smallest_change_before_all() -> None:
    rows = [
        remedy(name="in-vain", result="does-not-help"),
        remedy(name="large"),
        remedy(name="small", smallest=True),
        remedy(name="untried", result="not-tried"),
        remedy(name="half", result="partly"),
    ]
    assert [row.name for row in ranked(rows)] == ["small", "large", "half", "in-vain", "untried"]


def test_a_remedy_is_told_with_its_effect_its_price_and_how_to_do_it() -> None:
    text = remedies_text(diagnosis(remedies=(remedy(smallest=True),)))
    for part in (
        "helps: replace-activation-relu, 3 of 3 seeds, the smallest change that works",
        "Sigmoid becomes ReLU.",
        "loss 2.3 becomes 1.1, accuracy 0.1 becomes 0.97, +64 parameters, 1.50 times as long a step",
        "torch: nn.ReLU()",
        "keras: layers.ReLU()",
    ):
        assert part in text


def test_of_what_does_not_help_only_the_reason_is_told() -> None:
    row = remedy(result="does-not-help", reason="The loss stays.", better=0)
    text = remedies_text(diagnosis(remedies=(row,)))
    assert "does not help: replace-activation-relu, 0 of 3 seeds" in text
    assert "The loss stays." in text
    assert "nn.ReLU" not in text
    assert "becomes 1.1" not in text


def test_what_was_not_tried_for_one_reason_is_told_together() -> None:
    rows = tuple(
        remedy(name=name, result="not-tried", reason=why, of=1)
        for name, why in (("a", "Too dear."), ("b", "Does not fit."), ("c", "Too dear."))
    )
    assert remedies_text(diagnosis(remedies=rows)).splitlines()[1:] == [
        "  not tried: a, c",
        "    Too dear.",
        "  not tried: b",
        "    Does not fit.",
    ]


def test_a_healthy_network_has_none() -> None:
    assert remedies_text(diagnosis()) == ""


def test_losses_that_are_no_numbers_are_told_by_name() -> None:
    seed = SeedResult(
        seed=0, control_loss=math.nan, trial_loss=0.5, control_skill=None, trial_skill=None, control_accuracy=None,
        trial_accuracy=None, better=True,
    )  # fmt: skip
    assert effect_of(remedy(seeds=(seed,), extra_parameters=0, time_ratio=None)) == "loss nan becomes 0.5"


def test_of_a_generator_the_samples_are_told() -> None:
    seed = SeedResult(
        seed=0, control_loss=1e-8, trial_loss=1.0, control_skill=None, trial_skill=None, control_accuracy=None,
        trial_accuracy=None, control_sample_skill=0.1, trial_sample_skill=0.95, better=True,
    )  # fmt: skip
    told = effect_of(remedy(seeds=(seed,), extra_parameters=0, time_ratio=None))
    assert told == "sample skill 0.1 becomes 0.95"
    assert seed_line(seed) == "seed 0: sample skill 0.1 becomes 0.95 (better)"
