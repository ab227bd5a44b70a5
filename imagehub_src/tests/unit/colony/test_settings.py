"""RPi Camera Colony's settings files are read as they were, and every fault is named with its line."""

from pathlib import Path

import pytest

from imagehub.colony import settings, settings_rules
from imagehub.colony.settings import ColonySettings
from imagehub.colony.settings_reading import parse
from imagehub.errors import SettingsError

DATA = Path(__file__).parents[2] / "data" / "colony"
ONE = "[controllers]\n[[left]]\naddress = 10.0.0.2\n"


def of(text: str) -> ColonySettings:
    """Return the settings in a text."""
    return parse(text, Path("/place/colony.config"))


def faults(text: str) -> list[str]:
    """Return the faults of a text, without the file's name."""
    with pytest.raises(SettingsError) as caught:
        of(text)
    return [fault.removeprefix("/place/colony.config:") for fault in caught.value.faults]


@pytest.mark.parametrize("name", ["quoted.config", "bare.config", "every-key.config"])
def test_files_of_former_users_are_read(name: str) -> None:
    """With quotes and brackets or without, with comments behind values, and with picamera's further attributes."""
    assert settings.read(DATA / name).controllers


def test_quoted_and_bare_values_are_the_same() -> None:
    """`(640, 480)` is `640x480`, and an address needs no quotes."""
    quoted, bare = (settings.read(DATA / name) for name in ("quoted.config", "bare.config"))
    first, second = (
        {key: value for key, value in each.controllers[0].values.items() if not key.startswith("stream")}
        for each in (quoted, bare)
    )
    assert first == second
    assert first["resolution"] == (640, 480)
    assert first["color_effects"] == (128, 128)
    assert first["ttl_out_duration"] == 0.001


def test_what_is_not_given_has_the_default_of_the_specification() -> None:
    """For all keys of all sections."""
    found = of(ONE)
    for section in ("log", "control", "general"):
        for key, rule in settings_rules.SECTIONS[section].items():
            value = getattr(getattr(found, section), key)
            expected = Path("/place") / rule.default if isinstance(value, Path) else rule.default
            assert value == expected, key
    camera = found.controllers[0].values
    assert {key: camera[key] for key in settings_rules.CONTROLLER} == {
        **{key: rule.default for key, rule in settings_rules.CONTROLLER.items()}, "address": "10.0.0.2",
    }  # fmt: skip


def test_further_attributes_of_picamera_become_controls_only_where_they_are_given() -> None:
    """Without them the camera does as it does."""
    assert "awb_mode" not in of(ONE).controllers[0].mode().controls
    given = of(f"{ONE}awb_mode = 'off'\nawb_gains = 1.5, 2\nshutter_speed = 8000\nrotation = 180\n").controllers[0]
    controls = given.mode().controls
    assert [controls[name] for name in ("awb_mode", "awb_gains", "shutter_speed", "rotation")] == [
        "off", (1.5, 2.0), 8000, 180,
    ]  # fmt: skip


