"""Where a check comes from, as the environments of CI services say it."""

import re
from collections.abc import Mapping
from typing import Final

_NAMES: Final = {
    "project": ("GITHUB_REPOSITORY", "CI_PROJECT_PATH"),
    "branch": ("GITHUB_HEAD_REF", "GITHUB_REF_NAME", "CI_COMMIT_REF_NAME"),
    "commit": ("GITHUB_SHA", "CI_COMMIT_SHA"),
}
"""GitHub Actions and what speaks like it (Gitea, Forgejo), and GitLab; the first that is set is taken."""


def origin(environment: Mapping[str, str], **given: str | None) -> dict[str, str]:
    """Project, branch and commit: what the caller gives, else what the environment says, else nothing."""
    said = {key: given.get(key) or _first(environment, names) for key, names in _NAMES.items()}
    if not given.get("project"):
        said["project"] = re.sub(r"[^A-Za-z0-9._/-]", "-", said["project"] or "").lstrip("._/-")
    return {key: value[:200] for key, value in said.items() if value}


def _first(environment: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return next((environment[name] for name in names if environment.get(name)), None)
