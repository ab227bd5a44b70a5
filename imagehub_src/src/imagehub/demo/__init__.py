"""The demo: a hub, three simulated cameras, and a live view of both."""
