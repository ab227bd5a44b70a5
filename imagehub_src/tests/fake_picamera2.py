"""A stand-in for picamera2 and libcamera, which run on a Raspberry Pi alone.

`install` puts it where `import picamera2` finds it. Its methods take what those of picamera2 0.3.38 take, which a test
compares. Frames are painted ones; their instants are told by `shoot`, or by the clock where the rig runs by itself.
"""

import sys
import threading
import time
import types
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, ClassVar

import cv2
import numpy as np
import pytest

from imagehub.node.cameras import painted

WHOLE_SENSOR = (16, 8, 4608, 2592)
# (lowest, highest, default), as `camera_controls` has them.
CONTROLS: Mapping[str, tuple[Any, Any, Any]] = {
    "AeConstraintMode": (0, 3, 0),
    "AeEnable": (False, True, True),
    "AeExposureMode": (0, 3, 0),
    "AeMeteringMode": (0, 3, 0),
    "AfMode": (0, 2, 0),
    "AnalogueGain": (1.0, 16.0, 1.0),
    "AwbEnable": (False, True, None),
    "AwbMode": (0, 7, 0),
    "Brightness": (-1.0, 1.0, 0.0),
    "ColourGains": (0.0, 32.0, None),
    "Contrast": (0.0, 32.0, 1.0),
    "ExposureTime": (26, 220_417_486, 20_000),
    "ExposureValue": (-8.0, 8.0, 0.0),
    "FrameDurationLimits": (8_333, 220_535_845, 33_333),
    "NoiseReductionMode": (0, 4, 0),
    "Saturation": (0.0, 32.0, 1.0),
    "ScalerCrop": ((16, 8, 64, 64), WHOLE_SENSOR, WHOLE_SENSOR),
    "Sharpness": (0.0, 16.0, 1.0),
}


@dataclass
class Rig:
    """The cameras of the machine that is pretended. `by_hand`: frames come by `Picamera2.shoot` alone."""

    models: list[str] = field(default_factory=lambda: ["imx708"])
    by_hand: bool = True
    controls: Mapping[str, tuple[Any, Any, Any]] = field(default_factory=lambda: dict(CONTROLS))
    opened: "list[Picamera2]" = field(default_factory=list)

    def numbers_in_use(self) -> set[int]:
        """Return the numbers of the cameras that are open."""
        return {each.camera_num for each in self.opened if each.is_open}


def install(monkeypatch: pytest.MonkeyPatch, rig: Rig | None = None) -> Rig:
    """Let `import picamera2` and `import libcamera` find the stand-ins until the test ends, and return their rig."""
    rig = rig or Rig()
    outputs = _module("picamera2.outputs", Output=Output)
    encoders = _module("picamera2.encoders", Encoder=Encoder, H264Encoder=H264Encoder, MJPEGEncoder=MJPEGEncoder)
    bound = type("Picamera2", (Picamera2,), {"rig": rig})
    for module in (
        _module("picamera2", Picamera2=bound, outputs=outputs, encoders=encoders),
        _module("libcamera", Transform=Transform),
        outputs,
        encoders,
    ):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    return rig


def _module(name: str, **content: Any) -> types.ModuleType:
    module = types.ModuleType(name)
    module.__dict__.update(content)
    return module


@dataclass(frozen=True)
class Transform:
    """libcamera.Transform."""

    hflip: bool = False
    vflip: bool = False


class Output:
    """picamera2.outputs.Output."""

    def __init__(self, pts: Any = None) -> None:
        self.recording = False

    def start(self) -> None:
        """Start recording."""
        self.recording = True

    def stop(self) -> None:
        """Stop recording."""
        self.recording = False

    def outputframe(
        self, frame: Any, keyframe: bool = True, timestamp: int | None = None, packet: Any = None, audio: bool = False
    ) -> None:
        """Take a frame; `timestamp` is microseconds since the encoder's first frame."""


class Encoder:
    """picamera2.encoders.Encoder."""

    def __init__(self, framerate: float | None = 30) -> None:
        self.framerate = framerate
        self.size = (0, 0)
        self._outputs: list[Output] = []
        self._first_us: int | None = None
        self.running = False

    @property
    def output(self) -> Any:
        """The output, or a list of several."""
        return self._outputs[0] if len(self._outputs) == 1 else self._outputs

    @output.setter
    def output(self, value: Any) -> None:
        outputs = value if isinstance(value, list) else [value]
        if not all(isinstance(each, Output) for each in outputs):
            raise RuntimeError("Must pass Output")
        self._outputs = outputs

    def start(self, quality: Any = None) -> None:
        """Start encoding, and the outputs."""
        if self.running:
            raise RuntimeError("Encoder already running")
        self.running, self._first_us = True, None
        self._setup(quality)
        for each in self._outputs:
            each.start()

    def stop(self) -> None:
        """Stop encoding, and the outputs."""
        if not self.running:
            raise RuntimeError("Encoder already stopped")
        self.running = False
        self._stop()
        for each in self._outputs:
            each.stop()

    def encode(self, stream: str, request: "CompletedRequest") -> None:
        """Encode a frame and give it to the outputs."""
        stamp_us = request.get_metadata()["SensorTimestamp"] // 1000
        self._first_us = stamp_us if self._first_us is None else self._first_us
        self._encode_pixels(request.make_array(stream), stamp_us - self._first_us)

    def outputframe(
        self, frame: Any, keyframe: bool = True, timestamp: int | None = None, packet: Any = None, audio: bool = False
    ) -> None:
        """Give a frame to the outputs."""
        for each in self._outputs:
            each.outputframe(frame, keyframe, timestamp, packet, audio)

    def _setup(self, quality: Any) -> None:
        pass

    def _stop(self) -> None:
        pass

    def _encode_pixels(self, pixels: Any, timestamp: int) -> None:
        self.outputframe(pixels.tobytes(), True, timestamp)


