"""Recording a camera to files: video, the instants of its frames, pulses and metadata."""
