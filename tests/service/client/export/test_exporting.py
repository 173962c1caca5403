"""What comes out is the network that was put in, and nothing of what was put in has changed."""

import copy
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from service.client.export import Exported, ExportFailed, export
from tests.service.client.export.modules import (
    Branching,
    Cnn,
    Inexpressible,
    Masked,
    OwnGradient,
    PartlyUsed,
    Rigid,
)
from tests.workers.networks.onnx.exporting import NETWORKS, example, original
from workers.networks.onnx.load import load
from workers.networks.onnx.read import read


@pytest.fixture(scope="module")
def cnn() -> Cnn:
    torch.manual_seed(1)
    return Cnn()


@pytest.fixture(scope="module")
def exported(cnn: Cnn) -> Exported:
    return export(cnn, torch.randn(4, 1, 8, 8))


def operators(exported: Exported) -> list[str]:
    return [node.op_type for node in onnx.load_model_from_string(exported.data).graph.node]


def test_every_parameter_is_there_by_its_name_and_tied_weights_once(cnn: Cnn, exported: Exported) -> None:
    network = load(read(exported.data))
    assert set(network.report.parameters) == set(exported.names.values())
    assert set(exported.names) == {name for name, _ in cnn.named_parameters(remove_duplicate=False)}
    assert exported.names["up.weight"] == exported.names["again.weight"]


def test_what_was_exported_computes_and_learns_like_the_module(cnn: Cnn, exported: Exported) -> None:
    network, original = load(read(exported.data)), copy.deepcopy(cnn)
    x = torch.randn(7, 1, 8, 8)
    expected = original.eval()(x)
    got = network.eval()(x)
    torch.testing.assert_close(got, expected)
    expected.square().sum().backward()
    got.square().sum().backward()
    weight = network.parameter_of[exported.names["up.weight"]]
    torch.testing.assert_close(weight.grad, original.up.weight.grad)


def test_batch_norm_and_dropout_are_alive_even_where_the_module_was_in_eval_mode(cnn: Cnn) -> None:
    module = copy.deepcopy(cnn).eval()
    found = operators(export(module, torch.randn(4, 1, 8, 8)))
    assert (found.count("BatchNormalization"), found.count("Dropout")) == (1, 1)
    assert not module.training
    assert not module.bn.training


def test_a_file_that_lost_nothing_says_so(exported: Exported) -> None:
    file = onnx.load_model_from_string(exported.data)
    assert {entry.key: entry.value for entry in file.metadata_props}["gradclinic.whole"] == "yes"


def test_a_part_that_is_in_eval_mode_on_purpose_stays_so(cnn: Cnn) -> None:
    module = copy.deepcopy(cnn).train()
    module.drop.eval()
    assert "Dropout" not in operators(export(module, torch.randn(4, 1, 8, 8)))


def test_the_module_its_hooks_and_all_random_numbers_stay_as_they_are(cnn: Cnn) -> None:
    module = copy.deepcopy(cnn)
    called: list[str] = []
    module.conv.register_forward_hook(lambda *_: called.append("hook"))
    module(torch.randn(2, 1, 8, 8)).sum().backward()
    called.clear()
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    gradient = module.conv.weight.grad.clone()
    states = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].copy()
    export(module, torch.randn(4, 1, 8, 8, generator=torch.Generator().manual_seed(1)))
    assert called == []
    assert all(torch.equal(tensor, before[name]) for name, tensor in module.state_dict().items())
    assert torch.equal(module.conv.weight.grad, gradient)
    assert torch.equal(torch.get_rng_state(), states[0])
    assert random.getstate() == states[1]
    assert np.array_equal(np.random.get_state()[1], states[2])


def test_no_absolute_path_and_no_source_text_leaves_the_machine(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "nets").mkdir()
    secret = "def forward(self, x): return self.head(x.relu())  # nobody else may read this"
    (tmp_path / "nets" / "small.py").write_text(
        "from torch import nn\nclass Small(nn.Module):\n"
        "    def __init__(self):\n        super().__init__()\n        self.head = nn.Linear(3, 2)\n    "
        + secret
    )
    code = (
        "import sys, torch; sys.path.insert(0, 'nets'); from small import Small; import gradclinic.export as e\n"
    ).replace("gradclinic.export", "service.client.export")
    code += "open('out.onnx', 'wb').write(e.export(Small(), torch.ones(2, 3)).data)"
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True, timeout=120)
    data = (tmp_path / "out.onnx").read_bytes()
    for trace in (str(tmp_path), sys.prefix, str(Path.home()), "nobody else"):
        assert trace.encode() not in data
    assert b'File "nets/small.py", line 6, in forward' in data


def test_a_batch_of_one_gives_a_file_for_any_batch(cnn: Cnn) -> None:
    network = load(read(export(cnn, torch.randn(1, 1, 8, 8)).data))
    assert network.train()(torch.randn(5, 1, 8, 8)).shape == (5, 10)


