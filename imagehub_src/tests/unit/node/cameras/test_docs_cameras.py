"""docs/ref/cameras.md has every setting that a camera understands, and every one that it leaves out."""

from dataclasses import fields
from pathlib import Path

import pytest

from imagehub.node.cameras.controls import AWB_MODES, EXPOSURE_MODES, METER_MODES, TRANSLATED, WITHOUT_COUNTERPART
from imagehub.node.cameras.folder import SUFFIXES
from imagehub.node.cameras.synthetic import Scenario

PAGE = (Path(__file__).parents[5] / "docs" / "ref" / "cameras.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [*TRANSLATED, *WITHOUT_COUNTERPART, "rotation"])
def test_every_setting_of_picamera_is_documented(name: str) -> None:
    """Those that can be had, and those that can't."""
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize("name", [field.name for field in fields(Scenario)])
def test_every_setting_of_the_synthetic_camera_is_documented(name: str) -> None:
    """With its default."""
    assert f"\n| `{name}` |" in PAGE


@pytest.mark.parametrize("mode", sorted({*EXPOSURE_MODES, *AWB_MODES, *METER_MODES} - {"off", "auto"}))
def test_what_becomes_of_picameras_modes_is_documented(mode: str) -> None:
    """Each is named where it has no plain counterpart."""
    plain = {"cloudy", "tungsten", "fluorescent", "incandescent", "fixedfps"}
    assert mode in plain or f"`{mode}`" in PAGE


def test_every_kind_of_image_in_a_folder_is_documented() -> None:
    """By the end of its name."""
    assert [suffix for suffix in SUFFIXES if f"`{suffix}`" not in PAGE] == []
