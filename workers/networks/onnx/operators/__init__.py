"""The operators of ONNX that can be trained, one module per family."""
