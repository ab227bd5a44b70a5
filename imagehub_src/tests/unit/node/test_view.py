"""A view sends what its camera's settings ask for: events, then images in the order of time, each encoded once."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from fake_nodes import SIZE, Bench, Box, FakeFrames, frame
from imagehub.errors import ImagehubError
from imagehub.node.settings.settings import (
    CameraSettings,
    DetectorSettings,
    LightSettings,
    Look,
    MotionSettings,
    NodeSettings,
)
from imagehub.node.view import View
from imagehub.sender import BLACK_JPEG

NODE = NodeSettings("Barn", ("tcp://hub:5555",))
EVENT = Look(send_frames="detected event", send_count=3)
CAMERA = CameraSettings("P1", "synthetic", "Yard")


def view(bench: Bench, box: Box, *detectors: DetectorSettings, **settings: object) -> View:
    """Return a view with these detectors."""
    camera = replace(CAMERA, detectors=detectors, **settings)  # type: ignore[arg-type]
    return View(NODE, camera, box, bench.tools())


def seen(one: View, *numbers: int) -> None:
    """Have frames with these numbers seen."""
    for number in numbers:
        one.see(frame(number))


def numbers(box: Box) -> list[int]:
    """Return the numbers of the images that were sent, in their order, and forget all."""
    posts, box.posts = box.posts, []
    return [int(post.body.split()[1]) for post in posts if post.body.startswith(b"jpeg")]


def test_a_change_sends_its_event_and_the_last_images() -> None:
    """As many as send_count says, in the order of time, the newest being the one that brought the change."""
    bench, box = Bench([{5: "moving"}]), Box()
    seen(view(bench, box, MotionSettings(EVENT)), 1, 2, 3, 4, 5, 6)
    assert [post.text for post in box.posts] == ["Barn Yard|motion|moving", *["Barn Yard|jpg"] * 3]
    assert [post.taken.astimezone(UTC) for post in box.posts] == [
        datetime.fromtimestamp(at, UTC) for at in (5, 3, 4, 5)
    ]
    assert box.posts[0].body == BLACK_JPEG
    assert numbers(box) == [3, 4, 5]


def test_fewer_images_than_send_count_are_sent_where_there_are_no_more() -> None:
    """A change at the first images sends those."""
    bench, box = Bench([{2: "moving"}]), Box()
    seen(view(bench, box, MotionSettings(EVENT)), 1, 2)
    assert numbers(box) == [1, 2]


def test_queuemax_limits_what_is_kept_for_an_event() -> None:
    """send_count beyond it gives no more."""
    bench, box = Bench([{9: "moving"}]), Box()
    look = replace(EVENT, send_count=20)
    camera = replace(CAMERA, detectors=(MotionSettings(look),))
    seen(View(replace(NODE, queuemax=4), camera, box, bench.tools()), *range(1, 10))
    assert numbers(box) == [6, 7, 8, 9]


def test_an_image_is_drawn_and_encoded_once_however_often_it_is_sent() -> None:
    """Two changes that share images cost one encoding of each, and images that nobody gets cost none."""
    bench, box = Bench([{4: "moving", 5: "still"}]), Box()
    seen(view(bench, box, MotionSettings(EVENT)), 1, 2, 3, 4, 5, 6)
    assert numbers(box) == [2, 3, 4, 3, 4, 5]
    assert [number for number, _, _ in bench.encoded] == bench.drawn == [2, 3, 4, 5]


def test_two_detectors_that_change_at_once_send_their_images_once() -> None:
    """Both events come first; the images are as many as the one asks that wants more."""
    bench, box = Bench([{4: "moving"}, {4: "lighted"}]), Box()
    look = replace(EVENT, send_count=2, roi_name="Door", log_roi_name=True)
    seen(view(bench, box, MotionSettings(EVENT), LightSettings(look)), 1, 2, 3, 4)
    assert [post.text for post in box.posts[:2]] == ["Barn Yard|motion|moving", "Barn Yard|light|lighted|Door"]
    assert numbers(box) == [2, 3, 4]


def test_print_still_frames_false_sends_none_when_the_motion_ends() -> None:
    """The event goes, its images stay."""
    bench, box = Bench([{3: "moving", 6: "still"}]), Box()
    seen(view(bench, box, MotionSettings(EVENT, print_still_frames=False)), *range(1, 8))
    assert [post.text for post in box.posts if "motion" in post.text] == [
        "Barn Yard|motion|moving",
        "Barn Yard|motion|still",
    ]
    assert numbers(box) == [1, 2, 3]


def test_continuous_sends_each_image_at_once_and_once() -> None:
    """Also where two detectors ask for it, and an event sends none of them again."""
    bench, box = Bench([{2: "moving"}, {}]), Box()
    seen(view(bench, box, MotionSettings(), LightSettings()), 1, 2, 3)
    assert box.texts() == ["Barn Yard|jpg", "Barn Yard|jpg", "Barn Yard|motion|moving", "Barn Yard|jpg"]


def test_none_sends_events_alone() -> None:
    """No image leaves, none is encoded."""
    bench, box = Bench([{2: "moving"}]), Box()
    seen(view(bench, box, MotionSettings(Look(send_frames="none"))), 1, 2, 3)
    assert box.texts() == ["Barn Yard|motion|moving"]
    assert bench.encoded == []


@pytest.mark.parametrize(("send_frames", "sent"), [("continuous", [1, 2]), ("none", [])])
def test_without_a_detector_the_camera_s_own_setting_decides(send_frames: str, sent: list[int]) -> None:
    """Continuous is what it is by default."""
    bench, box = Bench([]), Box()
    seen(view(bench, box, send_frames=send_frames), 1, 2)
    assert numbers(box) == sent
    assert CAMERA.send_frames == "continuous"


def test_raw_images_are_sent_as_they_are() -> None:
    """`send_type: image` gives the array's bytes and shape, and encodes nothing."""
    bench, box = Bench([]), Box()
    seen(view(bench, box, send_type="image"), 7)
    (post,) = box.posts
    assert (post.text, post.shape, post.body) == ("Barn Yard|image", (24, 32, 3), bytes([7]) * 24 * 32 * 3)
    assert bench.encoded == []


