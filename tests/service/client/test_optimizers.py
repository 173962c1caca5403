import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR

from service.client import Inexpressible
from service.client.optimizers import optimizing_of
from service.schemas.arguments import OPTIMIZER_ARGUMENTS
from service.schemas.training import Optimizer


def network() -> nn.Sequential:
    return nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))


@pytest.mark.parametrize("name", OPTIMIZER_ARGUMENTS)
def test_every_optimizer_of_torch_with_its_defaults_is_said_and_accepted(name: str) -> None:
    module = network()
    said = optimizing_of(getattr(torch.optim, name)(module.parameters(), lr=0.01), module).optimizer
    assert Optimizer.model_validate(said).lr == 0.01
    assert set(said) <= OPTIMIZER_ARGUMENTS[name]  # type: ignore[index]


def test_arguments_are_read_from_the_live_object() -> None:
    module = network()
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1, momentum=0.9, nesterov=True, weight_decay=1e-4)
    said = optimizing_of(optimizer, module).optimizer
    assert said == {"type": "SGD", "lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 1e-4}


def test_what_is_torchs_default_is_not_said() -> None:
    module = network()
    optimizer = torch.optim.Adam(module.parameters(), betas=(0.9, 0.999), amsgrad=False)
    assert optimizing_of(optimizer, module).optimizer == {"type": "Adam", "lr": 1e-3}


def test_a_rate_in_a_tensor_is_a_number() -> None:
    module = network()
    said = optimizing_of(torch.optim.Adam(module.parameters(), lr=torch.tensor(0.5)), module).optimizer
    assert type(said["lr"]) is float


def test_the_rate_is_the_one_before_the_schedule_warmed_up() -> None:
    module = network()
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1)
    LambdaLR(optimizer, lambda step: 0.0)
    assert optimizer.param_groups[0]["lr"] == 0
    assert optimizing_of(optimizer, module).optimizer["lr"] == 0.1


def test_parameters_that_the_optimizer_does_not_hold_are_frozen() -> None:
    module = network()
    module[2].bias.requires_grad_(False)
    optimizer = torch.optim.SGD([*module[2].parameters()], lr=0.1)
    assert optimizing_of(optimizer, module).frozen == ("0.weight", "0.bias", "2.bias")


@pytest.mark.parametrize("optimizer", ["Adam", {"type": "Adam", "lr": 0.1}])
def test_of_a_name_or_a_mapping_the_module_says_what_is_frozen(optimizer: object) -> None:
    module = network()
    module[0].requires_grad_(False)
    optimizing = optimizing_of(optimizer, module)
    assert optimizing.optimizer["type"] == "Adam"
    assert optimizing.frozen == ("0.weight", "0.bias")


def test_an_optimizer_of_another_copy_is_refused() -> None:
    optimizer = torch.optim.Adam([*network().parameters()])
    with pytest.raises(
        Inexpressible, match="4 of the 4 parameters that the optimiser holds are not the module's"
    ):
        optimizing_of(optimizer, network())


def test_groups_that_train_differently_are_refused_by_name() -> None:
    module = network()
    groups = [
        {"params": [*module[0].parameters()], "lr": 0.1},
        {"params": [*module[2].parameters()], "lr": 0.2},
    ]
    with pytest.raises(Inexpressible, match="different `lr`"):
        optimizing_of(torch.optim.SGD(groups), module)


def test_a_group_that_alone_has_momentum_is_refused_by_name() -> None:
    module = network()
    groups = [{"params": [*module[0].parameters()]}, {"params": [*module[2].parameters()], "momentum": 0.9}]
    with pytest.raises(Inexpressible, match="different `momentum`"):
        optimizing_of(torch.optim.SGD(groups, lr=0.1), module)


def test_groups_that_train_alike_are_one() -> None:
    module = network()
    groups = [{"params": [*module[0].parameters()]}, {"params": [*module[2].parameters()]}]
    assert optimizing_of(torch.optim.SGD(groups, lr=0.1), module).optimizer["lr"] == 0.1


def test_an_argument_without_words_is_refused_by_name() -> None:
    module = network()
    with pytest.raises(Inexpressible, match="`eps` of Adafactor"):
        optimizing_of(torch.optim.Adafactor(module.parameters(), eps=(1e-8, 1e-3)), module)


def test_an_optimizer_that_is_not_known_is_refused() -> None:
    module = network()
    with pytest.raises(Inexpressible, match="LBFGS cannot be sent"):
        optimizing_of(torch.optim.LBFGS(module.parameters()), module)
