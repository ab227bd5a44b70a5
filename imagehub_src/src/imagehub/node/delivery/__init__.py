"""From the node to its hubs: a spool, a sender that never hangs, and frames for viewers."""
