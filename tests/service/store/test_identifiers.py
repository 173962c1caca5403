import time

from service.store.identifiers import ALPHABET, LENGTH, identifier


def test_identifiers_are_short_and_plain():
    name = identifier("rn")
    assert name.startswith("rn_")
    assert len(name) == 3 + LENGTH == 23
    assert set(name[3:]) <= set(ALPHABET)


def test_identifiers_do_not_repeat():
    assert len({identifier("dg") for _ in range(10_000)}) == 10_000


def test_a_later_identifier_sorts_behind():
    first = identifier("dg")
    time.sleep(0.002)
    assert first < identifier("dg")
