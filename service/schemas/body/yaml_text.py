"""YAML 1.2 in its core schema, built from PyYAML's events by a stack of our own.

PyYAML's own constructors follow YAML 1.1, where `1e-3` is a string, `no` is false and `12:30` is a number;
they also build anchors and tags of any kind. Events carry none of that.
"""

import re
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from service.schemas.body.tree import (
    Place,
    Tree,
    check_size,
    checked_real,
    checked_text,
    checked_whole,
    malformed,
)
from service.schemas.limits import Limits

_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's parser where it is built in: it is about ten times as fast."""
_WHOLE: Final = re.compile(r"[-+]?[0-9]+")
_BASED: Final = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_REAL: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_ENDLESS: Final = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_MERGE: Final = "\x00merge"
"""Stands for an unquoted `<<`; no key of a body can hold a NUL."""
_NULL: Final = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEAN: Final = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}


@dataclass
class _Node:
    """A value with its place, how many values it holds when written out, and how deep they go."""

    value: Tree
    place: Place
    nodes: int = 1
    height: int = 0


@dataclass
class _Open:
    """A sequence or mapping that is still being read."""

    node: _Node
    anchor: str | None
    key: str | None = None
    merged: list[_Node] = field(default_factory=list)


def read_yaml(source: str, limits: Limits) -> tuple[Tree, Place]:
    """The tree and the lines of its values; raises MalformedBody with the line."""
    reader = _Reader(limits)
    try:
        for event in yaml.parse(source, Loader=_LOADER):
            reader.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (None, None)
        raise malformed(f"{error.problem or error.context} (column {column})", line=line) from error
    except yaml.YAMLError as error:
        raise malformed("not YAML: it holds a character that YAML does not allow") from error
    if reader.root is None:
        return None, Place(1)
    return reader.root.value, reader.root.place


class _Reader:
    """Builds the tree from events, one at a time and without recursion."""

    def __init__(self, limits: Limits) -> None:
        self.root: _Node | None = None
        self._limits = limits
        self._open: list[_Open] = []
        self._anchors: dict[str, _Node] = {}
        self._nodes = 0
        self._documents = 0

    def take(self, event: yaml.Event) -> None:
        """Take the next event of the stream."""
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise malformed("a second document starts here; a body is one document", line=line)
        elif isinstance(event, yaml.AliasEvent):
            self._add(self._anchored(event.anchor or "", line), line)
        elif isinstance(event, yaml.ScalarEvent):
            _no_tag(event.tag, line)
            self._scalar(event, line)
        elif isinstance(event, (yaml.SequenceStartEvent, yaml.MappingStartEvent)):
            _no_tag(event.tag, line)
            self._start(event, line)
        elif isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
            self._end()

    def _scalar(self, event: yaml.ScalarEvent, line: int) -> None:
        top = self._open[-1] if self._open else None
        if top and isinstance(top.node.value, dict) and top.key is None:
            plain_merge = event.value == "<<" and event.implicit[0]
            self._key(top, event.value, line, merge=plain_merge)
            return
        value = _plain(event.value, line) if event.implicit[0] else checked_text(event.value, line)
        node = _Node(value, Place(line))
        if event.anchor:
            self._anchors[event.anchor] = node
        self._add(node, line)

    def _key(self, top: _Open, key: str, line: int, *, merge: bool) -> None:
        if not merge and key in _mapping(top.node):
            raise malformed(f"the key `{key[:80]}` occurs twice in one mapping", line=line)
        top.key = _MERGE if merge else checked_text(key, line)

    def _start(self, event: yaml.SequenceStartEvent | yaml.MappingStartEvent, line: int) -> None:
        top = self._open[-1] if self._open else None
        if top and isinstance(top.node.value, dict) and top.key is None:
            raise malformed("a key must be a plain word, not a list or a mapping", line=line)
        check_size(self._nodes, len(self._open) + 1, self._limits, line)
        value: Tree = [] if isinstance(event, yaml.SequenceStartEvent) else {}
        if event.anchor:
            self._anchors.pop(event.anchor, None)
        self._open.append(_Open(_Node(value, Place(line)), event.anchor))

    def _end(self) -> None:
        done = self._open.pop()
        for source in done.merged:
            _merge(done.node, source)
        if done.anchor:
            self._anchors[done.anchor] = done.node
        # Its children were counted when they came; only the container itself is new.
        self._add(done.node, done.node.place.line, counted=done.node.nodes - 1)

    def _anchored(self, anchor: str, line: int) -> _Node:
        if anchor not in self._anchors:
            raise malformed(f"`*{anchor[:80]}` names no anchor that is complete before it", line=line)
        return self._anchors[anchor]

    def _add(self, node: _Node, line: int, counted: int = 0) -> None:
        self._nodes += node.nodes - counted
        check_size(self._nodes, len(self._open) + node.height, self._limits, line)
        if not self._open:
            self.root = node
            return
        top = self._open[-1]
        if isinstance(top.node.value, list):
            top.node.place.inside[str(len(top.node.value))] = node.place
            top.node.value.append(node.value)
        else:
            self._put(top, node, line)
        top.node.nodes += node.nodes
        top.node.height = max(top.node.height, node.height + 1)

    def _put(self, top: _Open, node: _Node, line: int) -> None:
        key, top.key = top.key, None
        if key is None:
            raise malformed("a key must be a plain word, not an alias", line=line)
        if key == _MERGE:
            top.merged.extend(_sources(node, line))
            return
        _mapping(top.node)[key] = node.value
        top.node.place.inside[key] = node.place


def _mapping(node: _Node) -> dict[str, Tree]:
    if not isinstance(node.value, dict):
        raise TypeError("only mappings have keys")
    return node.value


def _sources(node: _Node, line: int) -> list[_Node]:
    """The mappings that a merge key names: one, or a list of them, the first of which wins."""
    values = node.value if isinstance(node.value, list) else [node.value]
    places = list(node.place.inside.values()) if isinstance(node.value, list) else [node.place]
    if not all(isinstance(value, dict) for value in values):
        raise malformed("`<<` takes a mapping or a list of mappings", line=line)
    return [_Node(value, place) for value, place in zip(values, places, strict=True)]


def _merge(node: _Node, source: _Node) -> None:
    into = _mapping(node)
    for key, value in _mapping(source).items():
        if key not in into:
            into[key] = value
            node.place.inside[key] = source.place.inside[key]


def _plain(word: str, line: int) -> Tree:
    """A word without quotes by the core schema of YAML 1.2; what is none of its numbers is a string."""
    if word in _NULL:
        return None
    if word in _BOOLEAN:
        return _BOOLEAN[word]
    if _WHOLE.fullmatch(word):
        return checked_whole(word, line=line)
    if _BASED.fullmatch(word):
        return checked_whole(word, 8 if word[1] == "o" else 16, line=line)
    if _REAL.fullmatch(word):
        return checked_real(word, line)
    if _ENDLESS.fullmatch(word):
        raise malformed(f"{word} is not a finite number", line=line)
    return checked_text(word, line)


def _no_tag(tag: str | None, line: int) -> None:
    if tag is not None:
        raise malformed(f"tags such as `{tag[:80]}` are not taken", line=line, hint="leave the tag out")
