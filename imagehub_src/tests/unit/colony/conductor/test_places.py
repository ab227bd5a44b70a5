"""Where agents are, and which keys open them."""

from pathlib import Path

import pytest

from imagehub import keys
from imagehub.colony.conductor import places
from imagehub.colony.settings_reading import parse
from imagehub.errors import ImagehubError

CAMERAS = "[controllers]\n[[left]]\naddress = 10.0.0.2\n[[right]]\naddress = 'fd00::3'\ncontrol_port = 7000\n"


def test_agents_are_at_the_cameras_addresses(tmp_path: Path) -> None:
    """At the common port, or one of their own."""
    found = places.of(parse(f"[control]\nport = 6000\n{CAMERAS}", tmp_path / "x"))
    assert {name: (place.endpoint, place.keys) for name, place in found.items()} == {
        "left": ("tcp://10.0.0.2:6000", None),
        "right": ("tcp://[fd00::3]:7000", None),
    }


def test_a_camera_has_its_own_key_or_that_of_all(tmp_path: Path) -> None:
    """A missing one is named."""
    settings = parse(f"[control]\nkeys_directory = '.'\n{CAMERAS}", tmp_path / "x")
    with pytest.raises(ImagehubError, match=r"agent\.key"):
        places.of(settings)
    for name in ("agent", "left", "conductor"):
        keys.new(name, tmp_path)
    found = places.of(settings)
    assert found["left"].keys is not None
    assert found["right"].keys is not None
    assert found["left"].keys.server != found["right"].keys.server
    assert found["left"].keys.secret == found["right"].keys.secret
