"""Networks from practice: faults that people really ran into, and sound networks that are often taken for ill."""

from typing import Any

from tests.zoo import Patient

Layers = list[Any]


def linear(width: int, **options: Any) -> dict[str, Any]:
    """A Linear layer."""
    return {"type": "Linear", "out_features": width, **options}


def conv(channels: int, **options: Any) -> dict[str, Any]:
    """A 3 x 3 convolution that keeps the size."""
    return {"type": "Conv2d", "out_channels": channels, "kernel_size": 3, "padding": 1, **options}


def repeat(times: int, *body: Any, name: str = "h") -> dict[str, Any]:
    """A body several times over."""
    return {"repeat": times, "name": name, "body": list(body)}


def residual(*body: Any) -> dict[str, Any]:
    """x + body(x)."""
    return {"residual": {"body": list(body)}}


def normal(std: float, match: str = "*", layer: str = "Linear", **more: Any) -> dict[str, Any]:
    """An initialisation rule with N(0, std)."""
    return {"match": match, "layer": layer, "weight": {"scheme": "normal", "std": std}, **more}


def plan(
    loss: Any = "CrossEntropyLoss", optimizer: str = "Adam", lr: float = 1e-3, **more: Any
) -> dict[str, Any]:
    """A training plan."""
    length = {} if "steps" in more else {"epochs": 30}
    return {"loss": loss, "optimizer": {"type": optimizer, "lr": lr}, "batch_size": 64, **length} | more


def patient(
    name: str,
    layers: Layers,
    training: dict[str, Any],
    data: dict[str, Any],
    verdict: str,
    cause: str | None = None,
    *,
    shape: tuple[int, ...] = (64,),
    vocab: int | None = None,
    init: tuple[Any, ...] = (),
    steps: int = 100,
    seeds: int = 2,
) -> Patient:
    """One network with its finding."""
    tokens = {"dtype": "int", "vocab": vocab} if vocab else {}
    body = {
        "project": "zoo",
        "network": {"input": {"shape": list(shape), **tokens}, "layers": layers, "init": list(init)},
        "training": training,
        "data": data,
        "probing": {"seeds": seeds, "steps": steps},
    }
    return Patient(name, body, verdict, cause)


DIGITS = {"source": "builtin", "name": "digits", "preprocess": "minmax"}


HE = {
    "match": "*",
    "layer": "Linear",
    "weight": {"scheme": "kaiming_normal", "nonlinearity": "relu"},
    "bias": "zeros",
}


def first_token(length: int, classes: int = 4) -> dict[str, Any]:
    """Remember the first of random tokens."""
    return {"source": "builtin", "name": "first_token", "length": length, "classes": classes}


def recurrent(*layers: Any, classes: int = 4) -> Layers:
    """Tokens in, a class out."""
    return [{"type": "Embedding", "embedding_dim": 16}, *layers, linear(classes)]


def vgg(*, convolutions: int, width: int = 32) -> Layers:
    """Plain convolutions in two stages, then a classifier, as VGG has it and without normalisation."""
    half = convolutions // 2
    pool = {"type": "MaxPool2d", "kernel_size": 2}
    return [
        repeat(half, conv(width), "ReLU", name="a"), pool,
        repeat(convolutions - half, conv(2 * width), "ReLU", name="b"), pool,
        "Flatten", linear(128), "ReLU", linear(128), "ReLU", linear(10, name="head"),
    ]  # fmt: skip


def gan(depth: int = 2, **loss: Any) -> dict[str, Any]:
    """A generator and a critic on eight Gaussians."""
    body = [linear(64), "ReLU", linear(64), "ReLU", linear(2)]
    judge = [repeat(depth, linear(64), "LeakyReLU"), linear(1)]
    return {
        "networks": {
            "generator": {"input": {"shape": [8]}, "layers": body},
            "critic": {"input": {"shape": [2]}, "layers": judge},
        },
        "training": {
            "loss": {"type": "Wasserstein", **loss},
            "optimizer": {"type": "RMSprop", "lr": 1e-3},
            "batch_size": 64,
            "steps": 400,
        },
        "data": {"source": "builtin", "name": "ring"},
        "probing": {"seeds": 2, "steps": 150},
        "project": "zoo",
    }