def test_other_inputs_are_filled_with_what_the_example_holds() -> None:
    example = {"tokens": torch.randint(0, 7, (3, 5)), "mask": torch.ones(3, 5), "scale": 2.0}
    made = export(Masked(), example)
    assert (made.input, made.fill) == ("tokens", {"mask": 1.0})
    assert export(Masked(), (example["tokens"], None)).fill == {}


def test_an_input_that_is_not_constant_has_to_be_filled_by_the_caller() -> None:
    example = torch.randint(0, 7, (3, 5)), torch.rand(3, 5)
    with pytest.raises(ExportFailed, match=r"`mask` is not constant in the example.*fill=\{'mask': number\}"):
        export(Masked(), example)
    assert export(Masked(), example, fill={"mask": 0.5}).fill == {"mask": 0.5}


def test_what_onnx_does_not_have_is_named_with_its_module_and_line(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ExportFailed) as raised:
        export(Inexpressible(), torch.randn(3, 4))
    assert raised.value.operator is not None
    assert "i1" in raised.value.operator
    assert raised.value.module == "inner.1"
    assert "`inner.1` (Bessel), modules.py:" in str(raised.value)
    assert str(raised.value).endswith("(nothing was sent)")
    assert capfd.readouterr() == ("", "")


def test_a_branch_on_the_data_is_exported_by_tracing_and_said_so() -> None:
    module = Branching()
    before = module.norm.running_mean.clone()
    made = export(module, torch.randn(5, 4) + 3)
    assert "by tracing, which freezes branches, because otherwise Could not guard" in made.notes[0]
    file = onnx.load_model_from_string(made.data)
    (mean,) = [each for each in file.graph.initializer if each.name == "norm.running_mean"]
    assert np.array_equal(onnx.numpy_helper.to_array(mean), before.numpy())
    assert set(made.names) == {"first.weight", "first.bias", "norm.weight", "norm.bias"}


def test_a_network_for_one_batch_size_says_which() -> None:
    made = export(Rigid(), torch.randn(4, 2, 3))
    assert made.batch == 4
    assert "batches of 4 only" in made.notes[0]


def test_gradients_of_ones_own_are_said_to_be_lost() -> None:
    (note,) = export(OwnGradient(), torch.randn(3, 4)).notes
    assert "Doubled" in note


def test_what_takes_no_part_may_be_left_out() -> None:
    made = export(PartlyUsed(), torch.randn(3, 4))
    assert {"head.weight", "head.bias"} <= set(made.names)


def test_a_normalization_without_weights_is_kept_too() -> None:
    module = nn.Sequential(
        nn.Conv1d(4, 8, 3), nn.BatchNorm1d(8, affine=False), nn.Flatten(), nn.Linear(48, 2)
    )
    made = export(module, torch.randn(3, 4, 8))
    assert "BatchNormalization" in operators(made)
    assert made.notes == ()


def test_a_normalization_in_eval_mode_is_told_to_go_by_the_batch() -> None:
    module = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8))
    module[1].eval()
    (note,) = export(module, torch.randn(3, 4)).notes
    assert note.startswith("1 batch normalizations are in eval mode")


@pytest.mark.filterwarnings("ignore:.*weight_norm.*:FutureWarning")
def test_weights_that_hooks_compute_can_be_exported_too() -> None:
    module = nn.utils.weight_norm(nn.Linear(4, 8))
    made = export(module, torch.randn(3, 4))
    assert set(made.names) == {"weight_g", "weight_v", "bias"}


@pytest.mark.filterwarnings("ignore:.*torch.jit.script_method.*:DeprecationWarning")
def test_wrappers_are_taken_off(cnn: Cnn) -> None:
    for wrapped in (nn.DataParallel(cnn), torch.compile(cnn)):
        assert "conv.weight" in export(wrapped, torch.randn(4, 1, 8, 8)).names


@pytest.mark.parametrize("name", NETWORKS)
def test_every_parameter_of_every_kind_of_network_survives_and_is_imported(name: str) -> None:
    module = original(name)
    made = export(module, example(name))
    assert set(made.names) == {each for each, _ in module.named_parameters(remove_duplicate=False)}
    assert set(load(read(made.data)).report.parameters) == set(made.names.values())
    assert made.notes == ()


@pytest.mark.parametrize(
    ("example", "words"),
    [
        (torch.tensor(1.0), "holds no batch"),
        ((), "holds no batch"),
        ((torch.ones(2, 4), torch.ones(2, 4)), "does not fit Linear.forward"),
        (torch.ones(2, 5), "fails on the example"),
    ],
)
def test_an_example_that_does_not_fit_is_told(example: object, words: str) -> None:
    with pytest.raises(ExportFailed, match=words):
        export(nn.Linear(4, 2), example)


def test_a_module_without_numbers_is_told() -> None:
    with pytest.raises(ExportFailed, match="`weight` has no numbers yet"):
        export(nn.LazyLinear(3), torch.ones(2, 4))
