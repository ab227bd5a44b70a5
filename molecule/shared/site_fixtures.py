"""Gives each test the site's names, and the datasink of the scenario."""

import os
from pathlib import Path

import pytest
import yaml
from nodes import Site, node
from nodes import site as read_site
from testinfra.host import Host


@pytest.fixture(scope="session")
def site() -> Site:
    """What this scenario calls things."""
    return read_site()


@pytest.fixture(scope="session")
def datasink() -> Host:
    """The first datasink of the scenario."""
    molecule = Path(os.environ["MOLECULE_SCENARIO_DIRECTORY"]) / "molecule.yml"
    platforms = yaml.safe_load(molecule.read_text())["platforms"]
    return node(next(platform["name"] for platform in platforms if "datasinks" in platform["groups"]))
