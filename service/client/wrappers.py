"""The network inside what torch wraps around it, told without importing torch."""

from typing import Any, Final

_SPREADING: Final = frozenset({"DataParallel", "DistributedDataParallel"})


def unwrapped(module: Any) -> Any:
    """The module itself, out of `torch.compile` and the wrappers that spread it over devices."""
    while True:
        kind = type(module)
        inner = getattr(module, "_orig_mod", None)
        if kind.__module__.startswith("torch.nn.parallel") and kind.__name__ in _SPREADING:
            inner = module.module
        if inner is None:
            return module
        module = inner
