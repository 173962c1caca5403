"""What a node is called: after the module that the user wrote, in characters that are safe everywhere."""

import ast
import re
from collections.abc import Iterable

from workers.networks.onnx.graph import Node

_SCOPES = "pkg.torch.onnx.name_scopes"
_ANONYMOUS = re.compile(r"^(onnx::.*|val_?\d+|[a-z_]*\d+|const.*|_.*|initializer.*)$", re.IGNORECASE)
_CALLED = re.compile(r"(^|(?<=/))(Stateful)?PartitionedCall/")
"""How TensorFlow calls a whole network that was saved."""
_NOISE = re.compile(r"(:\d+$)|(/(ReadVariableOp|resource|read)$)")
_LENGTH = 200


def safe(text: str) -> str:
    """A dotted path of letters, digits, `_` and `-`; empty where nothing is left."""
    path = re.sub(r"[^A-Za-z0-9_.-]+", "_", text.replace("/", ".").replace("::", "."))[:_LENGTH]
    return ".".join(part.strip("_") or "_" for part in path.split(".") if part)


def is_dotted(name: str) -> bool:
    """Whether an initializer bears the path of a parameter, and not a number that an exporter gave it."""
    return ("." in name or "/" in name) and not _ANONYMOUS.match(name)


def is_plain(name: str) -> bool:
    """Whether an initializer bears a name of Python, as an attribute of the network itself does."""
    return name.isidentifier() and not _ANONYMOUS.match(name)


def module_of(initializer: str) -> str:
    """The module that owns a parameter: its path without the last element."""
    path = safe(_CALLED.sub("", _NOISE.sub("", _NOISE.sub("", initializer))))
    return path.rpartition(".")[0]


def scope_of(node: Node) -> str:
    """The user's module that a node came from, as the exporter says it; empty where it does not."""
    scopes = _list(node.metadata.get(_SCOPES, ""))
    if len(scopes) > 1:
        return safe(scopes[-2])
    if "/" in node.name:
        return safe(_CALLED.sub("", node.name).rpartition("/")[0])
    return ""


def unique(names: Iterable[str]) -> list[str]:
    """The same names in order, the second of a name with `_2`, the third with `_3`."""
    taken: set[str] = set()
    counts: dict[str, int] = {}
    result = []
    for name in names:
        chosen = name
        while chosen in taken:
            counts[name] = counts.get(name, 1) + 1
            chosen = f"{name}_{counts[name]}"
        taken.add(chosen)
        result.append(chosen)
    return result


def _list(text: str) -> list[str]:
    """A list of strings as the exporter prints it; ast.literal_eval runs nothing."""
    try:
        value = ast.literal_eval(text) if len(text) < 5_000 else []
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return []
    return [entry for entry in value if isinstance(entry, str)] if isinstance(value, list) else []
