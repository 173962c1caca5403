"""Discrete Fourier transforms; complex numbers are a last axis of two."""

import torch
from torch import Tensor

from workers.networks.onnx.call import Call, axis_of
from workers.networks.onnx.refusal import RefusedNetwork
from workers.networks.onnx.registry import Operation, operator


@operator("DFT", since=17, until=19, host=(1,))
def build_dft_by_attribute(call: Call) -> Operation:
    """Before opset 20: the axis is an attribute."""
    axis, transform = call.get("axis", 1), _transform(call)
    return lambda x, length=None: transform(x, length, axis)


@operator("DFT", since=20, host=(1, 2))
def build_dft(call: Call) -> Operation:
    """Along one axis, forward or back, of real or complex numbers."""
    transform = _transform(call)
    return lambda x, length=None, axis=None: transform(x, length, -2 if axis is None else int(axis))


@operator("STFT", since=17, host=(1, 3))
def build_short_time_transform(call: Call) -> Operation:
    """Of frames that a window is laid over, one behind the other."""
    half = bool(call.get("onesided", 1))

    def transform(
        x: Tensor, step: Tensor, window: Tensor | None = None, length: Tensor | None = None
    ) -> Tensor:
        x = x.unsqueeze(-1) if x.dim() == 2 else x
        size = int(length) if length is not None else x.shape[1] if window is None else window.shape[0]
        by = int(step)
        if not 0 < size <= x.shape[1] or by < 1:
            raise RefusedNetwork(f"frames of {size} every {by} of {x.shape[1]}")
        call.room(x.shape[0], (x.shape[1] - size) // by + 1, size, 2)
        frames = x.unfold(1, size, by)
        frames = frames if window is None else frames * window
        real = x.shape[-1] == 1
        values = frames[:, :, 0] if real else torch.complex(frames[:, :, 0], frames[:, :, 1])
        if half and not real:
            raise RefusedNetwork("one half of the transform of complex numbers")
        result: Tensor = torch.view_as_real((torch.fft.rfft if half else torch.fft.fft)(values))
        return result

    return transform


def _transform(call: Call) -> Operation:
    inverse, half = bool(call.get("inverse", 0)), bool(call.get("onesided", 0))

    def transform(x: Tensor, length: Tensor | None, axis: int) -> Tensor:
        place = axis_of(axis, x.dim())
        if place == x.dim() - 1:
            raise RefusedNetwork("DFT along the axis of real and imaginary parts")
        size = None if length is None else int(length)
        call.room(x.numel(), 1 if size is None else max(1, -(-size // max(x.shape[place], 1))))
        real = x.shape[-1] == 1
        values = x[..., 0] if real else torch.view_as_complex(x.contiguous())
        if half and inverse:
            back: Tensor = torch.fft.irfft(values, size, place)
            return back.unsqueeze(-1)
        if half and not real:
            raise RefusedNetwork("one half of the DFT of complex numbers")
        run = torch.fft.rfft if half else torch.fft.ifft if inverse else torch.fft.fft
        result: Tensor = torch.view_as_real(run(values, size, place))
        return result

    return transform
