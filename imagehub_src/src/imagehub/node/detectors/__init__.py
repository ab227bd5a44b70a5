"""What a node finds in its pictures: light, and motion."""
