"""Resizing of images and volumes, where torch's interpolation does exactly what the file asks for.

Linear and cubic interpolation are written as one matrix per axis, nearest as one index per axis, so the
many ways in which ONNX places pixels come to one formula each.
"""

import math

import torch
from torch import Tensor

from workers.networks.onnx.call import Call, axis_of, ints
from workers.networks.onnx.refusal import RefusedNetwork
from workers.networks.onnx.registry import Operation, operator


class Resizing:
    """One Resize: which axes change, to which size, and where the new pixels lie among the old."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.mode = call.only("mode", "nearest", "linear", "cubic")
        default = "half_pixel" if call.opset >= 11 else "asymmetric"
        self.places = call.only(
            "coordinate_transformation_mode",
            default,
            "half_pixel",
            "half_pixel_symmetric",
            "pytorch_half_pixel",
            "align_corners",
            "asymmetric",
        )
        self.rounding = call.get("nearest_mode", "round_prefer_floor" if call.opset >= 11 else "floor")
        self.cubic = call.get("cubic_coeff_a", -0.75)
        self.outside = bool(call.get("exclude_outside", 0))
        self.axes = call.integers("axes")
        self.smooth = bool(call.get("antialias", 0))
        if self.smooth and self.mode == "nearest":
            raise RefusedNetwork("antialias of the nearest pixel is not supported")
        call.ignore("extrapolation_value")
        self.policy = call.only("keep_aspect_ratio_policy", "stretch", "not_larger", "not_smaller")

    def __call__(self, x: Tensor, scales: Tensor | None, sizes: Tensor | None) -> Tensor:
        """The resized tensor."""
        axes = [axis_of(axis, x.dim()) for axis in (self.axes or range(x.dim()))]
        factors, targets = self._targets(x, axes, scales, sizes)
        final = list(x.shape)
        for axis, target in zip(axes, targets, strict=True):
            final[axis] = target
        self.call.room(*final)
        for axis, factor, target in zip(axes, factors, targets, strict=True):
            if target != x.shape[axis] or factor != 1.0:
                x = self._along(x, axis, factor, target)
                self.call.room(*x.shape)
        return x

    def _targets(
        self, x: Tensor, axes: list[int], scales: Tensor | None, sizes: Tensor | None
    ) -> tuple[list[float], list[int]]:
        if sizes is not None and sizes.numel():
            targets = ints(sizes)
            factors = [target / x.shape[axis] for axis, target in zip(axes, targets, strict=True)]
            if self.policy != "stretch":
                shared = min(factors) if self.policy == "not_larger" else max(factors)
                factors = [shared] * len(axes)
                targets = [math.floor(shared * x.shape[axis] + 0.5) for axis in axes]
            return factors, targets
        if scales is None or not scales.numel():
            raise RefusedNetwork("Resize says neither sizes nor scales")
        factors = [float(scale) for scale in scales.tolist()]
        whole = all((x.shape[axis] * f).is_integer() for axis, f in zip(axes, factors, strict=True))
        if self.places == "align_corners" and not whole:
            # ONNX's definition and onnxruntime place the pixels differently
            raise RefusedNetwork("align_corners with scales that give no whole size is not supported")
        if any(not 0 < factor < math.inf for factor in factors):
            raise RefusedNetwork("Resize by a scale that is not positive")
        return factors, [math.floor(x.shape[axis] * f) for axis, f in zip(axes, factors, strict=True)]

    def _along(self, x: Tensor, axis: int, factor: float, target: int) -> Tensor:
        size = x.shape[axis]
        places = self._source(size, factor, target)
        if self.mode == "nearest":
            return x.index_select(axis, self._round(places).clamp(0, size - 1).long().to(x.device))
        self.call.room(target, size)
        matrix = self._matrix(places, size, min(factor, 1.0) if self.smooth else 1.0).to(x.device, x.dtype)
        return torch.matmul(x.movedim(axis, -1), matrix.t()).movedim(-1, axis)

    def _source(self, size: int, factor: float, target: int) -> Tensor:
        to = torch.arange(target, dtype=torch.float64)
        if self.places == "align_corners":
            return to * (size - 1) / (target - 1) if target > 1 else torch.zeros_like(to)
        if self.places == "asymmetric":
            return to / factor
        if self.places == "pytorch_half_pixel" and target <= 1:
            return torch.zeros_like(to)
        shift = 0.0
        if self.places == "half_pixel_symmetric":
            shift = size / 2 * (1 - target / (factor * size))
        return shift + (to + 0.5) / factor - 0.5

    def _round(self, places: Tensor) -> Tensor:
        match self.rounding:
            case "floor":
                return places.floor()
            case "ceil":
                return places.ceil()
            case "round_prefer_floor":
                return (places - 0.5).ceil()
            case "round_prefer_ceil":
                return (places + 0.5).floor()
        raise RefusedNetwork(f"nearest_mode={self.rounding[:40]} is not supported")

    def _matrix(self, places: Tensor, size: int, stretch: float) -> Tensor:
        """(target, size): the weight of each old pixel in each new one; beyond the border the last one counts.

        Antialiasing stretches the filter by 1 / `stretch`, so that every old pixel is in some new one.
        """
        low = places.floor()
        reach = math.ceil((1 if self.mode == "linear" else 2) / stretch)
        self.call.room(len(places), 2 * reach)
        near = range(1 - reach, reach + 1)
        matrix = torch.zeros(len(places), size, dtype=torch.float64)
        for offset in near:
            column = low + offset
            weight = self._weight((places - column).abs() * stretch)
            if self.outside:
                weight = torch.where((column >= 0) & (column < size), weight, 0.0)
            matrix.scatter_add_(1, column.clamp(0, size - 1).long()[:, None], weight[:, None])
        return matrix / matrix.sum(1, keepdim=True) if self.outside or stretch < 1 else matrix

    def _weight(self, distance: Tensor) -> Tensor:
        if self.mode == "linear":
            return (1 - distance).clamp_min(0)
        a, d = self.cubic, distance
        inner = ((a + 2) * d - (a + 3)) * d * d + 1
        outer = ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
        return torch.where(d <= 1, inner, torch.where(d < 2, outer, 0.0))


@operator("Resize", since=10, until=10, type="Upsample", host=(1,))
@operator("Upsample", since=9, until=9, type="Upsample", host=(1,))
def build_resize_by_scales(call: Call) -> Operation:
    """Before opset 11: by scales alone."""
    resizing = Resizing(call)
    return lambda x, scales: resizing(x, scales, None)


@operator("Upsample", until=8, type="Upsample")
def build_upsample(call: Call) -> Operation:
    """Before opset 9: the scales are an attribute."""
    scales = torch.tensor(call.get("scales", (1.0,)))
    resizing = Resizing(call)
    return lambda x: resizing(x, scales, None)


@operator("Resize", since=11, type="Upsample", host=(1, 2, 3))
def build_resize(call: Call) -> Operation:
    """By scales or to sizes."""
    resizing = Resizing(call)
    return lambda x, _roi=None, scales=None, sizes=None: resizing(x, scales, sizes)
