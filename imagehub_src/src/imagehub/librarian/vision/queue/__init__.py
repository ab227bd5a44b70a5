"""The queue of work on images: durable rows of the catalog, which workers on any machine take from."""
