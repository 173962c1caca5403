"""Other tools' rules fire where their documentation says, and are silent on a sound run."""

import math

import pytest

from benchmarks.accuracy.comparators import TOOLS, autotrainer, deepdiagnosis, sagemaker, torchmortem
from benchmarks.accuracy.comparators.tool import View
from tests.benchmarks.accuracy.traces import RAN, layers, run, trace


def view(*, activation: str = "ReLU", **fields: object) -> View:
    chain = layers(activation=activation)
    one = run(chain=chain, **fields)  # type: ignore[arg-type]
    return View(trace(one, chain=chain).evidence, one)


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_a_sound_run_raises_no_alarm(tool: sagemaker.Tool) -> None:
    assert tool.alarms(trace().evidence) == {}


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_every_tool_says_what_was_approximated(tool: sagemaker.Tool) -> None:
    assert tool.source
    assert tool.approximated


def test_an_alarm_counts_where_most_seeds_raise_it() -> None:
    bad, good = run(stopped="non-finite"), run()
    assert "ExplodingTensor" in sagemaker.TOOL.alarms(trace(bad, bad, good).evidence)
    assert sagemaker.TOOL.alarms(trace(bad, good, good).evidence) == {}


def test_tiny_gradients_vanish_for_sagemaker_and_deepdiagnosis() -> None:
    tiny = view(by_depth={0: {"weight_gradient_rms": 1e-8}})
    assert sagemaker.detect(tiny)["VanishingGradient"] == "vanishing"
    assert "vanishing gradient" in deepdiagnosis.deepdiagnosis(tiny)
    assert "vanishing gradient" not in deepdiagnosis.deeplocalize(tiny)


def test_sagemaker_sees_dead_rectifiers_and_updates_out_of_range() -> None:
    found = sagemaker.detect(view(by_depth={1: {"activation_dead_share": 0.6}, 2: {"update_ratio": 11.0}}))
    assert set(found) == {"DeadRelu", "WeightUpdateRatio"}


def test_saturation_is_read_from_the_size_of_the_inputs() -> None:
    wide = view(activation="Tanh", by_depth={0: {"activation_rms": 20.0}})
    assert "SaturatedActivation" in sagemaker.detect(wide)
    assert "saturated activation" in deepdiagnosis.deepdiagnosis(wide)
    assert "SaturatedActivation" not in sagemaker.detect(view(by_depth={0: {"activation_rms": 20.0}}))


def test_sagemaker_blames_the_weights_only_while_the_loss_does_not_fall() -> None:
    uneven = {0: {"weight_rms": 1.0}}
    assert "PoorWeightInitialization" in sagemaker.detect(view(by_depth=uneven, losses=[2.0] * RAN))
    assert "PoorWeightInitialization" not in sagemaker.detect(view(by_depth=uneven))


def test_autotrainer_asks_for_gradients_only_where_the_network_does_not_satisfy() -> None:
    fading = {0: {"weight_gradient_rms": 1e-7}}
    stuck = [2.3] * RAN
    assert autotrainer.detect(view(by_depth=fading, losses=stuck)) == {"vanish": "vanishing"}
    assert autotrainer.detect(view(by_depth=fading)) == {}
    assert autotrainer.detect(view(by_depth={0: {"weight_gradient_rms": 1.0}}, losses=stuck)) == {
        "explode": "exploding"
    }
    zeros = {depth: {"weight_gradient_zero_share": 0.9} for depth in (0, 2, 4)}
    assert autotrainer.detect(view(by_depth=zeros, losses=stuck)) == {"relu": "vanishing"}
    assert autotrainer.detect(view(losses=stuck)) == {"not_converge": None}
    assert autotrainer.detect(view(losses=[1e6] * RAN)) == {"explode": "exploding"}


def test_autotrainer_sees_swings() -> None:
    swinging = [0.2 if (step // 2) % 2 else 0.6 for step in range(RAN)]
    assert autotrainer.detect(view(losses=swinging)) == {"unstable": None}


def test_deeplocalize_looks_for_means_that_are_none_or_do_not_change() -> None:
    assert "error in forward" in deepdiagnosis.deeplocalize(view(by_depth={1: {"activation_mean": math.nan}}))
    assert "zero gradient" in deepdiagnosis.deeplocalize(view(by_depth={0: {"weight_gradient_mean": 0.0}}))
    assert "unchanged output" in deepdiagnosis.deeplocalize(view(by_depth={1: {"activation_mean": 0.25}}))
    assert "loss not decreasing" in deepdiagnosis.deeplocalize(view(losses=[2.25] * RAN))
    assert "invalid loss" in deepdiagnosis.deeplocalize(view(losses=[2.0] * 39 + [math.inf]))


def test_torchmortem_compares_the_ends_and_knows_absolute_bounds() -> None:
    assert "vanishing gradients" in torchmortem.detect(view(by_depth={0: {"output_gradient_rms": 1e-5}}))
    assert "exploding gradients" in torchmortem.detect(view(by_depth={0: {"output_gradient_rms": 100.0}}))
    assert "gradient stalling" in torchmortem.detect(view(by_depth={2: {"output_gradient_rms": 1e-12}}))
    assert "dead units" in torchmortem.detect(view(by_depth={1: {"activation_dead_share": 0.6}}))
    assert "update ratio too low" in torchmortem.detect(view(by_depth={0: {"update_ratio": 1e-6}}))
    assert "update ratio too high" in torchmortem.detect(view(by_depth={0: {"update_ratio": 0.2}}))
    assert "stagnant weight norms" in torchmortem.detect(view(by_depth={0: {"weight_rms": 0.1}}))
    assert "weight norm imbalance" in torchmortem.detect(view(by_depth={0: {"weight_rms": 50.0}}))
    assert "plateau" in torchmortem.detect(view(losses=[2.3] * 80))
    assert "divergence" in torchmortem.detect(view(losses=[1.0] * 20 + [1.2**step for step in range(20)]))
