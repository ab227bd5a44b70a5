"""The report: JSON that goes there and back, a picture, a loud file where it failed, and sessions audited again."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from imagehub.colony.synchrony import audit, documents, picture, record, report
from imagehub.colony.synchrony.audit import Limits, SessionAudit
from imagehub.colony.synchrony.clocks import Offset
from imagehub.colony.synchrony.sources import ClockState
from recorded import START_NS, instants, write_recording

STATE = ClockState("chrony", True, "chrony follows 10.0.0.1", 12_000)
OFFSETS = tuple(Offset(7_000_000, 60_000, 120_000, 1.5, START_NS + n * 500_000_000, 2.0) for n in range(5))


def gathered(folder: Path, right: Sequence[tuple[int, int]] | None = None, limits: Limits | None = None) -> Path:
    """Write a session as a conductor leaves it: two cameras, their clocks 7 ms before the conductor's."""
    for name, frames in (("left", instants(60)), ("right", instants(60) if right is None else right)):
        write_recording(folder / name, name, [(number, wall + 7_000_000) for number, wall in frames])
    cameras = tuple(record.CameraClock(name, 30.0, OFFSETS, STATE) for name in ("left", "right"))
    record.write(record.SessionClocks("mice", START_NS, limits or Limits(), cameras), folder)
    return folder


def lossy() -> list[tuple[int, int]]:
    """Return frames of which the 18th is missing."""
    return [each for each in instants(60) if each[0] != 17]


def drawn(folder: Path) -> ElementTree.Element:
    """Return the picture, read as XML."""
    return ElementTree.parse(folder / "report.svg").getroot()


def test_a_session_is_audited_from_its_files_alone(tmp_path: Path) -> None:
    """It passes, with exit code 0 and a first line that says so."""
    lines: list[str] = []
    assert report.run(gathered(tmp_path), lines.append) == 0
    assert lines[0].splitlines()[0] == "AUDIT PASSED: mice, 2 cameras, 120 frames"
    assert sorted(path.name for path in tmp_path.glob("*.*")) == ["clocks.json", "report.json", "report.svg"]


def test_a_failed_session_is_loud(tmp_path: Path) -> None:
    """Exit code 3, a first line that says so, and a file that can't be overlooked, with all reasons."""
    lines: list[str] = []
    assert report.run(gathered(tmp_path, lossy()), lines.append) == 3
    assert lines[0].startswith("AUDIT FAILED: mice, 2 cameras, 119 frames, 1 reason\n  - right: 1 frame dropped")
    assert "right: 1 frame dropped" in (tmp_path / "AUDIT-FAILED.txt").read_text()


def test_a_new_audit_that_passes_takes_the_loud_file_away(tmp_path: Path) -> None:
    """With limits that allow it the same session passes."""
    report.run(gathered(tmp_path, lossy()), str)
    assert (tmp_path / "AUDIT-FAILED.txt").exists()
    assert report.run(gathered(tmp_path, lossy(), Limits(dropped=1)), str) == 0
    assert not (tmp_path / "AUDIT-FAILED.txt").exists()


def test_the_report_goes_to_json_and_back(tmp_path: Path) -> None:
    """What is read is what was written."""
    found = report.again(gathered(tmp_path, lossy()))
    report.write(found, tmp_path)
    again = report.read(tmp_path / "report.json")
    assert again == found
    assert report.as_text(again) == report.as_text(found)


def test_the_keys_of_the_report(tmp_path: Path) -> None:
    """Others read these: they stay."""
    report.run(gathered(tmp_path, lossy()), str)
    document = json.loads((tmp_path / "report.json").read_text())
    assert list(document) == ["version", "passed", "reasons", "cameras", "clocks", "skew", "limits", "name"]
    assert (document["version"], document["passed"]) == (1, False)
    left, right = document["cameras"]
    assert (left["instance"], left["frames"], left["dropped"], right["frames"], right["dropped"]) == (
        "left",
        60,
        0,
        59,
        1,
    )
    assert right["by_numbers"] == {"gaps": [{"row": 16, "count": 1, "number": 17}], "doubled": [], "disordered": []}
    assert document["clocks"][0]["state"]["kind"] == "chrony"
    assert document["clocks"][0]["offset_ms"] == pytest.approx(7.0)
    assert document["skew"]["p99_ms"] == pytest.approx(0.0)
    assert document["skew"]["uncertainty_ms"] == pytest.approx(0.12, abs=0.02)


def test_every_key_of_the_report_is_documented(tmp_path: Path) -> None:
    """docs/design/synchrony.md has each key of report.json and clocks.json, and both versions."""
    report.run(gathered(tmp_path, lossy()), str)
    page = (Path(__file__).parents[5] / "docs" / "design" / "synchrony.md").read_text()
    for name in ("report.json", "clocks.json"):
        missing = [key for key in keys(json.loads((tmp_path / name).read_text())) if f"`{key}`" not in page]
        assert not missing, name


def keys(document: object) -> set[str]:
    """Return all keys of a JSON document."""
    if isinstance(document, dict):
        return {*document, *(key for value in document.values() for key in keys(value))}
    if isinstance(document, list):
        return {key for value in document for key in keys(value)}
    return set()


def test_the_picture_has_a_lane_for_each_camera_and_a_mark_for_each_loss(tmp_path: Path) -> None:
    """It is well-formed, says the verdict, and is made for light and dark pages."""
    report.run(gathered(tmp_path, lossy()), str)
    root = drawn(tmp_path)
    texts = [element.text or "" for element in root.iter() if element.tag.endswith("text")]
    assert "Audit failed: mice, 1 reason" in texts
    assert {"left", "right"} <= set(texts)
    assert len([element for element in root.iter() if element.get("class") == "bad"]) == 1
    assert "prefers-color-scheme:dark" in (tmp_path / "report.svg").read_text()


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_a_picture_of_next_to_nothing(tmp_path: Path, count: int) -> None:
    """No camera, cameras without frames, and single frames can be drawn too."""
    cameras = []
    for number in range(count):
        files = write_recording(tmp_path / str(number), f"cam{number}", instants(number))
        cameras.append(audit.camera(files, 30.0, None))
    report.write(audit.session(cameras, name='<&">'), tmp_path)
    drawn(tmp_path)


