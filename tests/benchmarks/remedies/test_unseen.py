"""The unseen programs are accepted by the service, are of no program that was seen, and differ from each other."""

import json
from collections import Counter

import pytest

from benchmarks.accuracy import split
from benchmarks.accuracy.configuration import Configuration
from benchmarks.accuracy.corpus import corpus
from benchmarks.accuracy.gathering import submissions
from benchmarks.accuracy.traces import digest
from benchmarks.remedies.unseen import FAMILIES, configurations
from service.schemas.intake import accept
from service.schemas.limits import Limits
from service.schemas.submission import Submission


@pytest.fixture(scope="module")
def unseen() -> tuple[Configuration, ...]:
    return tuple(configurations())


def test_every_submission_and_every_fix_is_accepted(unseen: tuple[Configuration, ...]) -> None:
    for one in submissions(unseen):
        accepted = accept(Submission.model_validate(one), Limits(), lambda _digest: None)
        assert accepted.run_steps == one["training"]["steps"]


def test_names_are_unique_and_say_that_they_are_unseen(unseen: tuple[Configuration, ...]) -> None:
    names = Counter(one.name for one in unseen)
    assert [name for name, times in names.items() if times > 1] == []
    assert all(name.startswith("unseen-") for name in names)
    assert names.keys().isdisjoint(one.name for one in corpus())


def test_no_program_stands_in_the_split_table(unseen: tuple[Configuration, ...]) -> None:
    table = json.loads(split.TABLE.read_text())
    assert [one.name for one in unseen if one.program in table] == []


def test_no_two_submissions_are_alike(unseen: tuple[Configuration, ...]) -> None:
    addresses = Counter(digest(one.submission) for one in unseen)
    assert [one.name for one in unseen if addresses[digest(one.submission)] > 1] == []


def test_few_programs_come_twice(unseen: tuple[Configuration, ...]) -> None:
    programs = Counter(one.program for one in unseen)
    assert len(programs) >= 0.95 * len(unseen)


def test_a_fault_and_its_fix_differ_and_learn_the_same_data_in_as_many_steps(
    unseen: tuple[Configuration, ...],
) -> None:
    for one in unseen:
        assert one.submission != one.fix, one.name
        for part in ("source", "name"):
            assert one.submission["data"].get(part) == one.fix["data"].get(part), one.name
        assert one.submission["training"]["steps"] == one.fix["training"]["steps"], one.name


def test_all_have_a_fault_that_the_corpus_knows(unseen: tuple[Configuration, ...]) -> None:
    known = {one.mechanism for one in corpus() if one.mechanism}
    found = Counter(one.mechanism for one in unseen)
    assert found.keys() == known
    assert min(found.values()) >= 2
    assert len(unseen) >= 110


def test_every_family_has_its_own(unseen: tuple[Configuration, ...]) -> None:
    assert sum(len(list(family.configurations())) for family in FAMILIES) == len(unseen)
    assert all(any(family.configurations()) for family in FAMILIES)
