"""Sensors of temperature and humidity at the pins of a Raspberry Pi."""