def transformer(layers: int, *, first: bool, length: int = 6) -> Layers:
    """An encoder over tokens; normalised before (`first`) or after each sublayer."""
    layer = {
        "type": "TransformerEncoderLayer", "nhead": 4, "dim_feedforward": 64, "dropout": 0.0, "norm_first": first,
    }  # fmt: skip
    return [
        {"type": "Embedding", "embedding_dim": 32}, "PositionalEmbedding",
        repeat(layers, layer, name="layer"), "LayerNorm", {"op": "mean", "dim": 1}, linear(8),
    ]  # fmt: skip


SICK = [
    patient(
        "RNN that must remember the first of 100 tokens",
        recurrent({"type": "RNN", "hidden_size": 32, "output": "last"}),
        plan(lr=1e-2),
        first_token(100),
        "unstable",
        "vanishing-through-time",
        shape=(100,),
        vocab=4,
    ),
    patient(
        "LSTM with a ReLU cell",
        [{"type": "LSTM", "hidden_size": 64, "activation": "relu", "forget_bias": 3.0}, linear(1)],
        plan("MSELoss", optimizer="SGD", lr=0.1),
        {"source": "builtin", "name": "adding", "length": 100},
        "unstable",
        "exploding-through-time",
        shape=(100, 2),
    ),
    patient(
        "SIREN with torch's weights",
        [repeat(5, linear(64), {"type": "Sine", "w0": 30.0}), linear(1, name="head")],
        plan("MSELoss", lr=1e-4),
        {"source": "synthetic", "task": "regression"},
        "unstable",
        "poor-initialization",
        shape=(2,),
    ),
    patient(
        "thirty ReLU layers with torch's weights under Adam",
        [repeat(30, linear(64), "ReLU"), linear(10, name="head")],
        plan(),
        DIGITS,
        "unstable",
        "poor-initialization",
    ),
    patient(
        "VGG without batch norm",
        vgg(convolutions=13),
        plan(optimizer="SGD", lr=1e-2),
        DIGITS,
        "unstable",
        "poor-initialization",
        shape=(1, 8, 8),
        steps=48,
        seeds=1,
    ),
    patient(
        "VGG with N(0, .01)",
        vgg(convolutions=13),
        plan(optimizer="SGD", lr=1e-2),
        DIGITS,
        "unstable",
        "poor-initialization",
        shape=(1, 8, 8),
        init=(normal(0.01, layer="Conv2d"), normal(0.01)),
        steps=48,
        seeds=1,
    ),
    patient(
        "bf16 weights that do not move",
        [linear(128), "ReLU", linear(128), "ReLU", linear(10)],
        plan(lr=1e-5, precision="bf16", precision_mode="pure"),
        DIGITS,
        "unstable",
        "update-below-precision",
    ),
    patient(
        "fp16 with Adam's eps",
        [linear(128), "ReLU", linear(128), "ReLU", linear(10)],
        plan(precision="fp16", precision_mode="pure"),
        DIGITS,
        "unstable",
        "update-below-precision",
    ),
    patient(
        "Adam with an eps above all gradients",
        [linear(64), "ReLU", linear(64), "ReLU", linear(10)],
        plan() | {"optimizer": {"type": "Adam", "lr": 1e-3, "eps": 10.0}},
        DIGITS,
        "unstable",
        "update-below-precision",
    ),
    patient(
        "ReLU that dies in some seeds",
        [repeat(10, linear(3), "ReLU"), linear(1, name="head")],
        plan("MSELoss"),
        {"source": "synthetic", "task": "regression"},
        "unstable",
        "dead-units",
        shape=(2,),
        init=(HE,),
        seeds=5,
    ),
    patient(
        "post-norm transformer of 18 layers",
        transformer(18, first=False),
        plan(lr=1e-2),
        first_token(4, 8),
        "unstable",
        "learning-rate-too-high",
        shape=(4,),
        vocab=8,
        seeds=1,
    ),
    patient(
        "double softmax",
        [linear(64), "ReLU", linear(10), "Softmax"],
        plan(optimizer="SGD", lr=0.01),
        DIGITS,
        "unstable",
        "output-loss-mismatch",
    ),
    patient(
        "saturated tanh actor",
        [linear(64), "Tanh", linear(1, name="head"), "Tanh"],
        plan("MSELoss", optimizer="SGD", lr=0.1),
        {"source": "synthetic", "task": "regression", "target_scale": 0.2},
        "unstable",
        "attenuated-loss-gradient",
        shape=(8,),
        init=(normal(0.1, "head", bias={"scheme": "constant", "val": -8.0}),),
    ),
    Patient("critic without constraint", gan(), "unstable", "unbounded-objective"),
    Patient(
        "critic whose weights are clamped to nothing",
        gan(6, weight_clip=0.01, critic_steps=5),
        "unstable",
        "vanishing-gradient",
    ),
    patient(
        "weights of zero",
        [linear(64), "ReLU", linear(64), "ReLU", linear(10)],
        plan(),
        DIGITS,
        "unstable",
        "symmetric-units",
        init=({"match": "*", "layer": "Linear", "weight": "zeros", "bias": "zeros"},),
    ),
    patient(
        "constant weights",
        [linear(64), "Tanh", linear(64), "Tanh", linear(10)],
        plan(optimizer="SGD", lr=0.1),
        DIGITS,
        "unstable",
        "symmetric-units",
        init=({"match": "*", "layer": "Linear", "weight": {"scheme": "constant", "val": 0.05}},),
    ),
    patient(
        "sixty plain ReLU layers with He weights",
        [repeat(60, linear(64), "ReLU"), linear(10, name="head")],
        plan(optimizer="SGD", lr=0.1),
        DIGITS,
        "unstable",
        "shattered-gradient",
        init=(HE,),
    ),
    patient(
        "RNN with a large recurrent matrix",
        recurrent({"type": "RNN", "hidden_size": 32, "nonlinearity": "relu", "output": "last"}),
        plan(lr=1e-3, optimizer="SGD"),
        first_token(60),
        "unstable",
        "poor-initialization",
        shape=(60,),
        vocab=4,
        init=({"match": "*", "layer": "RNN", "recurrent": {"scheme": "normal", "std": 0.5}},),
    ),
]

