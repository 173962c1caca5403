"""Why an export failed, in words: the operator, the module and the line of the user's that it is about."""

import re
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from torch import fx, nn

from service.client.errors import ExportFailed

_OPERATOR = re.compile(r"<OpOverload\(op='([\w.:]+)'|[Ee]xport(?:ing the|.of)? operator '?([\w:]+)'?")
_FRAME = re.compile(r'File "([^"]+)", line (\d+), in')
_LENGTH = 300


def obstacle(error: BaseException, root: nn.Module) -> ExportFailed:
    """What went wrong in one of torch's exporters, as far as its errors tell."""
    chain = list(_chain(error))
    operator = next(filter(None, map(_operator, reversed(chain))), None)
    path, kind, line = next(
        filter(None, (_place(link, root) for link in reversed(chain))), (None, None, None)
    )
    what = f"the operator {operator} has no counterpart in ONNX" if operator else _first_line(chain[-1])
    where = "" if path is None else f" in {f'`{path}`' if path else 'the outermost module'} ({kind})"
    at = f", {line}" if line else ""
    return ExportFailed(f"{what}{where}{at}", operator=operator, module=path)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """From the outermost error to its first cause."""
    link: BaseException | None = error
    while link is not None:
        yield link
        link = link.__cause__ or link.__context__


def _operator(error: BaseException) -> str | None:
    match = _OPERATOR.search(str(error))
    return match and (match[1] or match[2])


def _place(error: BaseException, root: nn.Module) -> tuple[str, str, str | None] | None:
    """Path and type of the innermost module under way, and the user's line; read from the frames."""
    names = {id(part): name for name, part in root.named_modules()}
    for frame, number in reversed(list(traceback.walk_tb(error.__traceback__))):
        node, owner = frame.f_locals.get("node"), frame.f_locals.get("self")
        if isinstance(node, fx.Node) and (stack := node.meta.get("nn_module_stack")):
            path, kind = list(stack.values())[-1]
            return str(path), _short(kind), _line(str(node.meta.get("stack_trace", "")))
        if isinstance(owner, nn.Module) and id(owner) in names:
            return names[id(owner)], type(owner).__name__, _own(frame, number)
    return None


def _short(kind: object) -> str:
    return kind.__name__ if isinstance(kind, type) else str(kind).rpartition(".")[2]


def _own(frame: FrameType, number: int) -> str | None:
    return _line(f'File "{frame.f_code.co_filename}", line {number}, in')


def _line(trace: str) -> str | None:
    """File and line of the innermost frame outside installed packages; the path stays on this machine."""
    own = [
        found
        for found in _FRAME.findall(trace)
        if not re.search(r"[/\\](?:site|dist)-packages[/\\]", found[0])
    ]
    return f"{Path(own[-1][0]).name}:{own[-1][1]}" if own else None


def _first_line(error: BaseException) -> str:
    text = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return text[:_LENGTH]
