"""A live `nn.Module` as an ONNX file that keeps all of it; the only place of the service that knows torch.

It is imported when a module is to be exported and not before.
"""

from service.client.errors import ExportFailed
from service.client.export.exporting import Exported, export

__all__ = ["ExportFailed", "Exported", "export"]
