"""A diagnosis as a piece of HTML for a notebook: the verdict first; self-contained, everything escaped."""

from collections.abc import Sequence
from html import escape
from typing import Final

from service.client.drawing import drawing
from service.client.profile import Profile
from service.client.remedies import effect_of, hints, ranked, seed_line, seeds_of, word
from service.client.text import footer, measured, titled
from service.schemas.diagnosis import Diagnosis, Finding
from service.schemas.remedy import Remedy

COLOURS: Final = {
    "healthy": "#1b6e3c",
    "warning": "#8a5a00",
    "unstable": "#b3261e",
    "inconclusive": "#555f6b",
}
_BOX: Final = "font:14px/1.45 system-ui,sans-serif;max-width:60rem"
WORKS: Final = "color:#1b6e3c;font-weight:bold"
_CELL: Final = "padding:.25rem .6rem;text-align:left;vertical-align:top;border-top:1px solid #8884"


def page(diagnosis: Diagnosis, profile: Profile, notes: Sequence[str] = ()) -> str:
    """Verdict, notes, findings, depth profile, remedies, and how much was run."""
    parts = [
        _verdict(diagnosis),
        *(f'<p style="margin:.3rem 0">Note: {escape(note)}.</p>' for note in notes),
        *(_finding(title, finding) for title, finding in titled(diagnosis)),
        _profile(profile),
        _remedies(diagnosis.remedies),
        f'<pre style="font-size:11px;opacity:.75;white-space:pre-wrap">{escape(footer(diagnosis))}</pre>',
    ]
    return f'<div style="{_BOX}">{"".join(parts)}</div>'


def _verdict(diagnosis: Diagnosis) -> str:
    said = diagnosis.verdict or diagnosis.status
    colour = COLOURS.get(said, COLOURS["inconclusive"])
    reason = f"<br><small>{escape(diagnosis.reason)}</small>" if diagnosis.reason else ""
    return (
        f'<p style="border-left:.4rem solid {colour};padding:.2rem .8rem;margin:0 0 .6rem">'
        f'<strong style="color:{colour};font-size:1.25em">{escape(said.upper())}</strong><br>'
        f"{escape(diagnosis.summary or '')}{reason}</p>"
    )


def _finding(title: str, finding: Finding) -> str:
    severity = f"{finding.severity}, latent" if finding.latent else finding.severity
    about = f"{severity}, {finding.seeds_shown} of {finding.seeds} seeds, confidence {finding.confidence:.2f}"
    lines = [finding.message, finding.cause if finding.cause != finding.message else ""]
    lines += [f"Layers: {finding.layers.text}" if finding.layers else ""]
    lines += [f"Starts at: {finding.starts_at}" if finding.starts_at else ""]
    evidence = "".join(f"<li>{escape(measured(item))}</li>" for item in finding.evidence)
    explains = "".join(
        f"<li>explains {escape(f'{item.code} {item.rule}: {item.message}')}</li>" for item in finding.explains
    )
    return (
        f"<details{' open' if title != 'also' else ''}><summary><strong>{escape(title)}: "
        f"{escape(finding.code)} {escape(finding.rule)}</strong> <small>({escape(about)})</small></summary>"
        f'<div style="margin-left:1rem">{"<br>".join(escape(line) for line in lines if line)}'
        f'<ul style="margin:.3rem 0">{evidence}{explains}</ul></div></details>'
    )


def _profile(profile: Profile) -> str:
    picture = drawing(profile)
    caption = "gradient with respect to each layer's output, first layer to last (median over seeds)"
    return (
        f'<figure style="margin:.8rem 0">{picture}<figcaption><small>{caption}</small></figcaption></figure>'
        if picture
        else ""
    )


def _remedies(remedies: Sequence[Remedy]) -> str:
    if not remedies:
        return ""
    head = "".join(f'<th style="{_CELL}">{name}</th>' for name in ("remedy", "result", "what it did", "how"))
    rows = "".join(_row(remedy) for remedy in ranked(remedies))
    return (
        '<table style="border-collapse:collapse;margin:.6rem 0"><caption style="text-align:left"><strong>Remedies'
        "</strong>, each tried against the unchanged network with the same seeds and batches</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _row(remedy: Remedy) -> str:
    seeds = f"<br><small>{seeds_of(remedy)}</small>" if seeds_of(remedy) else ""
    smallest = "<br><small>the smallest change that works</small>" if remedy.smallest else ""
    by_seed = "<br>".join(f"<small>{escape(seed_line(seed))}</small>" for seed in remedy.seeds)
    told = f"<details><summary><small>by seed</small></summary>{by_seed}</details>" if by_seed else ""
    did = "<br>".join(escape(line) for line in (effect_of(remedy), remedy.reason) if line)
    works = remedy.result in {"helps", "partly"}
    how = "".join(
        f'<details><summary style="white-space:nowrap">{escape(name)}</summary>'
        f'<pre style="margin:0;white-space:pre-wrap">{escape(text)}</pre></details>'
        for name, text in [*hints(remedy), *([("diff", remedy.diff)] if remedy.diff else [])]
        if works
    )
    cells = (
        f"<strong>{escape(remedy.name)}</strong><br>{escape(remedy.sentence)}{smallest}",
        f'<span style="white-space:nowrap;{WORKS if works else ""}">{escape(word(remedy))}{seeds}</span>',
        did + told,
        how,
    )
    return "<tr>" + "".join(f'<td style="{_CELL}">{cell}</td>' for cell in cells) + "</tr>"