def test_what_is_no_matter_of_the_picture_is_no_control() -> None:
    """Pins, addresses and streams are not for the camera."""
    controls = of(f"{ONE}stream_video = True\n").controllers[0].mode().controls
    assert set(controls) == {
        "brightness", "color_effects", "contrast", "image_denoise", "iso", "led", "saturation", "sharpness",
        "still_stats", "video_denoise", "video_stabilization", "zoom",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[general]\nacquisition_nme = 'x'\n",
         "2: [general] acquisition_nme: unknown key; did you mean acquisition_name?"),
        ("[general]\nmax_acquisition_time = 7201\n",
         "2: [general] max_acquisition_time: expected whole number from 0 to 7200, got 7201"),
        ("[log]\nlevel = LOUD\n", "2: [log] level: expected DEBUG, INFO, WARNING, ERROR or CRITICAL, got LOUD"),
        ("[contrl]\nport = 3\n", "1: [contrl]: unknown section; did you mean control?"),
        ("[general]\nacquisition_name = '../x'\n", None),
        ("[general]\non_camera_failure = 'ignore'\n",
         "2: [general] on_camera_failure: expected continue or stop, got 'ignore'"),
        ("[general]\ngeneral_settings_to_patch_into_controller = 'save_data', 'nothing'\n",
         "2: [general] general_settings_to_patch_into_controller: there is no nothing in [general]"),
    ],
)  # fmt: skip
def test_faults_are_named_with_line_section_and_key(text: str, fault: str | None) -> None:
    """The nearest known key is told."""
    found = faults(text + ONE)
    assert len(found) == 1
    assert found[0] == fault or fault is None


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("framrate = 30", "4: [controllers] [[left]] framrate: unknown key; did you mean framerate?"),
        ("framerate = 91", "4: [controllers] [[left]] framerate: expected whole number from 1 to 90, got 91"),
        ("framerate = True", "4: [controllers] [[left]] framerate: expected whole number from 1 to 90, got True"),
        ("vflip = maybe", "4: [controllers] [[left]] vflip: expected True or False, got maybe"),
        ("zoom = 0, 0, 1", "4: [controllers] [[left]] zoom: expected four numbers from 0 to 1, got 0, 0, 1"),
        ("rotation = 45", "4: [controllers] [[left]] rotation: expected 0, 90, 180 or 270, got 45"),
        ("iso = ", "4: [controllers] [[left]] iso: expected whole number from 0 to 1600, got nothing"),
    ],
)
def test_faults_of_a_camera_are_named_with_it(line: str, fault: str) -> None:
    """So is what was typed."""
    assert faults(f"{ONE}{line}\n") == [fault]


def test_all_faults_are_told_at_once_from_top_to_bottom() -> None:
    """Nobody mends a file line by line."""
    found = faults(f"[general]\nx = 1\n[log]\nport = 0\n{ONE}iso = -1\n")
    assert [fault.partition(":")[0] for fault in found] == ["2", "4", "8"]


def test_text_that_is_no_settings_file_is_told_with_its_line() -> None:
    """Such as a bracket that was forgotten."""
    assert faults("[general\n")[0].startswith("1: ")


def test_no_camera_is_a_fault() -> None:
    """There is nothing to conduct."""
    assert "[controllers]: no camera" in faults("[general]\n")[0]


def test_two_cameras_cant_have_one_agent() -> None:
    """Only with different ports."""
    second = "[[right]]\naddress = 10.0.0.2\n"
    assert faults(ONE + second) == [
        "5: [controllers] [[right]] address: 10.0.0.2:54545 is left's already; give one of them another control_port"
    ]
    found = of(f"{ONE}{second}control_port = 54546\n")
    assert [found.port_of(camera) for camera in found.controllers] == [54545, 54546]


def test_general_settings_replace_those_of_each_camera() -> None:
    """The listed ones, also keys that only cameras have; with `general_setting_has_priority` False none."""
    listed = "general_settings_to_patch_into_controller = 'save_data', 'framerate'"
    general = f"[general]\nsave_data = False\nframerate = 25\n{listed}\n"
    camera = f"{ONE}save_data = True\nframerate = 40\n"
    values = of(general + camera).controllers[0].values
    assert (values["save_data"], values["framerate"]) == (False, 25)
    values = of(f"{general}general_setting_has_priority = False\n{camera}").controllers[0].values
    assert (values["save_data"], values["framerate"]) == (True, 40)


def test_paths_count_from_the_folder_of_the_file() -> None:
    """Wherever the command is typed."""
    found = of(f"[general]\nsession_path = out\n[control]\nkeys_directory = 'keys'\n{ONE}")
    assert found.general.session_path == Path("/place/out")
    assert found.control.keys_directory == Path("/place/keys")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """So is one that is no text."""
    with pytest.raises(SettingsError, match=r"none\.config: No such file"):
        settings.read(tmp_path / "none.config")
    (tmp_path / "x").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="is not UTF-8"):
        settings.read(tmp_path / "x")
