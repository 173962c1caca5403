"""What probing costs: CPU time of a training step with instruments over that of a bare one.

    python benchmarks/probe_overhead.py [--quick] [--device cpu|cuda] [--repeats N] [--only NETWORK]

All variants of a network are stepped in turn, one step each, so that a busy machine slows them alike; a second
bare training is the control, whose distance from 1 is the measurement's own error. A ratio is the median over
repeats. On CUDA wall time is taken instead, because there the host waits or does not. torchmortem is measured where
it is installed; it and the hook that reads every metric by itself are what one would use without this package.
"""

import argparse
import importlib.util
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

# In place of the script's own folder, in which a package `onnx` stands.
sys.path.pop(0)
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import torch
from torch import Tensor, nn

from benchmarks.reference_networks import NETWORKS
from service.schemas.intake import accept
from service.schemas.limits import Limits
from service.schemas.order import RunOrder
from service.schemas.submission import Submission
from workers.networks.load import load
from workers.probes.recorder import Recorder

STEPS = 300
"""Of the default schedule: 11 of them are probed."""
EVERY = range(20, 40)
"""Steps at which the variants are measured that do the same at every step, with batches twice as large."""


class Bare:
    """No instrument; the others override what they need."""

    def __init__(self, network: nn.Module, optimizer: torch.optim.Optimizer, order: RunOrder) -> None:
        self.network, self.optimizer, self.order = network, optimizer, order

    def before(self, step: int) -> None:
        """Before the forward pass."""

    def forward(self, x: Tensor, loss: Tensor) -> None:
        """Before the backward pass."""

    def backward(self) -> None:
        """Before the optimiser's step."""

    def after(self, step: int, loss: Tensor) -> None:
        """After the optimiser's step."""


class Probed(Bare):
    """This package's recorder on the schedule of the order."""

    def __init__(self, network: nn.Module, optimizer: torch.optim.Optimizer, order: RunOrder) -> None:
        super().__init__(network, optimizer, order)
        self.rows = 0
        self.recorder = Recorder({"main": network}, order, self._take)
        self.recorder.attach({"main": optimizer})
        self.probed = False

    def _take(self, **rows: tuple[object, ...]) -> None:
        self.rows += sum(map(len, rows.values()))

    def before(self, step: int) -> None:
        """Begin."""
        self.probed = self.recorder.begin(step)

    def forward(self, x: Tensor, loss: Tensor) -> None:
        """Look forward."""
        if self.probed:
            self.recorder.after_forward(inputs=x, loss=loss)

    def backward(self) -> None:
        """Look backward."""
        if self.probed:
            self.recorder.after_backward()

    def after(self, step: int, loss: Tensor) -> None:
        """Close the step."""
        self.recorder.after_update(
            step, loss=loss.detach(), learning_rate=1e-3, accuracy=None, trivial_loss=1.0, clipped=None
        )


class Items(Bare):
    """What is written first: hooks that read mean, std, norm, largest and zeros one by one, at every step."""

    def __init__(self, network: nn.Module, optimizer: torch.optim.Optimizer, order: RunOrder) -> None:
        super().__init__(network, optimizer, order)
        self.seen: list[tuple[float, ...]] = []
        for module in network.modules():
            if not list(module.children()):
                module.register_forward_hook(self._output)

    def _note(self, values: Tensor) -> None:
        values = values.detach()
        self.seen.append(
            (
                values.mean().item(), values.std().item(), values.norm().item(),
                values.abs().max().item(), (values == 0).float().mean().item(),
            )
        )  # fmt: skip

    def _output(self, _module: nn.Module, _inputs: object, output: object) -> None:
        if isinstance(output, Tensor) and output.requires_grad:
            self._note(output)
            output.register_hook(self._note)

    def backward(self) -> None:
        """Gradients and weights of all parameters."""
        for parameter in self.network.parameters():
            if parameter.grad is not None:
                self._note(parameter.grad)
                self._note(parameter)


class Torchmortem(Bare):
    """The package of that name with its default sampling."""

    def __init__(self, network: nn.Module, optimizer: torch.optim.Optimizer, order: RunOrder) -> None:
        super().__init__(network, optimizer, order)
        from torchmortem import Autopsy  # type: ignore[import-not-found,unused-ignore]

        self.autopsy = Autopsy(network, optimizer=optimizer)
        self.autopsy.attach()

    def after(self, _step: int, loss: Tensor) -> None:
        """Its one call."""
        self.autopsy.step(loss=loss.item())


