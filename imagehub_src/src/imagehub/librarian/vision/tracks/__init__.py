"""Which things of an image are the same as those of other images."""
