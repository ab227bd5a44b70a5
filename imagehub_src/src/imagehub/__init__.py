"""imagehub: receive images and events from imageZMQ senders, and lose nothing that was acknowledged."""

__version__ = "0.1.0"
