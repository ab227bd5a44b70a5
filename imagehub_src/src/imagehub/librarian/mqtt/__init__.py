"""MQTT: what the cameras do is published to a broker, and requests that come by it are answered."""
