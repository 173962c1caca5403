"""The command: race what is not on disk yet, then write the page of whatever is."""

import argparse
import hashlib
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from benchmarks.accuracy.configuration import Configuration
from benchmarks.accuracy.corpus import corpus
from benchmarks.accuracy.gathering import gather
from benchmarks.accuracy.judging import cases
from benchmarks.accuracy.labels import Labelled
from benchmarks.remedies import autotrainer, unseen
from benchmarks.remedies.contest import Contest, contest
from benchmarks.remedies.laboratory import CACHE, Laboratory
from benchmarks.remedies.report import RESULTS, page
from service.diagnosis.trials import CATALOGUE
from service.errors import ClinicError

PARTS: Mapping[str, Callable[[], Iterable[Configuration]]] = {
    "known": corpus,
    "unseen": unseen.configurations,
}
"""What the catalogue was made on, and programs that were written before any remedy was tried on them."""
SOURCES = {"clinic": CATALOGUE, "autotrainer": autotrainer.SOURCE}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 0 where it ran, whatever the figures are."""
    options = _options(arguments)
    if not options.report:
        gather([item for part in options.parts for item in PARTS[part]()])
    sick = {part: [case for case in cases(among()) if case.label == "sick"] for part, among in PARTS.items()}
    if not options.report:
        for part in options.parts:
            for case in sorted(sick[part], key=_mixed)[: options.first]:
                if not options.names or case.configuration.name in options.names:
                    _one(case.configuration, options)
    text = page(_done(sick, options.cache), {part: len(among) for part, among in sick.items()})
    if options.write:
        RESULTS.write_text(text)
    print(text)
    return 0


def _mixed(case: Labelled) -> str:
    """An order that tells nothing of the fault, so that any part of the way is a fair sample."""
    return hashlib.sha256(case.configuration.name.encode()).hexdigest()


def _one(configuration: Configuration, options: argparse.Namespace) -> None:
    """One configuration by each source that has not had it."""
    for name in options.sources:
        place = _place(options.cache, name, configuration)
        if place.is_file() and not options.again:
            continue
        try:
            found = contest(configuration, SOURCES[name], Laboratory(options.cache))
        except ClinicError as error:
            print(f"{configuration.name} by {name}: {error.detail}", file=sys.stderr)
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(found.model_dump_json())
        helped = [row.name for row in found.remedies if row.result == "helps"]
        print(f"{name} {configuration.name} [{configuration.mechanism}] {found.verdict} x{found.cost:.1f} "
              f"{found.seconds:.0f}s: {', '.join(helped) or '-'}", file=sys.stderr, flush=True)  # fmt: skip


def _done(
    sick: dict[str, list[Labelled]], cache: Path
) -> dict[str, dict[str, list[tuple[Labelled, Contest]]]]:
    """Finished races by source, then part."""
    return {
        source: {
            part: [
                (case, _read(cache, source, case))
                for case in among
                if _place(cache, source, case.configuration).is_file()
            ]
            for part, among in sick.items()
        }
        for source in SOURCES
    }


def _read(cache: Path, source: str, case: Labelled) -> Contest:
    return Contest.model_validate_json(_place(cache, source, case.configuration).read_text())


def _place(cache: Path, source: str, configuration: Configuration) -> Path:
    return cache / "contests" / source / f"{configuration.name}.json"


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="remedies", description=__doc__)
    parser.add_argument(
        "--parts", nargs="*", choices=list(PARTS), default=["known"], help="which networks (known)"
    )
    parser.add_argument(
        "--sources", nargs="*", choices=list(SOURCES), default=list(SOURCES), help="whose remedies"
    )
    parser.add_argument("--names", nargs="*", default=[], help="only these configurations")
    parser.add_argument("--first", type=int, default=None, help="at most so many of each part")
    parser.add_argument("--again", action="store_true", help="race again what is on disk (its runs are kept)")
    parser.add_argument("--report", action="store_true", help="race nothing")
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name}")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where runs and races are kept")
    return parser.parse_args(arguments)
