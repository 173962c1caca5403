"""Gradient Clinic from Python: `gradclinic.check(module, example, loss=..., optimizer=...)`."""

from service.client import Client, ExportFailed, Inexpressible, NotChecked, Report, ServiceError, check

__all__ = ["Client", "ExportFailed", "Inexpressible", "NotChecked", "Report", "ServiceError", "check"]
