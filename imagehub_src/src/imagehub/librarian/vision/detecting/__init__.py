"""Detectors: ONNX files that find objects in pictures."""
