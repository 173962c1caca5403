"""A live `nn.Module` as an ONNX file that keeps all of it; the only place of the service that knows torch.

It is imported when a module is to be exported and not before.
"""

from service.client.export.exporting import Exported, export
from service.client.export.obstacles import ExportFailed

__all__ = ["ExportFailed", "Exported", "export"]
