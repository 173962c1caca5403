"""Hooks on the outputs of layers, there for one step only: between probed steps the network is bare.

A hook on a tensor survives what a full backward hook on a module does not: activations in place, and views.
"""

from collections.abc import Callable, Sequence

from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from workers.probes.probe import Probe, ProbedStep
from workers.probes.sites import Site
from workers.probes.values import Values


def watch_gradient(tensor: Tensor, hook: Callable[[Tensor], None]) -> None:
    """Call `hook` with the gradient that arrives at `tensor`; the hook goes when the graph goes."""
    tensor.register_hook(hook)  # type: ignore[no-untyped-call]


class Taps:
    """Shows the outputs of watched layers, and the gradients that come back to them, to probes.

    Where a layer runs more than once in a step (a critic on real and on made examples), the probes' notes
    end up being of the last use that gradients flow through: earlier ones are overwritten, and runs
    without gradient count only until there is one with.
    """

    def __init__(
        self, sites: Sequence[Site], on_output: Sequence[Probe], on_gradient: Sequence[Probe]
    ) -> None:
        self._sites = [site for site in sites if site.watched]
        self._on_output = on_output
        self._on_gradient = on_gradient

    def install(self, step: ProbedStep) -> list[RemovableHandle]:
        """Hook every watched layer for this step."""
        uses = _Uses()
        return [
            site.module.register_forward_hook(self._forward_hook(step, site, uses)) for site in self._sites
        ]

    def _forward_hook(
        self, step: ProbedStep, site: Site, uses: "_Uses"
    ) -> Callable[[nn.Module, object, object], None]:
        def hook(_module: nn.Module, _inputs: object, output: object) -> None:
            found = _first(output)
            if found is None or not found.is_floating_point():
                return
            use = uses.forward(site.depth, with_gradient=found.requires_grad)
            if use is None:
                return
            step.sheet.ran(site.depth)
            values = Values(_batch_first(found, site), eager=step.eager)
            for probe in self._on_output:
                probe.output(step, site, values)
            if found.requires_grad:
                watch_gradient(found, self._gradient_hook(step, site, uses, use))

        return hook

    def _gradient_hook(
        self, step: ProbedStep, site: Site, uses: "_Uses", use: int
    ) -> Callable[[Tensor], None]:
        def hook(gradient: Tensor) -> None:
            if not uses.backward(site.depth, use):
                return
            values = Values(_batch_first(gradient, site), eager=step.eager)
            for probe in self._on_gradient:
                probe.output_gradient(step, site, values)

        return hook


def _first(output: object) -> Tensor | None:
    """What a layer gives, or the first of several tensors: the others are its states, or how it came to that."""
    found = output[0] if isinstance(output, tuple | list) and output else output
    return found if isinstance(found, Tensor) else None


def _batch_first(values: Tensor, site: Site) -> Tensor:
    return values.movedim(site.batch_axis, 0) if site.batch_axis else values


class _Uses:
    """How often each layer ran in this step, and which use its notes are of."""

    def __init__(self) -> None:
        self._forward: dict[int, int] = {}
        self._backward: dict[int, int] = {}

    def forward(self, depth: int, *, with_gradient: bool) -> int | None:
        """Number of this use, from 1; None where it does not count: a run without gradient after one with."""
        before = self._forward.get(depth, 0)
        if before and not with_gradient:
            return None
        if with_gradient:
            self._forward[depth] = before + 1
        return before + 1

    def backward(self, depth: int, use: int) -> bool:
        """Whether a gradient that came back to `use` counts: backward meets the last use first."""
        if use < self._backward.get(depth, 0):
            return False
        self._backward[depth] = use
        return True
