"""The camera node: what watches with a camera on a Raspberry Pi, and sends pictures and events to hubs."""
