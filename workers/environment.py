"""The environment of the processes that touch clients' data: what torch needs, and no secret."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

_NAMES = {
    "PATH", "HOME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "USER", "LOGNAME", "SHELL", "VIRTUAL_ENV", "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH", "SSL_CERT_FILE", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG",
}  # fmt: skip
_PREFIXES = ("LC_", "PYTHON", "CUDA_", "NVIDIA_", "ROCR_", "HIP_", "TORCH", "XDG_RUNTIME")


def harmless(environment: Mapping[str, str]) -> dict[str, str]:
    """The part of an environment that a child may see; a list of what is allowed, for secrets have any name."""
    return {
        name: value for name, value in environment.items() if name in _NAMES or name.startswith(_PREFIXES)
    }


def scrub(**extra: str) -> None:
    """Leave only what is harmless in this process's own environment, plus `extra`."""
    kept = harmless(os.environ) | extra
    os.environ.clear()
    os.environ.update(kept)


@contextmanager
def scrubbed(**extra: str) -> Iterator[None]:
    """The same for the length of a block; only while the process has a single thread."""
    saved = dict(os.environ)
    scrub(**extra)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(saved)
