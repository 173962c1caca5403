"""From an ONNX file to a network that trains: read it with care, build it, say what it is."""
