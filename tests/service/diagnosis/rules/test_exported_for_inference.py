from dataclasses import replace

import pytest

from service.diagnosis.engine import judge
from service.diagnosis.language import LANGUAGES, translated
from service.diagnosis.rules.exported_for_inference import detect
from service.schemas.onnx import ImportReport, NamedShape
from service.schemas.recipes import TORCH
from tests.service.diagnosis.evidence import chain, evidence, geometric, run, signals

LAYERS = chain(10)
FOLDED = "Batch normalization was folded into 9 convolutions: exported for inference."
UNTIED = "2 parameters hold the same numbers, tied weights were torn apart: head.weight and others."
NO_DROPOUT = "There is no dropout in the file: if the network has it, it was exported for inference."
OTHERS = (
    "Batch normalization was folded into a convolution: exported for inference.",
    "Batch normalization became multiplications and additions: tf2onnx writes networks for inference.",
    "Random numbers are drawn at a node in inference too (Dropout2d is exported so).",
    "Random numbers are drawn at 3 nodes in inference too (Dropout2d is exported so).",
    "A parameter has lost its name: a weight was computed anew in the export.",
    "7 parameters have lost their names: weights were computed anew in the export.",
    "No layer has a bias: tf2onnx takes out biases that are still zero, so train a step before the export.",
)
VANISHING = {"output_gradient_rms": geometric(1e-12, 1e-2, 10)}


def report(*lost: str, producer: str = "pytorch") -> ImportReport:
    shape = NamedShape(name="x", shape=(4,))
    return ImportReport(input=shape, output=shape, opset=20, producer=producer, lost=lost)


def judged(*lost: str, **statistics: object):
    found = evidence(LAYERS, run(LAYERS, **statistics))
    return judge(found.model_copy(update={"imported": report(*lost)}))


def test_what_is_lost_for_sure_is_a_warning_that_tells_how_to_export_again() -> None:
    judgement = judged(NO_DROPOUT, FOLDED, UNTIED, skill=0.9)
    finding = judgement.findings[0]
    assert (judgement.verdict, finding.rule, finding.severity) == (
        "warning",
        "exported-for-inference",
        "warning",
    )
    assert judgement.summary == f"This is another network than the one that you train. {FOLDED}"
    assert TORCH in finding.cause
    assert [each.meaning for each in finding.evidence] == [FOLDED, UNTIED, NO_DROPOUT]


def test_a_loss_that_is_only_possible_is_a_note_and_changes_no_verdict() -> None:
    judgement = judged(NO_DROPOUT, skill=0.9)
    finding = judgement.findings[0]
    assert (judgement.verdict, finding.severity) == ("healthy", "note")
    assert finding.message.startswith("This may be another network")


def test_the_cause_of_an_unstable_verdict_is_told_first_and_this_directly_after() -> None:
    judgement = judged(FOLDED, by_activation=VANISHING)
    assert judgement.verdict == "unstable"
    assert [finding.rule for finding in judgement.findings][:2] == [
        "vanishing-gradient",
        "exported-for-inference",
    ]


def test_it_accounts_for_nothing_that_goes_wrong_in_the_training() -> None:
    without = judged(by_activation=VANISHING)
    with_it = judged(FOLDED, by_activation=VANISHING)
    assert [finding for finding in with_it.findings if finding.code != "GC901"] == list(without.findings)


def test_whole_files_and_networks_that_are_written_out_are_silent() -> None:
    seen = signals(LAYERS, run(LAYERS))
    assert detect(seen) is None
    assert detect(replace(seen, imported=report())) is None


def test_who_writes_for_inference_alone_is_not_sent_to_the_call_of_another() -> None:
    seen = replace(signals(LAYERS, run(LAYERS)), imported=report(OTHERS[1], producer="tf2onnx 1.17"))
    sighting = detect(seen)
    assert sighting is not None
    assert "layer by layer" in sighting.cause


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_both_sentences_are_told_whole_in_other_languages(language: str) -> None:
    for lost in (FOLDED, UNTIED, NO_DROPOUT, *OTHERS):
        finding = judged(lost, skill=0.9).findings[0]
        for told in (finding.message, finding.cause):
            assert "network" not in translated(told, language).replace(TORCH, "")