HEALTHY = [
    patient(
        "residual branches that begin at zero",
        [
            conv(16, name="stem"),
            repeat(
                6,
                residual(conv(16), "BatchNorm2d", "ReLU", conv(16), {"type": "BatchNorm2d", "name": "last"}),
                "ReLU",
                name="block",
            ),
            {"type": "AdaptiveAvgPool2d", "output_size": 1},
            "Flatten",
            linear(10),
        ],
        plan(lr=1e-2),
        DIGITS,
        "healthy",
        shape=(1, 8, 8),
        init=({"match": "*.last", "layer": "BatchNorm2d", "weight": "zeros"},),
        steps=64,
        seeds=1,
    ),
    patient(
        "output layer that begins at zero",
        [repeat(3, linear(64), "ReLU"), linear(10, name="head")],
        plan(optimizer="SGD", lr=0.1) | {"optimizer": {"type": "SGD", "lr": 0.1, "momentum": 0.9}},
        DIGITS,
        "healthy",
        init=({"match": "head", "weight": "zeros", "bias": "zeros"},),
    ),
    patient(
        "RNN that needs a short memory",
        [
            {"type": "Embedding", "embedding_dim": 32},
            {"type": "RNN", "hidden_size": 64, "output": "sequence"},
            linear(32),
        ],
        plan(lr=1e-2),
        {"source": "builtin", "name": "characters", "length": 64},
        "healthy",
        shape=(64,),
        vocab=32,
    ),
    patient(
        "RNN that reads the last state for a short memory",
        recurrent({"type": "RNN", "hidden_size": 32, "output": "last"}),
        plan(lr=1e-2),
        first_token(5),
        "healthy",
        shape=(5,),
        vocab=4,
    ),
    Patient("critic whose weights are clipped", gan(weight_clip=0.1), "healthy"),
    patient(
        "four sigmoid layers that recover under Adam",
        [repeat(4, linear(64), "Sigmoid"), linear(10, name="head")],
        plan(lr=1e-2),
        DIGITS,
        "healthy",
        steps=250,
    ),
    patient(
        "pre-norm transformer of 18 layers",
        transformer(18, first=True),
        plan(lr=1e-2),
        first_token(4, 8),
        "healthy",
        shape=(4,),
        vocab=8,
        seeds=1,
    ),
    patient(
        "tanh RNN at a high rate that clipping handles",
        recurrent({"type": "LSTM", "hidden_size": 32, "output": "last"}),
        plan(lr=1e-2, clip={"norm": 1.0}),
        first_token(8),
        "healthy",
        shape=(8,),
        vocab=4,
    ),
]

PATIENTS = [*SICK, *HEALTHY]