def test_images_are_made_smaller_before_detecting() -> None:
    """By percent of the width, height in proportion; detectors are made for that size."""
    bench, box = Bench([{}]), Box()
    one = view(bench, box, LightSettings(), resize_width=50, send_type="image")
    seen(one, 1)
    assert (box.posts[0].shape, bench.sizes, one.size) == ((12, 16, 3), [(16, 12)], (16, 12))


def test_another_size_makes_new_detectors() -> None:
    """Images of the former size are not sent with an event of the new one."""
    bench, box = Bench([{2: "moving"}]), Box()
    one = view(bench, box, MotionSettings(EVENT))
    one.see(frame(1))
    one.see(frame(2, (64, 48)))
    assert bench.sizes == [SIZE, (64, 48)]
    assert numbers(box) == [2]


def test_test_images_go_under_their_own_words() -> None:
    """They have no bar in their text: hubs show them, and store none. Without the setting there are none."""
    bench, box = Bench([{}, {}]), Box()
    look = Look(send_frames="none", send_test_images=True)
    seen(view(bench, box, MotionSettings(look), LightSettings(Look(send_frames="none"))), 1)
    assert box.texts() == ["ROI"]


def test_raw_test_images_keep_their_shape() -> None:
    """A grey one has two dimensions."""
    bench, box = Bench([{}]), Box()
    look = Look(send_frames="none", send_test_images=True)
    seen(view(bench, box, MotionSettings(look), send_type="image"), 1)
    assert [(post.text, post.shape) for post in box.posts] == [("ROI", (2, 4))]


def test_send_next_sends_the_images_that_come() -> None:
    """Whatever the detectors say; an image that goes anyway counts, and is not sent twice."""
    bench, box = Bench([{2: "moving"}]), Box()
    one = view(bench, box, MotionSettings(replace(EVENT, send_count=1)))
    one.send_next(3)
    seen(one, 1, 2, 3, 4)
    assert numbers(box) == [1, 2, 3]


def test_what_is_published_is_encoded_once_with_what_is_sent() -> None:
    """Viewers get each image, the hub those that the settings ask for."""
    bench, box = Bench([{2: "moving"}]), Box()
    published: list[tuple[str, bytes]] = []
    tools = bench.tools(publish=lambda text, jpeg: published.append((text, jpeg)))
    camera = replace(CAMERA, detectors=(MotionSettings(EVENT),))
    seen(View(NODE, camera, box, tools), 1, 2, 3)
    assert published == [("Barn Yard|jpg", b"jpeg %d" % number) for number in (1, 2, 3)]
    assert numbers(box) == [1, 2]
    assert len(bench.encoded) == 3


def test_a_narrow_line_makes_images_worse_and_counts_their_bytes() -> None:
    """Its quality holds where it is below the camera's own."""

    class Narrow:
        sizes: list[int]

        def settings_now(self) -> tuple[int, float]:
            return 60, 0.5

        def sent(self, size: int) -> None:
            self.sizes.append(size)

    bench, box, line = Bench([]), Box(), Narrow()
    line.sizes = []
    seen(View(NODE, CAMERA, box, bench.tools(line=line)), 1)
    seen(View(NODE, replace(CAMERA, jpeg_quality=40), box, bench.tools(line=line)), 2)
    assert bench.encoded == [(1, 60, 0.5), (2, 40, 0.5)]
    assert line.sizes == [6, 6]


def test_an_image_that_can_t_be_used_is_told_and_the_next_one_is_seen(caplog: pytest.LogCaptureFixture) -> None:
    """The log has it once, the status as long as it lasts."""
    bench, box = Bench([]), Box()
    one = view(bench, box)
    frames = FakeFrames([ImagehubError("no pixel"), ImagehubError("no pixel"), frame(1)])
    assert one.look(frames)
    assert one.look(frames)
    assert one.fault == "no pixel"
    assert len(re.findall("can't use an image", caplog.text)) == 1
    assert one.look(frames)
    assert one.fault is None
    assert numbers(box) == [1]


def test_no_frame_is_told() -> None:
    """Whoever watches for a stall needs to know."""
    frames = FakeFrames()
    frames.close()
    assert not view(Bench([]), Box()).look(frames)


def test_a_camera_s_own_events_have_its_name() -> None:
    """Such as that it is lost; a view without a name is called as the node."""
    box = Box()
    view(Bench([]), box).tell("camera|lost")
    view(Bench([]), box, view="").tell("camera|back")
    assert box.texts() == ["Barn Yard|camera|lost", "Barn|camera|back"]
