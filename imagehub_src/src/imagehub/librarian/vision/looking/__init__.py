"""Looking: from the file of an image to the things in it."""
