"""The figures as a page: how many are cured, by what, at what cost, and how often a claim does not hold."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median, quantiles

from benchmarks.accuracy.labels import HEALTHY_FROM, SICK_BELOW, Labelled
from benchmarks.accuracy.scoring import Share, share
from benchmarks.remedies.contest import CHECKED, FRESH, Contest, code
from service.diagnosis.remedies import catalogue
from service.diagnosis.trials.comparing import CONFIDENCE, LEARNED, MARGIN, NEARLY, SECOND_LOOK
from service.schemas.remedy import Remedy

RESULTS = Path(__file__).with_name("RESULTS.md")
ROOT_RANK = 20
"""Rank in the catalogue up to which a remedy counts as one of the cause itself."""
Case = tuple[Labelled, Contest]
Done = Mapping[str, Mapping[str, Sequence[Case]]]

METHOD = f"""\
Every configuration that is sick by its outcome is diagnosed as a worker does it (baselines end early where their
verdict has settled), its remedies are raced by the service's own code with the default budget (4 times the cost of the
diagnosis), and every remedy that is said to help (the first {CHECKED} of them) is run again, beside the unchanged
network, on {len(FRESH)} seeds that the race never saw. No detector has a say in what counts as working.

**Known** is the whole accuracy corpus: the catalogue was made while looking at it. **Unseen** is `unseen/`: other
programs, written and committed without looking at a remedy, before the catalogue was frozen, and opened after that.

- **offered**: at least one remedy is said to help: the level above guessing rises by more than {MARGIN:g} in a paired
  one-sided t-test over the seeds with a confidence of {CONFIDENCE:g} ({SECOND_LOOK:g} where seeds were added), most
  seeds reach {LEARNED["skill"]:g} by skill, {LEARNED["accuracy"]:g} by accuracy or {LEARNED["samples"]:g} by the
  samples of a generator where the control stays below {NEARLY:g} of theirs, and no error is left;
- **cured**: at least one of those works on the fresh seeds: most of them reach that level and the control does not;
- **first works**: the remedy that is shown first does;
- **root cause**: among those that help is one that the catalogue ranks {ROOT_RANK} or better under the true cause;
- **false cures**: remedies said to help, of those that were checked, that do not work on the fresh seeds;
- **as good as the fix**: cured, with a level on the fresh seeds of {HEALTHY_FROM:g} (or {SICK_BELOW:g}) of what
  the textbook's fix of the corpus reaches;
- **cost**: training steps of all trials, weighted by multiply-adds, over those of the diagnosis itself.

