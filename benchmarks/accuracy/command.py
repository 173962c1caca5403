"""The command: train what is missing, judge, count, write."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.accuracy.configuration import Configuration
from benchmarks.accuracy.corpus import corpus
from benchmarks.accuracy.gathering import gather, submissions
from benchmarks.accuracy.judging import Judged, cases, judged
from benchmarks.accuracy.mistakes import mistakes
from benchmarks.accuracy.report import RESULTS, SERVED, Evaluation, page, served
from benchmarks.accuracy.settling import settled_step
from benchmarks.accuracy.split import PARTS, Part, part_of
from benchmarks.accuracy.stopping import stopped
from benchmarks.accuracy.traces import CACHE, kept

QUICK = (
    "wine-relu-sgd-12",
    "wine-relu-weights-sgd-4-0.01",
    "synthetic-softmax-twice-sgd",
    "digits-relu-fast-sgd-10",
    "wine-relu-everyday-sgd-0.1-momentum",
    "cancer-sigmoid-ending-sgd",
)
"""A handful that shows that everything still works together; too few for any figure."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 0 where it ran, whatever the figures are."""
    options = _options(arguments)
    if options.quick:
        chosen = [item for item in corpus() if item.name in QUICK]
        gather(chosen, options.jobs, options.cache)
        print(page([_evaluate("tune", chosen, options.cache, settling=False)]))
        return 0
    parts: tuple[Part, ...] = PARTS if options.held_out else (options.part,)
    evaluations = []
    for part in parts:
        chosen = [item for item in corpus() if part_of(item.program) == part]
        if not options.rejudge:
            gather(chosen, options.jobs, options.cache)
        evaluations.append(_evaluate(part, chosen, options.cache, settling=options.settling))
    if options.mistakes:
        told = [
            line
            for evaluation in evaluations
            if evaluation.part == "tune"
            for line in mistakes(evaluation.results)
        ]
        options.mistakes.write_text("\n".join(told) + "\n")
    text = page(evaluations)
    if options.write:
        known = json.loads(SERVED.read_text()) if SERVED.is_file() else {}
        RESULTS.write_text(text)
        SERVED.write_text(served(evaluations, known))
    print(text)
    return 0


def _evaluate(part: Part, chosen: Sequence[Configuration], cache: Path, *, settling: bool) -> Evaluation:
    results: list[Judged] = judged(cases(chosen, cache))
    if len(results) < len(chosen):
        print(f"{len(chosen) - len(results)} configurations of {part} have no traces yet", file=sys.stderr)
    steps = (
        {r.case.configuration.name: settled_step(r.case.trace.evidence) for r in results} if settling else {}
    )
    early = [stopped(r.case) for r in results] if settling else []
    traces = (kept(one, cache) for one in submissions(chosen))
    seconds = sum(trace.seconds for trace in traces if trace)
    return Evaluation(part, results, steps, seconds, early, judged(each.case for each in early))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="accuracy", description=__doc__)
    parser.add_argument("--part", choices=PARTS, default="tune", help="the part to evaluate (tune)")
    parser.add_argument(
        "--held-out", action="store_true", help="open the held-out part too: once per release"
    )
    parser.add_argument("--quick", action="store_true", help="six configurations, nothing written")
    parser.add_argument(
        "--rejudge", action="store_true", help="train nothing; judge the traces that there are"
    )
    parser.add_argument(
        "--settling",
        action="store_true",
        help="also ask from which step on verdicts stand, and what early stopping makes of them",
    )
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name} and {SERVED.name}")
    parser.add_argument("--mistakes", type=Path, help="write wrong judgements of the tune part to this file")
    parser.add_argument("--jobs", type=int, default=1, help="processes to train in (1)")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where traces are kept")
    return parser.parse_args(arguments)
