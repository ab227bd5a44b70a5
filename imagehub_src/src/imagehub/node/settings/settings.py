"""The settings of a node as checked values; `reading` makes them of the text of an imagenode.yaml."""

from dataclasses import dataclass, field
from pathlib import Path

from imagehub.node.cameras.camera import Mode

Colour = tuple[int, int, int]
"""Blue, green, red, 0 to 255."""
Corners = tuple[tuple[int, int], tuple[int, int]]
"""Top left and bottom right of a rectangle, as (x, y) in percent of the image's width and height."""


@dataclass(frozen=True, slots=True)
class DrawnTime:
    """The time drawn on an image: `origin` is (x, y) in percent, as the seed of this format has it."""

    colour: Colour
    width: int
    origin: tuple[int, int] = (0, 0)
    font_scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Look:
    """What all detectors have in common. `send_frames` is `continuous`, `detected event` or `none`."""

    roi: Corners = ((0, 0), (100, 100))
    roi_name: str = ""
    log_roi_name: bool = False
    draw_roi: tuple[Colour, int] | None = None
    draw_time: DrawnTime | None = None
    send_frames: str = "continuous"
    send_count: int = 5
    send_test_images: bool = False


@dataclass(frozen=True, slots=True)
class LightSettings:
    """A detector of light: `lighted` where the mean of the region's grey (0 to 255) is above `threshold`."""

    look: Look = Look()
    threshold: int = 100
    min_frames: int = 5
    percent: int | None = None


@dataclass(frozen=True, slots=True)
class MotionSettings:
    """A detector of motion; `min_area` is percent of the region, `delta_threshold` a difference of greys."""

    look: Look = Look()
    delta_threshold: int = 5
    min_area: float = 3
    min_motion_frames: int = 3
    min_still_frames: int = 3
    blur_kernel_size: int = 15
    print_still_frames: bool = True


DetectorSettings = LightSettings | MotionSettings


@dataclass(frozen=True, slots=True)
class CameraSettings:
    """A camera of the node. `label` is its key, such as P1 or W1; `source` is what `cameras.opening` understands.

    `resize_width` is a percentage. `send_frames` is `continuous` or `none`, for a camera without detectors.
    """

    label: str
    source: str
    view: str = ""
    mode: Mode = field(default_factory=Mode)
    resize_width: int | None = None
    send_type: str = "jpg"
    jpeg_quality: int = 95
    send_frames: str = "continuous"
    print_settings: bool = False
    detectors: tuple[DetectorSettings, ...] = ()


@dataclass(frozen=True, slots=True)
class SensorSettings:
    """A sensor: `type` is DS18B20, DHT11 or DHT22, `unit` F or C, `gpio` a pin by its BCM number."""

    label: str
    name: str
    type: str
    gpio: int = 4
    unit: str = "F"
    read_interval_minutes: float = 10
    min_difference: float = 1


@dataclass(frozen=True, slots=True)
class LightSwitch:
    """A lamp at a pin (BCM number): on always, or from one minute of the day to another, which may be past midnight."""

    label: str
    name: str
    gpio: int = 18
    minutes: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class SpoolSettings:
    """Where messages wait that no hub has taken. `drop` is which goes when there is no room: `oldest` or `newest`."""

    directory: Path | None = None
    max_bytes: int = 1 << 30
    drop: str = "oldest"


@dataclass(frozen=True, slots=True)
class RecordingSettings:
    """The agent that records at a conductor's word, with one of the node's cameras (`camera` is its label)."""

    name: str
    camera: str
    port: int = 54545
    bind_address: str = "*"
    data_directory: Path = Path("data")
    keys_directory: Path | None = None


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """The settings of one node; `hubs` in the order of preference.

    `patience` is in seconds, `heartbeat` in minutes, `bandwidth` in bytes a second. `runtime_directory` is where the
    socket is that `imagenode status` asks.
    """

    name: str
    hubs: tuple[str, ...]
    cameras: tuple[CameraSettings, ...] = ()
    sensors: tuple[SensorSettings, ...] = ()
    lights: tuple[LightSwitch, ...] = ()
    recordings: tuple[RecordingSettings, ...] = ()
    spool: SpoolSettings = SpoolSettings()
    patience: float = 10
    queuemax: int = 50
    heartbeat: float | None = None
    send_type: str = "jpg"
    rep_watcher: bool = True
    stall_watcher: bool = False
    send_threading: bool = False
    print_settings: bool = False
    publish_port: int | None = None
    bandwidth: int | None = None
    hub_key: Path | None = None
    key: Path | None = None
    log_level: str = "info"
    runtime_directory: Path = Path("imagenode_run")
