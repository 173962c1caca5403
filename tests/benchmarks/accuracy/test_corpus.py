"""The corpus is accepted by the service, names its faults by the rule book's names, and keeps programs apart."""

import json

import pytest

from benchmarks.accuracy import split
from benchmarks.accuracy.configuration import Configuration
from benchmarks.accuracy.corpus import corpus, unseen
from benchmarks.accuracy.families import EXPLODING, VANISHING
from benchmarks.accuracy.gathering import submissions
from service.schemas.intake import accept
from service.schemas.limits import Limits
from service.schemas.submission import Submission

RULES = frozenset(
    [
        "vanishing-gradient",
        "vanishing-signal",
        "vanishing-through-time",
        "saturated-activation",
        "dead-units",
        "update-below-precision",
        "attenuated-loss-gradient",
        "symmetric-units",
        "shattered-gradient",
        "exploding-gradient",
        "exploding-signal",
        "exploding-through-time",
        "diverging-training",
        "unbounded-objective",
        "gradient-spikes",
        "exported-for-inference",
        "synthetic-data",
        "non-finite-origin",
        "non-finite-gradient",
        "overflow",
        "underflow",
        "input-scale",
        "output-loss-mismatch",
        "learning-rate-too-high",
        "learning-rate-too-low",
        "loss-reduction-scale",
        "target-scale",
        "poor-initialization",
        "no-gradient",
        "clipping-masks-gradients",
        "missing-bias",
        "not-learning",
        "oscillating-loss",
        "skipped-amp-step",
    ]
)


def test_every_submission_and_every_fix_is_accepted() -> None:
    for one in submissions(corpus()):
        accepted = accept(Submission.model_validate(one), Limits(), lambda _digest: None)
        assert accepted.run_steps == one["training"]["steps"]


def test_there_are_enough_of_both_kinds() -> None:
    meant_healthy = sum(configuration.mechanism is None for configuration in corpus())
    assert len(corpus()) >= 200
    assert meant_healthy >= 80


def test_faults_have_names_of_the_rule_book() -> None:
    for configuration in corpus():
        assert configuration.true_rules <= RULES, configuration.name
    assert RULES >= VANISHING | EXPLODING


def test_a_fault_and_its_fix_differ() -> None:
    for configuration in corpus():
        assert configuration.submission != configuration.fix or configuration.mechanism is None, (
            configuration.name
        )


def test_depth_weights_and_faults_make_no_new_program() -> None:
    programs = {one.name: one.program for one in corpus()}
    assert (
        programs["digits-relu-sgd-8"] == programs["digits-relu-sgd-30"] == programs["digits-relu-fast-sgd-10"]
    )
    assert programs["digits-relu-adam-12"] != programs["digits-relu-sgd-16"]
    assert programs["images-plain-relu-sgd-6"].startswith("digits-1x8x8-conv2d-relu")


def test_every_program_stands_in_the_table_and_so_in_one_part() -> None:
    table = json.loads(split.TABLE.read_text())
    assert {one.program for one in corpus()} <= set(table)
    assert set(table.values()) == set(split.PARTS)


def test_both_parts_know_nearly_every_fault() -> None:
    parts = {
        part: {one.mechanism for one in corpus() if split.part_of(one.program) == part}
        for part in split.PARTS
    }
    assert parts["tune"] == parts["held-out"]


def test_what_is_held_out_is_what_was_written_as_unseen() -> None:
    held_out = {one.program for one in corpus() if split.part_of(one.program) == "held-out"}
    assert held_out == {one.program for one in unseen.configurations()}
    assert len(list(unseen.configurations())) >= 150


def test_a_program_that_was_never_written_down_has_no_part() -> None:
    with pytest.raises(KeyError):
        split.part_of("digits-abacus")


def test_a_new_table_holds_out_what_is_new_and_refuses_what_was_seen() -> None:
    def one(name: str, data: str) -> Configuration:
        network = {"input": {"shape": [2]}, "layers": ["ReLU"]}
        body = {"network": network, "data": {"name": data}, "training": {"optimizer": {"type": "SGD"}}}
        return Configuration(name, body, body)

    seen, new = [one("a", "old")], [one("b", "fresh"), one("c", "fresher")]
    table = split.next_table(seen, new)
    assert table == {"old-relu-sgd": "tune", "fresh-relu-sgd": "held-out", "fresher-relu-sgd": "held-out"}
    with pytest.raises(ValueError, match="d is of a program that rules have seen"):
        split.next_table(seen, [one("d", "old")])


def test_two_configurations_may_not_share_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmarks.accuracy import corpus as package

    monkeypatch.setattr(package, "FAMILIES", (package.adversaries, package.adversaries))
    with pytest.raises(ValueError, match="same name"):
        package.corpus.__wrapped__()
