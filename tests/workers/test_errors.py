import errno
import pickle

import pytest
import torch

from workers.errors import CannotBuild, OutOfMemory, RunError, is_out_of_memory


def test_an_allocation_that_the_cpu_refuses_is_out_of_memory():
    with pytest.raises(RuntimeError) as refused:
        torch.empty(10**13)
    assert is_out_of_memory(refused.value)


def test_a_size_that_overflows_is_out_of_memory():
    with pytest.raises(RuntimeError) as refused:
        torch.empty(2**62)
    assert is_out_of_memory(refused.value)


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB."),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        RuntimeError("std::bad_alloc"),
        OutOfMemory("too large"),
    ],
)
def test_every_form_of_exhausted_memory_is_recognised(error):
    assert is_out_of_memory(error)


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("mat1 and mat2 shapes cannot be multiplied"),
        ValueError("out of memory"),
        OSError(errno.ENOENT, "missing"),
        KeyError("x"),
    ],
)
def test_other_errors_are_not_taken_for_exhausted_memory(error):
    assert not is_out_of_memory(error)


def test_a_network_that_cannot_be_built_is_the_clients_and_names_the_layer():
    error = CannotBuild("kernel larger than input", layer="h.0.conv", pointer="/network/layers/0/body/0")
    failure = error.failure()
    assert (failure.whose, failure.code) == ("client", "cannot-build")
    assert failure.detail == "Layer h.0.conv cannot be built: kernel larger than input"


def test_an_error_travels_through_a_pipe_whole():
    error = pickle.loads(pickle.dumps(CannotBuild("no", layer="a", pointer="/network")))
    assert isinstance(error, CannotBuild)
    assert (error.layer, error.pointer, str(error)) == ("a", "/network", "Layer a cannot be built: no")


def test_only_memory_is_worth_another_try():
    kinds = {kind.code: kind.retry for kind in RunError.__subclasses__()}
    assert [code for code, retry in kinds.items() if retry] == ["out-of-memory"]
