"""What a notebook shows: the verdict first, nothing from outside, nothing that is taken for markup."""

import math
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest

from service.client.drawing import drawing
from service.client.page import page
from service.client.report import Report
from service.schemas.diagnosis import Measurement
from tests.service.client.diagnoses import diagnosis, finding, remedy, run

PROFILE = [(f"h.{index}", -float(index)) for index in range(20)]


class Page(HTMLParser):
    """Text in order, and every tag and attribute."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.fixture
def ill() -> Report:
    ended = diagnosis(
        verdict="unstable", summary="It vanishes.", findings=(finding(),), remedies=(remedy(),), runs=(run(),)
    )
    return Report(ended, [{"layer": "h", "output_gradient_rms": 1e-3}], ["the export lost a dropout"])


def test_the_verdict_comes_first_and_everything_is_there(ill: Report) -> None:
    read = Page(ill._repr_html_())
    assert read.words[0] == "UNSTABLE"
    text = " ".join(read.words)
    for part in (
        "It vanishes.",
        "GC101 vanishing-gradient",
        "a to b, 2 of 3",
        "explains GC105",
        "lost a dropout",
    ):
        assert part in text
    for part in (
        "replace-activation-relu",
        "helps",
        "3 of 3 seeds",
        "nn.ReLU()",
        "-Sigmoid",
        "seed 2: loss 2.3",
    ):
        assert part in text
    assert {"svg", "table"} <= read.tags
    assert read.open == []


def test_how_to_do_it_is_said_of_what_works_alone() -> None:
    ended = diagnosis(remedies=(remedy(result="does-not-help"),))
    assert "nn.ReLU()" not in page(ended, [])


def test_it_loads_nothing_and_runs_nothing(ill: Report) -> None:
    read = Page(ill._repr_html_())
    assert not read.tags & {"script", "img", "link", "iframe", "style", "a", "object"}
    assert not {name for name in read.attributes if name.startswith("on")} | read.attributes & {"href", "src"}


def test_nothing_that_was_measured_or_named_becomes_markup() -> None:
    evil = "<script>alert('x')</script>\"&"
    rows = [{"layer": evil, "output_gradient_rms": 1.0}]
    item = Measurement(statistic=evil, value=1.0, threshold=None, layer=evil, meaning=evil)
    told = finding(message=evil, cause=evil + "!", rule=evil, starts_at=evil, evidence=(item,))
    cure = remedy(name=evil, sentence=evil, reason=evil, torch=evil, keras=evil, diff=evil)
    ended = diagnosis(summary=evil, reason=evil, findings=(told,), remedies=(cure,), project=evil)
    for text in (Report(ended, rows, [evil])._repr_html_(), page(ended, [(evil, -1.0), (evil, 0.0)], [evil])):
        assert "<script" not in text
        assert Page(text).open == []


def test_a_healthy_network_has_neither_findings_nor_remedies() -> None:
    read = Page(page(diagnosis(), []))
    assert read.words[:2] == ["HEALTHY", "All is well."]
    assert not read.tags & {"table", "details", "svg", "figure"}


def heights(text: str) -> list[float]:
    root = ET.fromstring(text)
    return [float(bar.attrib["height"]) for bar in root.iter("{http://www.w3.org/2000/svg}rect")]


def test_the_drawing_has_a_bar_for_each_layer_that_shrinks_with_its_gradient() -> None:
    found = heights(drawing(PROFILE))
    assert len(found) == 20
    assert found == sorted(found, reverse=True)


def test_what_has_no_logarithm_is_hatched_and_named() -> None:
    text = drawing([("a", -1.0), ("z", -math.inf), ("n", math.nan), ("i", math.inf)])
    assert text.count('fill="url(#gc-hatch)"') == 3
    for word in ("z: zero", "n: NaN", "i: infinite"):
        assert word in text


def test_a_thousand_layers_fit() -> None:
    assert len(heights(drawing([(f"h.{index}", -1.0) for index in range(1000)]))) <= 160


@pytest.mark.parametrize("profile", [[], [("a", 0.0)], [("a", -math.inf)]])
def test_little_can_be_drawn_too(profile: list[tuple[str, float]]) -> None:
    assert drawing(profile).startswith("<svg") == bool(profile)
