"""The page counts cures by fresh seeds and tells claims that did not hold."""

from typing import Any

from benchmarks.remedies.contest import Checked, Contest
from benchmarks.remedies.report import page
from service.schemas.remedy import Remedy
from tests.benchmarks.accuracy.traces import case

SICK = case("sick", "vanishing-gradient")


def row(name: str, **more: Any) -> Remedy:
    values = {
        "name": name,
        "remedy": name,
        "rule": "vanishing-gradient",
        "sentence": "s",
        "result": "helps",
        "reason": "Because.",
    }
    return Remedy(**{**values, **more})  # fmt: skip


def contest(name: str, *remedies: Remedy, works: tuple[bool, ...] = (), cost: float = 3.0) -> Contest:
    checked = tuple(
        Checked(name=each.name, works=good, cured=5 * good, level=0.9 * good, control=0.0)
        for each, good in zip(remedies, works, strict=False)
    )
    return Contest(
        name=name, mechanism="vanishing-gradient", verdict="unstable", cost=cost, rounds=2, seconds=1.0,
        remedies=remedies, checked=checked,
    )  # fmt: skip


def text(*contests: Contest) -> str:
    cases = [(SICK, each) for each in contests]
    return page({"clinic": {"known": cases}, "autotrainer": {"known": cases[:1]}}, {"known": 9})


def test_a_cure_is_what_works_on_fresh_seeds() -> None:
    told = text(
        contest("a", row("add-residual"), works=(True,), cost=2.0),
        contest("b", row("add-residual"), row("warm-up"), works=(False, True), cost=3.0),
        contest("c", row("warm-up", result="partly", reason="Only in 1 of 3 seeds."), cost=4.0),
    )
    assert "3 of 9 sick configurations raced" in told
    (line,) = [each for each in told.splitlines() if each.startswith("| Gradient Clinic")]
    offered, cured, first, root, false, middle, _ = [cell.strip() for cell in line.split("|")[3:-1]]
    assert offered.endswith("2/3")
    assert cured.endswith("2/3")
    assert first.endswith("1/3")
    assert root.endswith("2/3")
    assert false.endswith("1/3")
    assert middle == "3.0"


def test_autotrainers_list_stands_beside_ours_on_the_same_configurations() -> None:
    told = text(contest("a", row("add-residual"), works=(True,)), contest("b"))
    lines = {each.split("|")[1].strip(): each for each in told.splitlines() if each.startswith("| ")}
    assert lines["the same, where both were raced"].split("|")[2].strip() == "1"
    assert lines["AutoTrainer's list, there"].split("|")[2].strip() == "1"


def test_what_is_not_cured_is_told_with_what_came_nearest() -> None:
    told = text(contest("c", row("warm-up", result="partly", reason="Only in 1 of 3 seeds.")))
    assert "- c (vanishing-gradient, unstable): warm-up: partly. Only in 1 of 3 seeds." in told


def test_mechanisms_are_told_with_what_helps_most_often() -> None:
    told = text(
        contest("a", row("add-residual"), works=(True,)), contest("b", row("add-residual"), works=(True,))
    )
    assert "| vanishing-gradient | 2 | 2 | 2 | 2 | add-residual 2 |" in told


def test_names_of_the_unseen_part_are_not_told() -> None:
    cases = [(SICK, contest("secret", row("warm-up", result="partly")))]
    told = page({"clinic": {"unseen": cases}, "autotrainer": {"unseen": []}}, {"unseen": 1})
    assert "secret" not in told


def test_both_parts_are_counted_together() -> None:
    known = [(SICK, contest("a", row("add-residual"), works=(True,)))]
    other = [(SICK, contest("b", row("warm-up", result="partly")))]
    none = {"known": [], "unseen": []}
    told = page({"clinic": {"known": known, "unseen": other}, "autotrainer": none}, {"known": 1, "unseen": 1})
    first = next(line for line in told.splitlines() if line.startswith("| Gradient Clinic"))
    assert [cell.strip() for cell in first.split("|")[2:4]] == ["2", ".50 [.09, .91] 1/2"]


def test_races_by_earlier_states_of_the_code_are_counted() -> None:
    assert "; 1 of them by earlier states of the code." in text(contest("a"))
