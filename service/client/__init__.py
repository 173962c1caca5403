"""The Python client: post a submission or check a live module, wait for its diagnosis, read what was measured."""

from service.client.checking import check
from service.client.errors import ExportFailed, Inexpressible, NotChecked, ServiceError
from service.client.http import Client
from service.client.report import Report

__all__ = ["Client", "ExportFailed", "Inexpressible", "NotChecked", "Report", "ServiceError", "check"]
