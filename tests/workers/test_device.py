import subprocess
import sys

import pytest
import torch

from workers.device import choose, describe, engine
from workers.errors import NoDevice

HAS_CUDA = torch.cuda.is_available()


def test_the_cpu_can_always_be_had():
    assert choose("cpu") == torch.device("cpu")
    assert describe(choose("cpu")) == "cpu"


@pytest.mark.skipif(HAS_CUDA, reason="a CUDA device is here")
def test_auto_is_the_cpu_where_there_is_no_gpu():
    assert choose("auto") == torch.device("cpu")


@pytest.mark.skipif(HAS_CUDA, reason="a CUDA device is here")
@pytest.mark.parametrize("setting", ["cuda", "cuda:0", "cuda:7"])
def test_a_gpu_that_is_not_there_is_refused_with_the_reason(setting):
    with pytest.raises(NoDevice, match=rf"set to {setting}, but (torch .* is built without CUDA|no GPU)"):
        choose(setting)


@pytest.mark.gpu
@pytest.mark.skipif(not HAS_CUDA, reason="no CUDA device in this machine")
def test_auto_is_the_first_gpu_and_its_model_is_told():
    assert choose("auto") == choose("cuda") == choose("cuda:0") == torch.device("cuda", 0)
    assert describe(choose("cuda")) == f"cuda:0 {torch.cuda.get_device_name(0)}"
    with pytest.raises(NoDevice, match="the last of the"):
        choose("cuda:99")


@pytest.mark.parametrize(
    "setting", ["", "gpu", "cuda:", "cuda:-1", "cuda:x", "CPU", "mps", "cuda:٣", "cpu\n"]
)
def test_anything_else_is_refused_with_what_can_be_said(setting):
    with pytest.raises(NoDevice, match="auto, cpu, cuda or cuda:n"):
        choose(setting)


def test_the_engine_names_both_versions():
    assert engine().startswith("gradclinic 0.")
    assert engine().endswith(f"torch {torch.__version__}")


def test_importing_the_module_does_not_import_torch():
    program = "import sys, workers.device, workers.errors; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0
