"""How much memory a process holds for itself, and a limit on how much more this one may take."""

import resource
import sys
from pathlib import Path


def held_bytes(pid: int) -> int | None:
    """Memory that is the process's own (shared pages of files left out); None where the system does not say.

    Linux says it in /proc; elsewhere only what the allocators refuse is limited.
    """
    fields = _status(Path(f"/proc/{pid}/status"))
    if "RssAnon" not in fields:
        return None
    return fields["RssAnon"] + fields.get("RssShmem", 0)


def limit_own(extra_bytes: int) -> None:
    """Let this process ask for so many bytes on top of what it has; allocations beyond fail in it."""
    if sys.platform != "linux":
        return
    # RLIMIT_AS would count torch's libraries and every mapped file as well: gigabytes that nobody uses.
    most = _status(Path("/proc/self/status"))["VmData"] + extra_bytes
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def forbid_core_dumps() -> None:
    """A crash is not to leave a client's data on the disk."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _status(path: Path) -> dict[str, int]:
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return {}
    fields = (line.split() for line in lines)
    return {words[0].rstrip(":"): int(words[1]) * 1024 for words in fields if words[2:] == ["kB"]}