class H264Encoder(Encoder):
    """picamera2.encoders.H264Encoder of a Pi 4, made of libx264: Annex B, a frame in a frame out."""

    def __init__(
        self,
        bitrate: int | None = None,
        repeat: bool = True,
        iperiod: int | None = None,
        framerate: float | None = None,
        enable_sps_framerate: bool = False,
        qp: int | None = None,
        profile: str | None = None,
    ) -> None:
        super().__init__(framerate)
        self.bitrate = bitrate
        self.iperiod = iperiod
        self._codec: Any = None
        self._key_frame_wanted = False

    def force_key_frame(self) -> None:
        """Make the next frame a key frame."""
        self._key_frame_wanted = True

    def _setup(self, quality: Any) -> None:
        import av

        self._codec = av.CodecContext.create("libx264", "w")
        self._codec.width, self._codec.height = self.size
        self._codec.pix_fmt = "yuv420p"
        self._codec.time_base = Fraction(1, 1_000_000)
        self._codec.options = {"preset": "ultrafast", "tune": "zerolatency", "g": str(self.iperiod or 30)}

    def _encode_pixels(self, pixels: Any, timestamp: int) -> None:
        import av
        from av.video.frame import PictureType

        frame = av.VideoFrame.from_ndarray(pixels, format="bgr24")
        frame.pts = timestamp
        if self._key_frame_wanted:
            frame.pict_type, self._key_frame_wanted = PictureType.I, False
        for packet in self._codec.encode(frame):
            self.outputframe(bytes(packet), packet.is_keyframe, timestamp)

    def _stop(self) -> None:
        for packet in self._codec.encode(None):
            self.outputframe(bytes(packet), packet.is_keyframe, packet.pts)


class MJPEGEncoder(Encoder):
    """picamera2.encoders.MJPEGEncoder."""

    def __init__(self, bitrate: int | None = None) -> None:
        super().__init__()
        self.bitrate = bitrate

    def _encode_pixels(self, pixels: Any, timestamp: int) -> None:
        _, jpeg = cv2.imencode(".jpg", pixels)
        self.outputframe(jpeg.tobytes(), True, timestamp)


class Job:
    """picamera2.job.Job."""

    def __init__(self, functions: Any, signal_function: Any = None) -> None:
        self.future: Future[Any] = Future()

    def get_result(self, timeout: float | None = None) -> Any:
        """Return what came of it; raise TimeoutError where nothing did in time."""
        return self.future.result(timeout)

    def cancel(self) -> None:
        """Let whoever waits know that nothing will come."""
        self.future.cancel()


class CompletedRequest:
    """picamera2.CompletedRequest: a frame with its metadata, to be released."""

    def __init__(self, request: Mapping[str, Any], picam2: "Picamera2") -> None:
        self._metadata = dict(request)
        self._streams = {"main": picam2.painted_frame(self._metadata)}
        self.ref_count = 1

    def get_metadata(self) -> dict[str, Any]:
        """Return what libcamera tells of the frame."""
        assert self.ref_count
        return self._metadata

    def make_array(self, name: str) -> Any:
        """Return a copy of the pixels."""
        assert self.ref_count
        return self._streams[name].copy()

    def release(self) -> None:
        """Give the buffers back."""
        self.ref_count -= 1


