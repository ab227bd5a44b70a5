"""What is known of a recording is in a JSON file, under the names that it had before."""

import json
from pathlib import Path

import pytest

from imagehub.colony.recording import metadata, names
from imagehub.colony.recording.errors import RecordingError
from recordings import plan


def test_facts_keep_the_names_that_rpi_camera_colony_gave_them(tmp_path: Path) -> None:
    """An analysis finds them where they were; what the conductor sent is there as it is."""
    paths = names.paths(tmp_path / "mice" / "mice__day1", "mice__day1.cam1.20260102_030405")
    told = plan(acquisition_group="mice", acquisition_name="mice__day1", metadata={"description": "left", "iso": 100})
    facts = metadata.facts(told, tmp_path, paths)
    expected = {
        "instance_name": "cam1",
        "data_path": str(tmp_path),
        "acquisition_name": "mice__day1",
        "acquisition_group": "mice",
        "acquisition_time": "20260102_030405",
        "acquisition_file_base": f"{tmp_path}/mice/mice__day1/mice__day1.cam1",
        "acquisition_settings": {"description": "left", "iso": 100},
        "resolution": [320, 240],
        "framerate": 60,
        "save_data": True,
        "video_quality": 23,
        "stream_video": False,
        "finished": False,
    }
    assert {key: facts[key] for key in expected} == expected
    assert facts["acquisition_files"]["ttl.out"].endswith("mice__day1.cam1.20260102_030405.rcc.timestamps.ttl.out.csv")
    assert set(facts["versions"]) == {"imagehub", "python", "av"}
    json.dumps(facts)


def test_the_wired_interfaces_address_goes_before_others(tmp_path: Path) -> None:
    """Zeros where there is none, as before."""
    assert metadata.mac_address(tmp_path / "absent") == "00:00:00:00:00:00"
    for name, address in (("lo", "00:00:00:00:00:00"), ("aaa0", "02:00:00:00:00:01"), ("eth0", "02:00:00:00:00:02")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "address").write_text(f"{address}\n")
    assert metadata.mac_address(tmp_path) == "02:00:00:00:00:02"
    (tmp_path / "eth0" / "address").unlink()
    assert metadata.mac_address(tmp_path) == "02:00:00:00:00:01"


def test_the_file_is_whole_or_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing else is left in the folder."""
    path = tmp_path / "a.rcc.metadata.json"
    metadata.write(path, {"finished": False, "camera": "Küche"})

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        metadata.write(path, {"finished": True})
    assert metadata.read(path) == {"finished": False, "camera": "Küche"}
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("content", "words"), [("", "is no JSON"), ("[]", "is no JSON object"), (None, "No such file")]
)
def test_a_file_that_is_none_is_told(tmp_path: Path, content: str | None, words: str) -> None:
    """With its path."""
    path = tmp_path / "metadata.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(RecordingError, match=words):
        metadata.read(path)
