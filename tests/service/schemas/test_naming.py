from service.schemas.naming import names_of
from tests.service.schemas.networks import linear, network


def named(*items):
    return names_of(network(*items).layers)


def test_types_in_lower_case_are_numbered_from_the_second():
    assert named(linear(2), "ReLU", linear(2), "ReLU", linear(2)) == (
        "linear",
        "relu",
        "linear_2",
        "relu_2",
        "linear_3",
    )


def test_a_written_name_wins_over_one_that_follows_from_a_type():
    assert named(linear(2), linear(2, name="linear")) == ("linear_2", "linear")
    assert named(linear(2), linear(2), linear(2, name="linear_2")) == ("linear", "linear_3", "linear_2")


def test_a_name_written_twice_is_numbered_too():
    assert named(linear(2, name="a"), linear(2, name="a")) == ("a", "a_2")


def test_containers_have_names_as_well():
    assert named(
        {"repeat": 2, "body": ["ReLU"]}, {"residual": {"body": ["ReLU"]}}, {"use": "Block"}, {"op": "add"}
    ) == ("repeat", "residual", "block", "add")
