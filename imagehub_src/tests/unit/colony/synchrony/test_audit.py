"""The audit: every fault that is put into a recording is named, with camera, row and figure; a sound one passes."""

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagehub.colony.synchrony import audit
from imagehub.colony.synchrony.audit import CameraAudit, Limits, SessionAudit
from imagehub.colony.synchrony.clocks import Offset, Tracker
from recorded import START_NS, instants, write_frames, write_recording, write_ttl_out, write_video

SURE = Offset(0, 50_000, 100_000, at_ns=START_NS)


def audited(folder: Path, name: str, frames: Sequence[tuple[int, int]], offset_ns: int = 0) -> CameraAudit:
    """Write a recording with these frames and audit it; its clock is `offset_ns` before the conductor's."""
    files = write_recording(folder / name, name, [(number, wall + offset_ns) for number, wall in frames])
    return audit.camera(files, 30.0, replace(SURE, offset_ns=offset_ns), instance=name, start_ns=START_NS)


def only(found: SessionAudit) -> str:
    """Return the only reason."""
    (reason,) = found.reasons
    return reason


def test_a_sound_session_passes(tmp_path: Path) -> None:
    """The negative control: two cameras 2 ms apart, one with a clock that is 5 s off, nothing lost."""
    left = audited(tmp_path, "left", instants(60))
    right = audited(tmp_path, "right", instants(60, start_ns=START_NS + 2_000_000), offset_ns=5_000_000_000)
    found = audit.session([left, right], name="mice")
    assert (found.passed, found.reasons) == (True, ())
    assert (found.skew.p99_ms, found.skew.worst_ms, found.skew.start_ms) == pytest.approx((2.0, 2.0, 2.0))
    assert found.skew.uncertainty_ms == pytest.approx(0.1, abs=0.5)
    assert (right.frames, right.video, right.dropped) == (60, 60, 0)
    assert right.start_delay_ms == pytest.approx(2.0)
    assert left.rate == pytest.approx(30.0)


def test_a_dropped_frame_is_named_by_both_accounts(tmp_path: Path) -> None:
    """Camera, row and the sensor's number stand in the reason, and that the intervals agree."""
    frames = [each for each in instants(60) if each[0] not in {17, 18, 40}]
    found = audit.session([audited(tmp_path, "left", frames)])
    assert only(found) == (
        "left: 3 frames dropped by the sensor's numbers: 2 after row 16 (number 17 to 18), 1 after row 37 (number 40); "
        "the intervals agree"
    )


def test_a_loss_that_the_numbers_hide_is_found_by_the_intervals(tmp_path: Path) -> None:
    """A camera that counts on after a loss is found out."""
    frames = [(row, wall) for row, (_, wall) in enumerate(each for each in instants(60) if each[0] != 30)]
    reasons = audit.session([audited(tmp_path, "left", frames)]).reasons
    assert reasons[0] == "left: 1 frame dropped by the intervals: 1 after row 29; the sensor's numbers tell 0"


def test_doubled_and_disordered_frames_are_named(tmp_path: Path) -> None:
    """By row, whichever account tells of them."""
    frames = instants(40)
    frames = [*frames[:10], frames[9], *frames[10:20], frames[21], frames[20], *frames[22:]]
    reasons = audit.session([audited(tmp_path, "left", frames)]).reasons
    assert "left: 1 frame doubled: row 10" in reasons
    assert "left: 1 frame out of order: row 22" in reasons


def test_a_video_that_has_other_frames_than_its_table_is_named(tmp_path: Path) -> None:
    """Counts of video, MP4 and TTL rows are held against the table of frames."""
    files = write_recording(tmp_path, "left", instants(30), video=29, mp4=28)
    write_ttl_out(files["ttl.out"], [wall for _, wall in instants(27)], without=[3])
    found = audit.camera(files, 30.0, SURE)
    assert (found.instance, found.video, found.mp4, found.ttl_rows, found.pulses_out) == ("left", 29, 28, 27, 26)
    assert found.findings == (
        "1 frame had no TTL pulse, the first in row 3",
        "29 frames in the video, but 30 rows in the table of frames",
        "28 frames in the MP4, but 30 rows in the table of frames",
        "27 rows of TTL out, but 30 rows in the table of frames",
    )


