"""The Python client: post a submission, wait for its diagnosis, read what was measured."""

from service.client.http import Client, ServiceError

__all__ = ["Client", "ServiceError"]
