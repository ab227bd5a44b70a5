"""Models: what can be installed, from which packages, under which licences, and what is installed."""
