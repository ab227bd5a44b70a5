"""The librarian: a catalog of what a hub stores, made from the hub's files and never from its processes."""
