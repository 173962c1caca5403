"""`python3 -m service demo|serve|test|lint|bench`: makes `.venv` on a bare machine and runs inside it.

Only the standard library is imported here, because this runs before anything is installed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
CONSTRAINTS = ROOT / "constraints.txt"
OLDEST = (3, 11)

EXTRAS = {"demo": "worker", "serve": "worker", "test": "dev", "lint": "dev", "bench": "dev"}
USAGE = """usage: python3 -m service VERB [arguments]

  demo    diagnose a deep sigmoid network on the digits data set, from nothing to a report
  serve   run the embedded deployment: API, worker, sweep, broker and database
  test    run the test suite (arguments go to pytest)
  lint    formatter, linters, types, import contracts, Dockerfile and Compose checks
  bench   run the benchmarks, or the named one (`bench probe_overhead`)
"""


def main() -> int:
    """Run one verb inside the project's own environment."""
    verb, arguments = (sys.argv[1], sys.argv[2:]) if len(sys.argv) > 1 else ("help", [])
    if verb not in EXTRAS:
        print(USAGE, end="", file=sys.stdout if verb in {"help", "-h", "--help"} else sys.stderr)
        return 0 if verb in {"help", "-h", "--help"} else 2
    if sys.version_info < OLDEST:
        sys.exit(
            f"gradclinic: this needs Python {OLDEST[0]}.{OLDEST[1]} or newer, not {sys.version.split()[0]}"
        )
    try:
        prepare(EXTRAS[verb])
    except subprocess.CalledProcessError as error:
        print(f"gradclinic: the installation stopped at: {' '.join(map(str, error.cmd))}", file=sys.stderr)
        return 1
    return run(verb, arguments)


def prepare(extra: str) -> None:
    """Make `.venv` and install the project with `extra`, unless that was done for these very files."""
    stamp = VENV / f"gradclinic-{extra}.stamp"
    wanted = fingerprint()
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    print(f"gradclinic: installing into {VENV} (once; a few minutes without a package cache) ...", flush=True)
    if not PYTHON.is_file():
        make_environment()
    pip("install", "--upgrade", "pip>=24")
    # torch goes first and pinned: a plain requirement may resolve to another build with gigabytes of CUDA.
    pip("install", next(line for line in CONSTRAINTS.read_text().splitlines() if line.startswith("torch==")))
    pip("install", "--constraint", str(CONSTRAINTS), "--editable", f"{ROOT}[{extra}]")
    stamp.write_text(wanted)


def make_environment(place: Path = VENV) -> None:
    """Create `.venv`, or say what the machine lacks and leave nothing half made."""
    try:
        venv.create(place, with_pip=True)
    except (subprocess.CalledProcessError, ModuleNotFoundError):
        shutil.rmtree(place, ignore_errors=True)
        sys.exit(
            "gradclinic: Python's venv cannot bring pip here; on Debian and Ubuntu: apt install python3-venv"
        )


def fingerprint() -> str:
    """Hash of all that decides what gets installed."""
    digest = hashlib.sha256(f"{sys.version_info[:2]} {ROOT}".encode())
    for path in (ROOT / "pyproject.toml", CONSTRAINTS):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def pip(*arguments: str) -> None:
    """Run the environment's pip, quietly."""
    command = [str(PYTHON), "-m", "pip", "-qq", "--disable-pip-version-check", *arguments]
    subprocess.run(command, check=True)


def run(verb: str, arguments: list[str]) -> int:
    """Run the verb's commands in order; the first that fails ends it, except for `lint`, which shows all.

    A single command takes this process's place, so that every signal is its own.
    """
    wanted = commands(verb, arguments)
    if len(wanted) == 1 and os.name == "posix":
        become(wanted[0])
    codes = []
    for command in wanted:
        if verb == "lint":
            print(f"== {' '.join(command)}", flush=True)
        codes.append(call(command))
        if codes[-1] and verb != "lint":
            break
    return max(codes, default=0)


def become(command: list[str]) -> NoReturn:
    """Go on as one command of the environment, from the project's root."""
    tool, *arguments = command
    binary = str(PYTHON if tool == "python" else PYTHON.with_name(tool))
    os.chdir(ROOT)
    sys.stdout.flush()
    os.execv(binary, [binary, *arguments])  # noqa: S606


def call(command: list[str]) -> int:
    """Run one command of the environment from the project's root; Ctrl-C is the command's to answer."""
    tool, *arguments = command
    binary = PYTHON if tool == "python" else PYTHON.with_name(tool)
    with subprocess.Popen([str(binary), *arguments], cwd=ROOT) as process:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue


def benchmarks() -> list[str]:
    """Names of the programs under `benchmarks/`; a module there without an entry is a part of one."""
    sources = sorted((ROOT / "benchmarks").glob("*.py"))
    return [path.stem for path in sources if '__name__ == "__main__"' in path.read_text()]


def commands(verb: str, arguments: list[str]) -> list[list[str]]:
    """What a verb stands for."""
    if verb == "test":
        return [["python", "-m", "pytest", *arguments]]
    if verb == "bench":
        names = arguments[:1] or benchmarks()
        return [["python", f"benchmarks/{name}.py", *arguments[1:]] for name in names]
    if verb == "lint":
        return [
            ["ruff", "format", "--check", "."],
            ["ruff", "check", "."],
            ["mypy"],
            ["import-linter", "lint"],
            ["check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"],
            ["hadolint", "Dockerfile"],
        ]
    return [["python", "-m", "service.cli", verb, *arguments]]


if __name__ == "__main__":
    sys.exit(main())
