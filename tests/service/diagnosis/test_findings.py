from service.diagnosis.findings import fingerprint, span
from tests.service.diagnosis.evidence import chain

LAYERS = chain(20)
ACTIVATIONS = [layer for layer in LAYERS if layer.family == "activation"]


def test_a_span_reads_from_the_first_to_the_last_of_how_many() -> None:
    found = span(ACTIVATIONS[:18], LAYERS)
    assert found is not None
    assert found.text == "h.0.sigmoid to h.17.sigmoid, 18 of 20"


def test_a_span_of_one_layer_names_it_once() -> None:
    found = span(ACTIVATIONS[3:4], LAYERS)
    assert found is not None
    assert found.text == "h.3.sigmoid, 1 of 20"


def test_no_layers_have_no_span() -> None:
    assert span((), LAYERS) is None


def test_fingerprints_tell_rules_networks_and_paths_apart_but_not_numbers() -> None:
    same = fingerprint("GC101", "main", ACTIVATIONS[:1])
    assert fingerprint("GC101", "main", ACTIVATIONS[5:6]) == same
    assert fingerprint("GC201", "main", ACTIVATIONS[:1]) != same
    assert fingerprint("GC101", "critic", ACTIVATIONS[:1]) != same
    assert fingerprint("GC101", "main", LAYERS[-1:]) != same
