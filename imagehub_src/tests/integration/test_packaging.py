"""What pyproject.toml, the locks and the documents promise about each other."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

SOURCE = Path(__file__).parents[2]
ROOT = SOURCE.parent
PROJECT: dict[str, Any] = tomllib.loads((SOURCE / "pyproject.toml").read_text())
EXTRAS = PROJECT["project"]["optional-dependencies"]
GROUPS = PROJECT["dependency-groups"]

START = "import sys, imagehub.cli, imagehub.together, imagehub.lone_front, imagehub.check, imagehub.purge"
SHOW_LOADED = "print(*{name.partition('.')[0] for name in sys.modules})"


def names(requirements: list[Any]) -> set[str]:
    """The packages that a list of requirements names, as indexes spell them."""
    found = (re.match(r"[\w.-]+", text) for text in requirements if isinstance(text, str))
    return {match[0].lower() for match in found if match} - {"imagehub"}


def pinned(lock: str) -> set[str]:
    """The packages that a lock pins."""
    return set(re.findall(r"^([\w.-]+)==", (SOURCE / "requirements" / lock).read_text(), re.MULTILINE))


BASE = names(PROJECT["project"]["dependencies"])
ALL = BASE.union(*map(names, EXTRAS.values()), *map(names, GROUPS.values()))


def test_the_base_installation_is_two_packages() -> None:
    """`pip install imagehub` asks for pyzmq and PyYAML, and for no array, vision or web package."""
    assert sorted(BASE) == ["pyyaml", "pyzmq"]


def test_a_hub_starts_without_any_extra() -> None:
    """The processes of a hub and its commands load no package that an extra brings."""
    command = [sys.executable, "-c", f"{START}; {SHOW_LOADED}"]
    loaded = set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())
    assert {"zmq", "yaml"} <= loaded
    assert loaded.isdisjoint({"numpy", "cv2", "imagezmq", "prometheus_client", "sqlalchemy", "alembic"})
    assert "_hashlib" not in loaded, "OpenSSL alone takes a tenth of the hub's memory; hashlib and secrets bring it"


@pytest.mark.parametrize(
    ("lock", "wanted"),
    [
        ("dev.txt", ALL),
        ("demo.txt", BASE | names(EXTRAS["demo"]) | names(EXTRAS["raw"]) | names(GROUPS["build"])),
    ],
)
def test_a_lock_holds_what_is_declared(lock: str, wanted: set[str]) -> None:
    """Each declared package is pinned; after a change of pyproject.toml, `./run lock` makes it so."""
    assert wanted - pinned(lock) == set()


def test_each_dependency_has_its_reason() -> None:
    """The page on dependencies has a row for each package that is declared or that tests need of Debian."""
    page = (ROOT / "docs" / "design" / "dependencies.md").read_text()
    rows = " ".join(line.split("|")[1] for line in page.splitlines() if line.startswith("|")).lower()
    tools = re.findall(r"^(?:test|service)_tools='(.*)'", (ROOT / "run").read_text(), re.MULTILINE)
    assert len(tools) == 2
    debian = {tool.partition(":")[2] for line in tools for tool in line.split()}
    assert {name for name in ALL | debian if not re.search(rf"\b{re.escape(name)}\b", rows)} == set()


def test_the_distribution_carries_the_license() -> None:
    """The license in the distribution is the repository's."""
    assert (SOURCE / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