def test_a_report_that_can_not_be_written_is_an_error_for_people(tmp_path: Path) -> None:
    """It names the folder."""
    with pytest.raises(report.SessionFolderError, match="can't write the report into"):
        report.write(audit.session([]), tmp_path / "gone")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 2}', '{"version": 1, "passed": "yes"}'])
def test_what_is_no_report_is_said_to_be_none(tmp_path: Path, text: str) -> None:
    """A torn file, another version, and other JSON."""
    (tmp_path / "report.json").write_text(text)
    with pytest.raises(report.SessionFolderError, match="is no report of a session"):
        report.read(tmp_path / "report.json")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"cameras": [{"offsets": 3}]}', '{"start_ns": "now"}'])
def test_torn_clocks_fail_the_audit_and_nothing_else(tmp_path: Path, text: str) -> None:
    """Without them the frames are still counted; what can't be proven is said."""
    gathered(tmp_path)
    (tmp_path / "clocks.json").write_text(text)
    found = report.again(tmp_path)
    assert found.reasons[0].startswith("clocks.json is torn or no record of clocks")
    assert [each.frames for each in found.cameras] == [60, 60]


def test_without_clocks_the_framerate_comes_from_the_metadata(tmp_path: Path) -> None:
    """A session of another conductor: drops are found, synchrony is not claimed."""
    gathered(tmp_path, lossy())
    (tmp_path / "clocks.json").unlink()
    (tmp_path / "right" / "mice.right.20260921_101010.rcc.metadata.json").write_text('{"camera": {"framerate": 30}}')
    found = report.again(tmp_path)
    assert "clocks.json can't be read: No such file or directory" in found.reasons
    assert "left: its framerate is not known, so the intervals can't be judged" in found.reasons
    assert found.cameras[1].by_intervals.dropped == 1
    assert found.skew.uncertainty_ms is None


def test_a_camera_that_left_no_files_is_named(tmp_path: Path) -> None:
    """The conductor's record knows who should be there."""
    gathered(tmp_path)
    for path in (tmp_path / "right").iterdir():
        path.unlink()
    assert "right: there is no video (video.h264)" in report.again(tmp_path).reasons


def test_what_failed_while_recording_fails_a_new_audit_too(tmp_path: Path) -> None:
    """Files may look sound though their camera was lost: what the conductor saw is kept with the clocks."""
    gathered(tmp_path)
    clocks, _ = record.read(tmp_path)
    record.write(replace(clocks, failures=("right: the camera was lost",)), tmp_path)
    assert report.again(tmp_path).reasons == ("right: the camera was lost",)


def test_two_recordings_of_a_camera_in_one_session_are_named(tmp_path: Path) -> None:
    """The newest one is audited, and the audit fails: which one is meant can't be known."""
    gathered(tmp_path)
    (tmp_path / "left" / "mice.left.20260920_080000.rcc.timestamps.frames.csv").write_text("old")
    found = report.again(tmp_path)
    assert (found.reasons, found.cameras[0].frames) == (("left: 2 recordings, the newest one is audited",), 60)


def test_a_folder_without_a_session_is_an_error_for_people(tmp_path: Path) -> None:
    """An audit of nothing neither passes nor fails."""
    with pytest.raises(report.SessionFolderError, match="has no session"):
        report.run(tmp_path)
    with pytest.raises(report.SessionFolderError, match="there is no folder"):
        report.run(tmp_path / "gone")


def test_the_record_of_clocks_goes_to_json_and_back(tmp_path: Path) -> None:
    """Instants of 19 digits included."""
    clocks = record.SessionClocks(
        "mice", START_NS + 1, Limits(skew_ms=2), (record.CameraClock("a", 90, OFFSETS, STATE),)
    )
    record.write(clocks, tmp_path)
    assert record.read(tmp_path) == (clocks, ())


def test_a_record_of_a_later_version_is_named(tmp_path: Path) -> None:
    """What it means can't be known."""
    record.write(record.SessionClocks(version=9), tmp_path)
    assert record.read(tmp_path)[1] == ("clocks.json has version 9; this program knows version 1",)


def test_many_reasons_are_shortened_in_the_verdict_and_not_in_the_file(tmp_path: Path) -> None:
    """A terminal shows 20, `AUDIT-FAILED.txt` all."""
    found = replace(audit.session([]), reasons=tuple(f"reason {n}" for n in range(30)))
    assert "and 10 more: see report.json" in report.as_text(found)
    report.write(found, tmp_path)
    assert "reason 29" in (tmp_path / "AUDIT-FAILED.txt").read_text()


def test_keys_of_a_later_program_are_left_out() -> None:
    """What this one doesn't know does no harm."""
    document = {**documents.to_document(audit.session([])), "colour": "red"}
    assert isinstance(documents.from_document(SessionAudit, document), SessionAudit)


@pytest.mark.parametrize(
    ("reach", "most", "expected"), [(11.97, 8, 2.0), (60, 8, 10.0), (0.049, 2, 0.05), (0.39, 2, 0.2), (1e-9, 2, 5e-10)]
)
def test_scales_have_round_steps(reach: float, most: int, expected: float) -> None:
    """1, 2 or 5 times a power of ten, however large what is shown."""
    assert picture.step(reach, most) == pytest.approx(expected)