def test_a_camera_without_files_is_a_finding(tmp_path: Path) -> None:
    """Nothing at all, and names of files that are gone, fail the audit without an exception."""
    nothing = audit.camera({}, 30.0, SURE, instance="left")
    gone = audit.camera({kind: tmp_path / kind for kind in ("frames", "video", "mp4", "ttl.out", "ttl.in")}, None, None)
    found = audit.session([nothing, gone])
    assert not found.passed
    assert [reason for reason in found.reasons if reason.startswith("left")] == [
        "left: there is no table of frames (timestamps.frames.csv)",
        "left: there is no video (video.h264)",
        "left: there is no table of TTL pulses (timestamps.ttl.out.csv)",
    ]
    assert sum("No such file" in reason for reason in found.reasons) == 5


@pytest.mark.parametrize("kind", ["frames", "ttl.out", "video"])
@pytest.mark.parametrize("damage", ["empty", "half", "noise"])
def test_damaged_files_fail_the_audit_and_nothing_else(tmp_path: Path, kind: str, damage: str) -> None:
    """Whatever a power cut leaves of a file, there is a verdict."""
    files = write_recording(tmp_path, "left", instants(20))
    whole = files[kind].read_bytes()
    files[kind].write_bytes({"empty": b"", "half": whole[: len(whole) // 2], "noise": bytes(2000)}[damage])
    found = audit.session([audit.camera(files, 30.0, SURE)])
    assert not found.passed


def test_cameras_that_are_apart_fail_with_figure_and_uncertainty(tmp_path: Path) -> None:
    """The limit holds for the 99th percentile and what the clocks may be wrong by, together."""
    left = audited(tmp_path, "left", instants(60))
    right = audited(tmp_path, "right", instants(60, start_ns=START_NS + 4_980_000))
    assert audit.session([left, right], Limits(skew_ms=5.5)).passed
    reason = only(audit.session([left, right], Limits(skew_ms=5.0)))
    assert reason.startswith("right: its frames are 4.980 ms (p99), sure to 0.")
    assert reason.endswith("from those of left; allowed: 5.000 ms")


def test_frames_half_a_period_apart_can_not_be_told_to_belong_together(tmp_path: Path) -> None:
    """Without a limit of its own a session may not be further apart than half a period, uncertainty included."""
    left = audited(tmp_path, "left", instants(60))
    right = audited(tmp_path, "right", instants(60, start_ns=START_NS + 16_600_000))
    assert "right: its frames are 16.6" in only(audit.session([left, right]))


def test_a_late_start_and_an_early_end_fail(tmp_path: Path) -> None:
    """First and last frames have limits of their own: what no frame has a partner for is no skew."""
    left = audited(tmp_path, "left", instants(90))
    right = audited(tmp_path, "right", [(n - 40, wall) for n, wall in instants(90) if 40 <= n < 50])
    found = audit.session([left, right])
    assert [reason.partition(" are ")[0] for reason in found.reasons] == ["the first frames", "the last frames"]
    assert found.skew.start_ms == pytest.approx(40 * 1000 / 30, abs=0.01)
    assert found.skew.cameras[0].unmatched == 80


def test_cameras_that_never_ran_together_are_not_compared(tmp_path: Path) -> None:
    """Without one common frame there is a reason, not a skew."""
    left = audited(tmp_path, "left", instants(10))
    right = audited(tmp_path, "right", instants(10, start_ns=START_NS + 10**12))
    reasons = audit.session([left, right]).reasons
    assert "right: no frame is within half a period of one of left" in reasons


def test_a_slow_camera_is_named(tmp_path: Path) -> None:
    """One that exposes too long for its rate."""
    found = audit.session([audited(tmp_path, "left", instants(60, framerate=29.0))])
    assert only(found) == "left: ran at 29.000 frames/s, -3.33 % off the 30 that were asked for"


def test_a_clock_that_was_never_compared_fails(tmp_path: Path) -> None:
    """No offset is taken for zero."""
    files = write_recording(tmp_path, "left", instants(10))
    assert "never compared" in only(audit.session([audit.camera(files, 30.0, None)]))


def test_a_clock_that_was_set_during_the_recording_fails(tmp_path: Path) -> None:
    """Seen twice: by the comparisons of clocks, and by the sensor's own time."""
    files = write_recording(tmp_path, "left", instants(60))
    rows = files["frames"].read_text().splitlines()
    moved = [f"{n},{sensor},{int(wall) + 200_000_000}" for n, sensor, wall in (row.split(",") for row in rows[31:])]
    files["frames"].write_text("\n".join([*rows[:31], *moved]) + "\n")
    offsets = [SURE, replace(SURE, offset_ns=200_000_000, at_ns=START_NS + 2_000_000_000)]
    reasons = audit.session([audit.camera(files, 30.0, Tracker(offsets))]).reasons
    assert "left: the machine's clock was set by +200.0 ms at row 30" in reasons
    assert "left: its clock jumped by +200.000 ms between two comparisons" in reasons


def test_limits_for_clocks(tmp_path: Path) -> None:
    """Offset, uncertainty and drift have limits where they are asked for."""
    files = write_recording(tmp_path, "left", instants(10))
    offset = Offset(80_000_000, 3_000_000, 6_000_000, 40.0, START_NS, 1.0)
    camera = audit.camera(files, 30.0, offset)
    found = audit.session([camera], Limits(clock_offset_ms=50, clock_uncertainty_ms=1, drift_ppm=20))
    assert [reason.partition(":")[2].split(";")[0][:24] for reason in found.reasons] == [
        " its clock is known to 3", " its clock is 80.000 ms ", " its clock drifts by +40",
    ]  # fmt: skip


def test_a_drifting_clock_does_not_show_as_skew(tmp_path: Path) -> None:
    """A clock that gains 100 ppm over an hour and was measured each minute: frames taken together stay together."""
    left = audited(tmp_path, "left", instants(60, framerate=1 / 60))
    drifted = [(n, wall + round((wall - START_NS) * 1e-4)) for n, wall in instants(60, framerate=1 / 60)]
    files = write_recording(tmp_path / "right", "right", drifted)
    offsets = [Offset(6_000_000 * n, 50_000, 100_000, at_ns=START_NS + 60_000_000_000 * n) for n in range(60)]
    right = audit.camera(files, 1 / 60, Tracker(offsets))
    left = replace(left, framerate=1 / 60)
    found = audit.session([left, right], Limits(rate_percent=None))
    assert found.skew.worst_ms == pytest.approx(0, abs=0.01)
    assert found.clocks[1].drift_ppm == pytest.approx(100, abs=0.1)


def test_the_same_name_twice_is_named(tmp_path: Path) -> None:
    """Two agents that call themselves the same would overwrite each other's figures."""
    one = audited(tmp_path, "left", instants(10))
    assert only(audit.session([one, one])) == "left: two recordings have this name"


def test_no_camera_at_all_fails() -> None:
    """An empty session proves nothing."""
    assert only(audit.session([])) == "no camera recorded anything"


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32), lost=st.sets(st.integers(1, 58), max_size=12))
def test_random_losses_are_named_exactly(tmp_path_factory: pytest.TempPathFactory, seed: int, lost: set[int]) -> None:
    """Files with jitter up to a quarter of a period: exactly the frames that were left out are missing."""
    chance, folder = random.Random(seed), tmp_path_factory.mktemp("lost")
    frames = [(n, wall + round(chance.uniform(-0.249, 0.249) * 1e9 / 30)) for n, wall in instants(60) if n not in lost]
    path = write_frames(folder / "frames.csv", frames)
    found = audit.camera({"frames": path}, 30.0, SURE, instance="left")
    told = {number for gap in found.by_numbers.gaps for number in range(gap.number, gap.number + gap.count)}
    rows = [number for number, _ in frames]
    by_intervals = {rows[gap.row] + 1 + k for gap in found.by_intervals.gaps for k in range(gap.count)}
    assert told == by_intervals == lost
    assert found.dropped == len(lost)


def test_an_mp4_alone_does_not_stand_for_the_video(tmp_path: Path) -> None:
    """The stream as it was recorded is needed."""
    files = write_recording(tmp_path, "left", instants(10))
    del files["video"]
    files["mp4"] = write_video(tmp_path / "m.mp4", 10)
    assert only(audit.session([audit.camera(files, 30.0, SURE)])) == "left: there is no video (video.h264)"
