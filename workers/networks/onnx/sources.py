"""Where in the user's repository a node was written; no absolute path leaves this module."""

import re
from collections.abc import Sequence

from workers.networks.onnx.graph import Node

_TRACE = "pkg.torch.onnx.stack_trace"
_FRAME = re.compile(r'File "([^"\n]{1,1000})", line (\d{1,9}), in')
_ABSOLUTE = re.compile(r"/|[A-Za-z]:|~")
_SHALLOW = 2
"""A root like `/home/` or `C:/Users/` belongs to the machine."""
_INSTALLED = re.compile(r"/(?:site|dist)-packages/(.*)$")


def source_lines(nodes: Sequence[Node]) -> list[str | None]:
    """`path:line` of each node: the innermost frame of the user's own, as it is or relative to all of them together."""
    frames = [_frame(node) for node in nodes]
    root = _root([frame[0] for frame in frames if frame and _ABSOLUTE.match(frame[0])])
    return [f"{_relative(frame[0], root)}:{frame[1]}" if frame else None for frame in frames]


def _relative(path: str, root: str) -> str:
    """Without a folder that is the repository's for sure, the file's own name is all that may leave.

    A path that is relative already names no machine.
    """
    if not _ABSOLUTE.match(path) and ".." not in path.split("/"):
        return path.removeprefix("./")
    return path[len(root) :] if root.count("/") > _SHALLOW else path.rpartition("/")[2]


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
