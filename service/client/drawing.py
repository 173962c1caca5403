"""The depth profile as an inline picture: one bar a layer, from the first to the last; no script, nothing loaded."""

import math
from html import escape
from typing import Final

from service.client.profile import TITLE, Profile

WIDTH: Final = 640.0
HEIGHT: Final = 140.0
_LEFT: Final = 48.0
_MOST: Final = 160
"""More bars than this cannot be told apart."""


def drawing(profile: Profile) -> str:
    """An SVG; layers without a logarithm are hatched (zero below, infinite and NaN through the whole height)."""
    if not profile:
        return ""
    shown = profile if len(profile) <= _MOST else profile[:: math.ceil(len(profile) / _MOST)]
    finite = [value for _, value in shown if math.isfinite(value)]
    low, high = (math.floor(min(finite)), math.ceil(max(finite))) if finite else (-1, 0)
    high = max(high, low + 1)
    step = (WIDTH - _LEFT) / len(shown)
    parts = [_bar(place, name, value, low, high, step) for place, (name, value) in enumerate(shown)]
    ticks = "".join(_tick(value, low, high) for value in _ticks(low, high))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:.0f} {HEIGHT + 24:.0f}" role="img" '
        f'style="max-width:{WIDTH:.0f}px;width:100%;font:10px sans-serif"><title>{escape(TITLE)}</title>'
        '<defs><pattern id="gc-hatch" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<line x1="0" y1="0" x2="0" y2="4" stroke="#b3261e" stroke-width="2"/></pattern></defs>'
        f"{ticks}{''.join(parts)}{_label(shown[0][0], _LEFT, 'start')}{_label(shown[-1][0], WIDTH, 'end')}</svg>"
    )


def _bar(place: int, name: str, value: float, low: int, high: int, step: float) -> str:
    x, width = _LEFT + place * step, max(1.0, step * 0.8)
    if math.isfinite(value):
        share = (value - low) / (high - low)
        height, fill, word = max(1.5, share * HEIGHT), "#3b6ea5", f"1e{value:.1f}"
    else:
        vanished = value == -math.inf
        height, fill = (6.0, "url(#gc-hatch)") if vanished else (HEIGHT, "url(#gc-hatch)")
        word = "zero" if vanished else "NaN" if math.isnan(value) else "infinite"
    return (
        f'<rect x="{x:.1f}" y="{HEIGHT - height:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{fill}">'
        f"<title>{escape(name)}: {word}</title></rect>"
    )


def _ticks(low: int, high: int) -> list[int]:
    return list(range(low, high + 1, max(1, math.ceil((high - low) / 4))))


def _tick(value: int, low: int, high: int) -> str:
    y = HEIGHT - (value - low) / (high - low) * HEIGHT
    return (
        f'<line x1="{_LEFT - 4:.0f}" x2="{WIDTH:.0f}" y1="{y:.1f}" y2="{y:.1f}" stroke="#8884" />'
        f'<text x="{_LEFT - 6:.0f}" y="{min(HEIGHT, max(9, y + 3)):.1f}" text-anchor="end" fill="currentColor">'
        f"1e{value}</text>"
    )


def _label(name: str, x: float, anchor: str) -> str:
    return f'<text x="{x:.0f}" y="{HEIGHT + 16:.0f}" text-anchor="{anchor}" fill="currentColor">{escape(name)}</text>'