The second source is AutoTrainer's repairs in its own order, chosen by its own detection, through the same race and the
same test: its published repair rate (97.33 %) is by its own detector, on its own programs.
"""


def page(done: Done, sick: Mapping[str, int]) -> str:
    """RESULTS.md."""
    parts = [part for part in sick if any(done[source][part] for source in done)]
    return "\n".join(
        [
            "# What the remedies are worth",
            "",
            "Written by `python benchmarks/remedies.py`; nothing here is edited by hand.",
            "",
            METHOD,
            *(_together([case for part in parts for case in done["clinic"][part]]) if len(parts) > 1 else ()),
            *(line for part in parts for line in _part(part, done, sick[part])),
        ]
    )


HEAD = (
    "| | n | offered | cured | first works | root cause | false cures | cost: median | nine of ten |",
    "|---|---|---|---|---|---|---|---|---|",
)


def _together(cases: Sequence[Case]) -> list[str]:
    return ["## Together", "", *HEAD, _row("Gradient Clinic", cases), ""]


def _part(part: str, done: Done, sick: int) -> list[str]:
    own = done["clinic"][part]
    both = {contest.name for _, contest in own} & {contest.name for _, contest in done["autotrainer"][part]}
    shared = {source: [case for case in done[source][part] if case[1].name in both] for source in done}
    return [
        f"## {part.capitalize()}",
        "",
        f"{len(own)} of {sick} sick configurations raced, in an order that tells nothing of the fault{_age(own)}.",
        "",
        *HEAD,
        *([_row("Gradient Clinic", own)] if own else ()),
        *([_row("the same, where both were raced", shared["clinic"])] if both else ()),
        *([_row("AutoTrainer's list, there", shared["autotrainer"], rooted=False)] if both else ()),
        "",
        *(_fixed(own) if own else ()),
        *(_by_mechanism(own) if own else ()),
        *(_uncured(own) if own and part == "known" else ()),
    ]


def _age(cases: Sequence[Case]) -> str:
    earlier = sum(contest.code != code() for _, contest in cases)
    return (
        f"; {earlier} of them by earlier states of the code" if earlier else ", all by one state of the code"
    )


def _row(name: str, cases: Sequence[Case], *, rooted: bool = True) -> str:
    costs = [contest.cost for _, contest in cases if contest.remedies]
    late = quantiles(costs, n=10)[-1] if len(costs) > 1 else 0.0
    cells = [
        _cell(share(bool(_offered(contest)) for _, contest in cases)),
        _cell(share(map(_cured, cases))),
        _cell(share(_first_works(contest) for _, contest in cases)),
        _cell(share(_root(case) for case in cases)) if rooted else "–",
        _cell(share(not each.works for _, contest in cases for each in contest.checked)),
        f"{median(costs):.1f}" if costs else "–",
        f"{late:.1f}",
    ]
    return f"| {name} | {len(cases)} | {' | '.join(cells)} |"


def _fixed(cases: Sequence[Case]) -> list[str]:
    told = ", ".join(
        f"{bound:g} of the fix: {_cell(share(_as_good(case, bound) for case in cases))}"
        for bound in (HEALTHY_FROM, SICK_BELOW)
    )
    single = share(
        all("+" not in row.remedy for row in _offered(contest)) for _, contest in cases if _offered(contest)
    )
    return [f"As good as {told}. Cured by single changes alone: {_cell(single)} of those offered.", ""]


def _by_mechanism(cases: Sequence[Case]) -> list[str]:
    groups: dict[str, list[Case]] = {}
    for case in cases:
        groups.setdefault(case[1].mechanism or "nothing", []).append(case)
    lines = [
        "| put in | n | offered | cured | root cause | what helps most often |",
        "|---|---|---|---|---|---|",
    ]
    for mechanism, group in sorted(groups.items()):
        helping = Counter(row.remedy for _, contest in group for row in _offered(contest))
        most = ", ".join(f"{name} {count}" for name, count in helping.most_common(4))
        offered = sum(bool(_offered(contest)) for _, contest in group)
        cured, root = sum(map(_cured, group)), sum(map(_root, group))
        lines.append(f"| {mechanism} | {len(group)} | {offered} | {cured} | {root} | {most or '–'} |")
    return [*lines, ""]


def _uncured(cases: Sequence[Case]) -> list[str]:
    lines = [
        f"- {contest.name} ({contest.mechanism}, {contest.verdict}): {_nearest(contest)}"
        for case in cases
        if not _cured(case)
        for contest in (case[1],)
    ]
    return ["Not cured:", "", *(lines or ["- none"]), ""]


def _nearest(contest: Contest) -> str:
    """What came nearest."""
    if not contest.remedies:
        return "nothing was tried"
    row = contest.remedies[0]
    return f"{row.name}: {row.result}. {row.reason}"


def _offered(contest: Contest) -> list[Remedy]:
    return [row for row in contest.remedies if row.result == "helps"]


def _cured(case: Case) -> bool:
    return any(each.works for each in case[1].checked)


def _first_works(contest: Contest) -> bool:
    return bool(contest.checked) and contest.checked[0].works


def _root(case: Case) -> bool:
    """Whether one that helps is a remedy of the true cause itself, and not only of what follows from it.

    AutoTrainer's repairs are no cures of the catalogue, so of them it says nothing.
    """
    labelled, contest = case
    roots = labelled.configuration.root_rules
    own = {
        known.name
        for known in catalogue()
        if any(rank <= ROOT_RANK for rule, rank in known.answers.items() if rule in roots)
    }
    return any(own & {*row.remedy.split("+")} for row in _offered(contest))


def _as_good(case: Case, bound: float) -> bool:
    labelled, contest = case
    return any(each.works and (each.level or 0.0) >= bound * labelled.fix_skill for each in contest.checked)


def _cell(value: Share) -> str:
    """Like `.93 [.85, .97] 54/58`."""
    if value.value is None or value.interval is None:
        return "–"
    low, high = (f"{bound:.2f}".removeprefix("0") for bound in value.interval)
    return f"{f'{value.value:.2f}'.removeprefix('0')} [{low}, {high}] {value.k}/{value.n}"
