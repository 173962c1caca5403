"""Gradient Clinic from Python: `gradclinic.check(module, example, loss=..., optimizer=...)`."""

from service.client import Client, ServiceError

__all__ = ["Client", "ServiceError"]
