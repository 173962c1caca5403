"""Networks of torch, transformers, timm and torchvision through every kind of export, and back into training."""