class Picamera2:
    """picamera2.Picamera2."""

    rig: ClassVar[Rig] = Rig()

    @staticmethod
    def _answer(wait: Any, job: Job) -> Any:
        return job if wait is False else job.get_result(None if wait in (None, True) else wait)

    def __init__(
        self, camera_num: int = 0, verbose_console: Any = None, tuning: Any = None, allocator: Any = None
    ) -> None:
        if camera_num in self.rig.numbers_in_use():
            raise RuntimeError("Camera __init__ sequence did not complete.")
        self.camera_num: int = camera_num
        self.is_open = True
        self.started = False
        self.config: dict[str, Any] = {}
        self.given_controls: dict[str, Any] = {}
        self.shot = 0
        self._newest: CompletedRequest | None = None
        self._jobs: list[Job] = []
        self._encoders: list[Encoder] = []
        self._lock = threading.Lock()
        self._rhythm: threading.Thread | None = None
        self.rig.opened.append(self)

    @classmethod
    def global_camera_info(cls) -> list[dict[str, Any]]:
        """Return the cameras there are."""
        return [{"Model": model, "Num": number} for number, model in enumerate(cls.rig.models)]

    @property
    def camera_controls(self) -> dict[str, tuple[Any, Any, Any]]:
        """The controls of this camera with their limits."""
        return dict(self.rig.controls)

    def create_video_configuration(  # noqa: PLR0913, PLR0917 - as picamera2 has it
        self,
        main: Mapping[str, Any] = types.MappingProxyType({}),
        lores: Mapping[str, Any] | None = None,
        raw: Any = None,
        transform: Transform = Transform(),
        colour_space: Any = None,
        buffer_count: int = 6,
        controls: Mapping[str, Any] = types.MappingProxyType({}),
        display: str | None = "main",
        encode: str | None = "main",
        queue: bool = True,
        sensor: Any = None,
        use_case: str = "video",
    ) -> dict[str, Any]:
        """Return a configuration."""
        size = main.get("size", (1280, 720))
        even = (size[0] - size[0] % 2, size[1] - size[1] % 2)
        main = {"format": "XBGR8888"} | dict(main) | {"size": even}
        return {"main": main, "lores": lores, "transform": transform, "controls": dict(controls)}

    def configure(self, camera_config: Any = None) -> None:
        """Take a configuration; RuntimeError where the sensor can't run so."""
        if camera_config["main"]["size"][0] > WHOLE_SENSOR[2]:
            raise RuntimeError("Failed to configure camera: Invalid argument")
        self.config = camera_config
        self.set_controls(camera_config["controls"])

    def camera_configuration(self) -> dict[str, Any]:
        """Return the configuration."""
        return self.config

    def set_controls(self, controls: Mapping[str, Any]) -> None:
        """Set controls; RuntimeError for one that this camera has not."""
        for name in controls:
            if name not in self.rig.controls:
                raise RuntimeError(f"Control {name} is not advertised by libcamera")
        self.given_controls |= controls

    def start(self, config: Any = None, show_preview: Any = False) -> None:
        """Start the sensor."""
        self.started = True
        if not self.rig.by_hand:
            self._rhythm = threading.Thread(target=self._shoot_steadily, daemon=True)
            self._rhythm.start()

    def stop(self) -> None:
        """Stop the sensor."""
        self.started = False
        if self._rhythm is not None:
            self._rhythm.join()
            self._rhythm = None

    def close(self) -> None:
        """Give the camera free."""
        self.stop()
        self.is_open = False

    def cancel_all_and_flush(self) -> None:
        """Cancel all jobs."""
        with self._lock:
            for job in self._jobs:
                job.cancel()
            self._jobs = []

    def capture_request(
        self, wait: Any = None, signal_function: Callable[[Job], None] | None = None, flush: Any = None
    ) -> Any:
        """Return the next request, or with wait=False the job that will have it."""
        job = Job([], signal_function)
        with self._lock:
            if self._newest is None:
                self._jobs.append(job)
            else:
                job.future.set_result(self._newest)
                self._newest = None
        return self._answer(wait, job)

    def start_encoder(
        self, encoder: Any = None, output: Any = None, pts: Any = None, quality: Any = None, name: str | None = None
    ) -> None:
        """Give the frames from now on to an encoder too."""
        if output is not None:
            encoder.output = output
        encoder.size = self.config[name or "main"]["size"]
        encoder.start(quality=quality)
        with self._lock:
            self._encoders.append(encoder)

    def stop_encoder(self, encoders: Any = None) -> None:
        """Stop an encoder, several, or all."""
        chosen = self._encoders if encoders is None else encoders if isinstance(encoders, list | set) else [encoders]
        for each in list(chosen):
            with self._lock:
                self._encoders.remove(each)
            each.stop()

    def shoot(self, sensor_ns: int | None = None, **metadata: Any) -> None:
        """Pretend that the sensor took a frame."""
        duration = self.given_controls["FrameDurationLimits"][0]
        stamp = time.clock_gettime_ns(time.CLOCK_BOOTTIME) if sensor_ns is None else sensor_ns
        request = CompletedRequest({"SensorTimestamp": stamp, "FrameDuration": duration} | metadata, self)
        with self._lock:
            for each in self._encoders:
                each.encode("main", request)
            if self._jobs:
                self._jobs.pop(0).future.set_result(request)
            else:
                self._newest = request
        self.shot += 1

    def painted_frame(self, metadata: Mapping[str, Any]) -> Any:
        """Return what the sensor saw: the strip has the number of shots and the frame's instant since 1970."""
        offset = time.time_ns() - time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        wall_ns = metadata.get("SensorTimestamp", 0) + offset
        return np.asarray(painted.paint(self.shot, wall_ns, self.config["main"]["size"]))

    def _shoot_steadily(self) -> None:
        due = time.monotonic()
        while self.started:
            self.shoot()
            due += self.given_controls["FrameDurationLimits"][0] / 1e6
            time.sleep(max(0.0, due - time.monotonic()))
