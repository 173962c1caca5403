"""Where in the user's repository a node was written; no absolute path leaves this module."""

import re
from collections.abc import Sequence

from workers.networks.onnx.graph import Node

_TRACE = "pkg.torch.onnx.stack_trace"
_FRAME = re.compile(r'File "([^"\n]{1,1000})", line (\d{1,9}), in')
_INSTALLED = re.compile(r"/(?:site|dist)-packages/(.*)$")


def source_lines(nodes: Sequence[Node]) -> list[str | None]:
    """`path:line` of each node: the innermost frame of the user's own, relative to all of them together."""
    frames = [_frame(node) for node in nodes]
    root = _root([path for path, _ in filter(None, frames)])
    return [f"{path[len(root) :]}:{line}" if (path := frame[0]) else None for frame, line in _split(frames)]


def _split(frames: Sequence[tuple[str, int] | None]) -> list[tuple[tuple[str, int], int]]:
    return [(frame or ("", 0), frame[1] if frame else 0) for frame in frames]


def _frame(node: Node) -> tuple[str, int] | None:
    """The innermost frame outside of installed packages, else the innermost of a package but torch."""
    found = [
        (path.replace("\\", "/"), int(line)) for path, line in _FRAME.findall(node.metadata.get(_TRACE, ""))
    ]
    for path, line in reversed(found):
        if not _INSTALLED.search(path) and not path.startswith("<"):
            return path, line
    return None


def _root(paths: Sequence[str]) -> str:
    """The directory, with its last slash, that all of the paths are in; of a single file its directory."""
    if not paths:
        return ""
    folders = [path.split("/")[:-1] for path in paths]
    shared = []
    for parts in zip(*folders, strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    return "/".join(shared) + "/" if shared else ""
