"""Synchrony that is proven: clocks compared before a recording, frames audited after it."""
