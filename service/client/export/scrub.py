"""Nothing of the caller's machine leaves it in a file: paths become relative, source text and remarks go."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import onnx
from google.protobuf.message import Message

TRACE = "stack_trace"
_FRAME = re.compile(r'File "([^"\n]+)", line (\d+), in ([^\n]*)')
_INSTALLED = re.compile(r"/(?:site|dist)-packages/|/lib/python\d[\d.]*/")
_ABSOLUTE = re.compile(r"""(?:(?<=["'\s(=])|^)(?:/|[A-Za-z]:[/\\])[^\s"':()]*[/\\]""")


def scrub(model: onnx.ModelProto, roots: Sequence[Path]) -> None:
    """In place: of stack traces only the caller's own frames stay, relative to one of `roots`."""
    for message in _messages(model):
        for field, value in message.ListFields():
            if field.name == "doc_string":
                message.ClearField("doc_string")
            elif field.name == "metadata_props":
                for entry in value:
                    entry.value = _clean(entry.key, entry.value, roots)


def roots_of(*places: Path) -> tuple[Path, ...]:
    """The repositories that the places lie in, else the places themselves; the deepest first."""
    found = {_repository(place.resolve()) for place in places}
    return tuple(sorted(found, key=lambda path: len(path.parts), reverse=True))


def relative(path: str, roots: Iterable[Path]) -> str:
    """Below one of the roots, with forward slashes; of a file elsewhere only its name."""
    place = Path(path)
    for root in roots:
        if place.is_relative_to(root):
            return place.relative_to(root).as_posix()
    return path.replace("\\", "/").rpartition("/")[2]


def _repository(place: Path) -> Path:
    folder = place if place.is_dir() else place.parent
    return next((parent for parent in (folder, *folder.parents) if (parent / ".git").exists()), folder)


def _clean(key: str, text: str, roots: Sequence[Path]) -> str:
    if key.endswith(TRACE):
        own = [frame for frame in _FRAME.findall(text) if not _INSTALLED.search(frame[0].replace("\\", "/"))]
        return "\n".join(
            f'File "{relative(path, roots)}", line {line}, in {name}' for path, line, name in own
        )
    return _ABSOLUTE.sub("", text)


def _messages(message: Message) -> Iterator[Any]:
    """The message and all inside it, without stepping into the numbers."""
    waiting: list[Message] = [message]
    while waiting:
        current = waiting.pop()
        yield current
        for field, value in current.ListFields():
            if field.message_type is not None:
                waiting.extend(value if hasattr(value, "__len__") else [value])
