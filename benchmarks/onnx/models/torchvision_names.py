"""torchvision beside a torch that its compiled half was not made for: its names are told, so that it imports.

Classifiers call none of its own operators.
"""

import importlib.util
import re
from functools import cache
from pathlib import Path

import torch


@cache
def tell() -> torch.library.Library:
    """Before torchvision, or timm or transformers, which import it where it is."""
    names = torch.library.Library("torchvision", "FRAGMENT")
    found = importlib.util.find_spec("torchvision")
    if found is not None and found.origin is not None:
        source = (Path(found.origin).parent / "_meta_registrations.py").read_text(encoding="utf-8")
        for name in sorted(set(re.findall(r'register_(?:fake|meta)\("(?:torchvision::)?(\w+)"', source))):
            names.define(f"{name}() -> ()")
    return names
