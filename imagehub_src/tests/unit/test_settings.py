"""A settings file is read in full or refused in full, and every fault says where it is and how to mend it."""

from dataclasses import replace
from pathlib import Path

import pytest

from imagehub import settings
from imagehub.errors import SettingsError

FOLDER = Path("/home/pi")


def faults(text: str) -> list[str]:
    """Return what is said about a settings file that has faults."""
    with pytest.raises(SettingsError) as caught:
        settings.parse(text, FOLDER)
    return caught.value.faults


def test_the_settings_file_of_earlier_versions_is_read_as_before() -> None:
    """The example that imagehub has always come with means what it says."""
    text = (
        "# Settings file imagehub.yaml -- example with all settings\n---\nhub:\n"
        "  queuemax: 500 # maximum size of queue of images to write\n"
        "  patience: 60  # how often to log a lack of message in minutes\n"
        "  print_settings: False\n  data_directory: imagehub_data\n"
        "  max_images_write: 5000  # a cap on images to write in one day\n"
    )
    assert settings.parse(text, FOLDER) == replace(settings.defaults(FOLDER), patience=60)


def test_every_setting_can_be_set() -> None:
    """Values from the file arrive with their types: lists as tuples, paths absolute."""
    text = """
hub:
  queuemax: 10
  patience: 0.5
  print_settings: True
  data_directory: /srv/hub
  max_images_write: 1
  port: 5556
  bind_address: eth0
  durability: written
  subscribe: ["tcp://porch:5555", "tcp://[fe80::1]:5555"]
  publish_port: 5557
  max_message_bytes: 1024
  raw_jpeg_quality: 80
  allow_addresses: [192.168.1.7, 10.0.0.0/8, "fd00::/8"]
  allow_nodes: [Barn*, Porch]
  curve_keys_directory: ../keys
  metrics_port: 9155
  metrics_address: 0.0.0.0
  log_level: debug
  runtime_directory: ~/run
"""
    assert settings.parse(text, FOLDER) == settings.Settings(
        folder=FOLDER,
        queuemax=10,
        patience=0.5,
        print_settings=True,
        data_directory=Path("/srv/hub"),
        max_images_write=1,
        port=5556,
        bind_address="eth0",
        durability="written",
        subscribe=("tcp://porch:5555", "tcp://[fe80::1]:5555"),
        publish_port=5557,
        max_message_bytes=1024,
        raw_jpeg_quality=80,
        allow_addresses=("192.168.1.7", "10.0.0.0/8", "fd00::/8"),
        allow_nodes=("Barn*", "Porch"),
        curve_keys_directory=Path("/home/pi/../keys"),
        metrics_port=9155,
        metrics_address="0.0.0.0",
        log_level="debug",
        runtime_directory=Path.home() / "run",
    )


def test_defaults_are_valid_settings() -> None:
    """What is not set is as the reference says, and the local sockets go with the data."""
    loaded = settings.defaults(FOLDER)
    assert (loaded.port, loaded.durability, loaded.subscribe) == (5555, "synced", ())
    assert loaded.data_directory == Path("/home/pi/imagehub_data")
    assert loaded.runtime_directory == Path("/home/pi/imagehub_data/run")


def test_the_local_sockets_follow_the_data_directory() -> None:
    """Two hubs with data of their own do not meet in one runtime directory."""
    loaded = settings.parse("hub:\n  data_directory: /srv/two\n", FOLDER)
    assert loaded.runtime_directory == Path("/srv/two/run")


def test_all_faults_are_told_at_once_from_top_to_bottom() -> None:
    """One look at the message is enough to mend the file."""
    text = "hub:\n  port: 70000\n  patiense: 5\n  durability: off\n  port: 5555\nextra: 1\n"
    assert faults(text) == [
        "imagehub.yaml:2: hub.port: expected whole number from 1 to 65535, got 70000",
        "imagehub.yaml:3: hub.patiense: unknown setting; did you mean hub.patience?",
        "imagehub.yaml:4: hub.durability: expected synced or written, got off",
        "imagehub.yaml:5: hub.port: given a second time; keep one of them",
        "imagehub.yaml:6: extra: unknown setting",
    ]


@pytest.mark.parametrize("text", ["", "# hub:\n", "---\n"])
def test_a_file_without_the_section_is_refused(text: str) -> None:
    """An emptied file is a mistake, not a wish for defaults."""
    assert faults(text) == [
        "imagehub.yaml:1: no section 'hub:'; write that as the first line, and the settings indented below it"
    ]


