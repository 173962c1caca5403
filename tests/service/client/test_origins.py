import pytest

from service.client.origins import origin
from service.schemas.submission import Submission

GITHUB = {
    "GITHUB_REPOSITORY": "team/vision", "GITHUB_REF_NAME": "12/merge", "GITHUB_HEAD_REF": "feature/deeper",
    "GITHUB_SHA": "3f9a2c1",
}  # fmt: skip
GITLAB = {
    "CI_PROJECT_PATH": "team/vision",
    "CI_COMMIT_REF_NAME": "feature/deeper",
    "CI_COMMIT_SHA": "3f9a2c1",
}


@pytest.mark.parametrize("environment", [GITHUB, GITLAB])
def test_ci_says_where_a_check_comes_from(environment: dict[str, str]) -> None:
    assert origin(environment) == {"project": "team/vision", "branch": "feature/deeper", "commit": "3f9a2c1"}


def test_a_push_has_no_head_reference() -> None:
    assert origin(GITHUB | {"GITHUB_HEAD_REF": "", "GITHUB_REF_NAME": "main"})["branch"] == "main"


def test_what_the_caller_says_wins_as_it_is() -> None:
    assert origin(GITHUB, project="_mine", branch="b")["project"] == "_mine"


def test_nothing_is_made_up_without_ci() -> None:
    assert origin({"HOME": "/home/someone"}) == {}


def test_names_that_a_submission_does_not_take_are_made_to_fit() -> None:
    said = origin({"CI_PROJECT_PATH": "~team/näme with blanks" + 300 * "x"})
    plan = {"loss": "MSELoss", "optimizer": "SGD"}
    network = {"input": {"shape": [1]}, "layers": ["ReLU"]}
    assert (
        Submission.model_validate({"network": network, "training": plan, **said}).project.startswith("-team")
        is False
    )