@dataclass(frozen=True)
class Variant:
    """An instrument, and for how many steps it is measured."""

    instrument: Callable[[nn.Module, torch.optim.Optimizer, RunOrder], Bare]
    every_step: bool = False


LONG = {"control": Variant(Bare), "default": Variant(Probed)}
DENSE = {"every step": Variant(Probed, every_step=True), ".item() hooks": Variant(Items)}
if importlib.util.find_spec("torchmortem"):
    DENSE["torchmortem"] = Variant(Torchmortem)


class Training:
    """One network with one instrument; remembers the time its steps took."""

    def __init__(self, name: str, variant: Variant, device: torch.device, enlarged: int = 1) -> None:
        describe, batch = NETWORKS[name][0], enlarged * NETWORKS[name][1]
        probing = {"every_step": variant.every_step}
        training = {
            "loss": "CrossEntropyLoss",
            "optimizer": {"type": "Adam", "lr": 1e-3},
            "batch_size": batch,
        }
        submission = Submission.model_validate(
            {"network": describe(), "training": training, "probing": probing}
        )
        limits = Limits()
        plan = accept(submission, limits, lambda _digest: None).plan
        order = RunOrder(
            run_id="benchmark",
            attempt=1,
            seed=0,
            steps=STEPS,
            planned_steps=STEPS,
            submission=submission,
            limits=limits,
        )
        torch.manual_seed(0)
        self.network = load(submission, plan, 0).modules["main"].to(device).train()
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=1e-3)
        self.instrument = variant.instrument(self.network, self.optimizer, order)
        self.x = torch.randn(batch, *describe()["input"]["shape"], device=device)
        self.y = torch.randint(0, 10, (batch,), device=device)
        self.clock = time.perf_counter if device.type == "cuda" else time.process_time
        self.seconds = 0.0

    def step(self, step: int) -> None:
        """One training step, timed; on a fresh batch, which cannot be learned by heart until gradients vanish."""
        self.x.normal_()
        self.y.random_(10)
        began = self.clock()
        self.instrument.before(step)
        loss = nn.functional.cross_entropy(self.network(self.x), self.y)
        self.instrument.forward(self.x, loss)
        self.optimizer.zero_grad()
        loss.backward()
        self.instrument.backward()
        self.optimizer.step()
        self.instrument.after(step, loss)
        if self.x.is_cuda:
            torch.cuda.synchronize()
        self.seconds += self.clock() - began


def race(
    name: str, variants: dict[str, Variant], steps: range, device: torch.device, enlarged: int
) -> dict[str, float]:
    """Seconds per step of each variant and of `bare`, stepped in turn with a new order each time."""
    everyone = {"bare": Variant(Bare), **variants}
    runners = {label: Training(name, variant, device, enlarged) for label, variant in everyone.items()}
    warm = Training(name, Variant(Bare), device, enlarged)
    for step in range(3):
        warm.step(step)
    turn = list(runners.values())
    for step in steps:
        for runner in turn:
            runner.step(step)
        turn.append(turn.pop(0))
    return {label: runner.seconds / len(steps) for label, runner in runners.items()}


def ratios(
    name: str, repeats: int, *, quick: bool, device: torch.device
) -> Iterator[tuple[str, float, float]]:
    """Label, median ratio to bare, and milliseconds per step, of each variant."""
    long, every = (range(STEPS // 10), EVERY[:2]) if quick else (range(STEPS), EVERY)
    for variants, steps, enlarged in ((LONG, long, 1), (DENSE, every, 2)):
        results = [race(name, variants, steps, device, enlarged) for _ in range(repeats)]
        for label in ("bare", *variants):
            ratio = statistics.median(result[label] / result["bare"] for result in results)
            yield label, ratio, 1e3 * statistics.median(result[label] for result in results)


def main() -> None:
    """Print one line per network and variant."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--quick", action="store_true", help="a smoke test: a tenth of the steps, once; says nothing"
    )
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--only", help="part of a network's name")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")  # torchmortem's hooks make torch warn at every step
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    device = torch.device(arguments.device)
    repeats = 1 if arguments.quick else arguments.repeats
    print(f"torch {torch.__version__}, {device}, one thread; instrumented / bare, median of {repeats}")
    if not importlib.util.find_spec("torchmortem"):
        print("torchmortem is not installed")
    for name in NETWORKS:
        if arguments.only and arguments.only.lower() not in name.lower():
            continue
        print(name)
        for label, ratio, milliseconds in ratios(name, repeats, quick=arguments.quick, device=device):
            print(f"    {label:14} {ratio:6.3f} {milliseconds:9.2f} ms", flush=True)


if __name__ == "__main__":
    main()
