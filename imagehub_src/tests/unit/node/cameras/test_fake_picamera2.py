"""The stand-in for picamera2 takes what picamera2 takes, and its encoders encode."""

import ast
import inspect
from typing import Any

import av
import pytest

import fake_picamera2
import pictures_of
from fake_picamera2 import (
    CompletedRequest,
    Encoder,
    H264Encoder,
    Job,
    MJPEGEncoder,
    Output,
    Picamera2,
)
from imagehub.node.cameras import painted
from imagehub.node.cameras.camera import Mode
from imagehub.node.cameras.ribbon import RibbonCamera

PLACES = {
    Picamera2: "picamera2.py",
    CompletedRequest: "request.py",
    Job: "job.py",
    Encoder: "encoders/encoder.py",
    H264Encoder: "encoders/h264_encoder.py",
    MJPEGEncoder: "encoders/mjpeg_encoder.py",
    Output: "outputs/output.py",
}
OWN = {"shoot", "painted_frame"}  # of the stand-in alone


def pairs() -> list[tuple[type, str]]:
    """Return each class of the stand-in with each of its public methods."""
    every = [(kind, name) for kind in PLACES for name in vars(kind) if callable(getattr(kind, name))]
    return [(kind, name) for kind, name in every if name not in OWN and (name == "__init__" or name[0] != "_")]


def real(kind: type, name: str) -> list[tuple[str, bool]] | None:
    """Return the parameters of a method in picamera2's source, and whether they have defaults; None without it."""
    source = pictures_of.packaged(pictures_of.PICAMERA2, f"picamera2/{PLACES[kind]}").read_text(encoding="utf-8")
    classes = {node.name: node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ClassDef)}
    # The last one of that name is the one that runs: those before it are overloads for type checkers.
    methods = [node for node in classes[kind.__name__].body if isinstance(node, ast.FunctionDef) and node.name == name]
    if not methods:
        return None
    arguments = methods[-1].args
    without = len(arguments.args) - len(arguments.defaults)
    named = [(each.arg, place >= without) for place, each in enumerate(arguments.args)]
    return [each for each in named if each[0] not in ("self", "cls")]


@pytest.mark.parametrize(("kind", "name"), pairs(), ids=lambda each: getattr(each, "__name__", each))
def test_the_stand_in_takes_what_picamera2_takes(kind: type, name: str) -> None:
    """Each of its methods is one of picamera2's, with the same parameters in the same order."""
    found = inspect.signature(getattr(kind, name)).parameters.values()
    own = [(each.name, each.default is not each.empty) for each in found if each.name not in ("self", "cls")]
    assert own == real(kind, name)


class Kept(Output):
    """Keeps what it gets."""

    def __init__(self) -> None:
        super().__init__()
        self.frames: list[tuple[bytes, bool, int | None]] = []

    def outputframe(
        self, frame: Any, keyframe: bool = True, timestamp: int | None = None, packet: Any = None, audio: bool = False
    ) -> None:
        """Keep a frame."""
        self.frames.append((bytes(frame), keyframe, timestamp))


@pytest.mark.parametrize(("encoder", "codec"), [(H264Encoder(), "h264"), (MJPEGEncoder(), "mjpeg")])
def test_an_encoder_takes_frames_beside_those_that_are_read(
    encoder: Encoder, codec: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it gives out is video, with microseconds since its first frame."""
    fake_picamera2.install(monkeypatch)
    camera, output = RibbonCamera(), Kept()
    camera.open(Mode((320, 240), 50))
    camera.native.start_encoder(encoder, output)
    for number in range(5):
        camera.native.shoot(10**12 + number * 20_000_000)
        assert camera.read(1) is not None
    assert output.recording
    camera.native.stop_encoder(encoder)
    assert not output.recording
    assert [stamp for _, _, stamp in output.frames] == [0, 20_000, 40_000, 60_000, 80_000]
    assert output.frames[0][1]
    decoder = av.CodecContext.create(codec, "r")
    packets = [av.Packet(frame) for frame, _, _ in output.frames]
    pictures = [picture for packet in [*packets, None] for picture in decoder.decode(packet)]
    strips = [painted.read_strip(picture.to_ndarray(format="bgr24")) for picture in pictures]
    assert [strip[0] for strip in strips if strip] == [0, 1, 2, 3, 4]
