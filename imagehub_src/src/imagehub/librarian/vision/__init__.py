"""Vision: what is in the pictures of cameras that ask for it, and whose plates are they."""