def test_settings_beside_the_section_are_sent_below_it() -> None:
    """Forgotten indentation is recognised."""
    assert faults("hub:\nport: 5556\n") == ["imagehub.yaml:2: port: unknown setting; did you mean hub.port?"]


@pytest.mark.parametrize("text", ["- hub", "hub", "5"])
def test_a_file_that_is_no_mapping_is_refused(text: str) -> None:
    """A list or a bare word has no settings in it."""
    assert any("the file: expected lines 'name: value'" in fault for fault in faults(text))


@pytest.mark.parametrize("text", ["hub: 5555", "hub: [port]"])
def test_a_section_that_is_no_mapping_is_refused(text: str) -> None:
    """The section holds settings and nothing else."""
    assert faults(text)[0].startswith("imagehub.yaml:1: hub: expected lines 'name: value', got ")


@pytest.mark.parametrize(
    ("ports", "fault"),
    [
        ("publish_port: 5555", "hub.publish_port: 5555 is hub.port already; choose another"),
        ("metrics_port: 5555", "hub.metrics_port: 5555 is hub.port already; choose another"),
        (
            "publish_port: 5556\n  metrics_port: 5556",
            "hub.metrics_port: 5556 is hub.publish_port already; choose another",
        ),
    ],
)
def test_no_port_is_used_twice(ports: str, fault: str) -> None:
    """Two sockets can't share a port, and the file says so before the hub starts."""
    assert [each.partition(": ")[2] for each in faults(f"hub:\n  {ports}\n")] == [fault]


def test_described_settings_can_be_read_again() -> None:
    """What `print_settings` prints is itself a settings file with the same meaning."""
    loaded = settings.parse("hub:\n  allow_nodes: [Bärn*]\n  bind_address: 10.0.0.1\n", FOLDER)
    assert settings.parse(settings.describe(loaded), FOLDER) == loaded


def test_load_names_the_file_and_resolves_paths_against_its_folder(tmp_path: Path) -> None:
    """A relative path in the file does not depend on where the hub is started."""
    path = tmp_path / "imagehub.yaml"
    path.write_text("hub:\n  data_directory: data\n")
    assert settings.load(path).data_directory == tmp_path / "data"
    path.write_text("hub:\n  prot: 1\n")
    with pytest.raises(SettingsError, match=r"imagehub\.yaml:2: hub\.prot: unknown setting; did you mean hub\.port\?"):
        settings.load(path)


def test_a_file_that_cannot_be_read_is_said_so(tmp_path: Path) -> None:
    """A missing file and one in another encoding are faults of the settings, not of the program."""
    with pytest.raises(SettingsError, match="No such file"):
        settings.load(tmp_path / "imagehub.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"hub:\n  data_directory: B\xe4rn\n")
    with pytest.raises(SettingsError, match="byte 25 is not UTF-8"):
        settings.load(tmp_path / "latin.yaml")


def test_find_wants_the_file_in_the_folder_that_was_named(tmp_path: Path) -> None:
    """A mistyped --path does not start a hub on defaults."""
    with pytest.raises(
        SettingsError, match=r"no such file \(--path wants a settings file, or the folder that holds imagehub\.yaml"
    ):
        settings.find(tmp_path)
    (tmp_path / "imagehub.yaml").write_text("hub:\n")
    assert settings.find(tmp_path) == tmp_path / "imagehub.yaml"


def test_a_settings_file_may_have_another_name(tmp_path: Path) -> None:
    """Where a path to a file is given that file is taken, whatever its name."""
    file = tmp_path / "hub2.yaml"
    file.write_text("hub:\n  port: 5560\n")
    assert settings.find(file) == file


def test_find_looks_in_the_home_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without --path the file is optional and lies at home."""
    monkeypatch.setenv("HOME", str(tmp_path))
    assert settings.find(None) is None
    (tmp_path / "imagehub.yaml").write_text("hub:\n")
    assert settings.find(None) == tmp_path / "imagehub.yaml"


def test_changed_parts_what_a_reload_applies_from_what_needs_a_restart() -> None:
    """Nobody believes a setting is in force that is not."""
    old = settings.defaults(FOLDER)
    new = replace(old, patience=5, port=5556, metrics_port=9155, data_directory=FOLDER / "elsewhere")
    assert settings.changed(old, new) == (["patience", "port"], ["data_directory", "metrics_port"])
    assert settings.changed(old, old) == ([], [])


def test_merge_takes_over_only_what_is_named() -> None:
    """After a reload, what needs a restart stays as it was."""
    old = settings.defaults(FOLDER)
    new = replace(old, patience=5, metrics_port=9155)
    assert settings.merge(old, new, ["patience"]) == replace(old, patience=5)
