"""The settings of a colony as checked values: `read` makes them of RPi Camera Colony's kind of settings file."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imagehub.colony import settings_rules as rules
from imagehub.node.cameras.camera import Mode


@dataclass(frozen=True, slots=True)
class General:
    """What holds for all cameras; the keys of [general] under their names. Paths are absolute."""

    acquisition_name: str
    acquisition_time: str
    acquisition_group: str
    remote_data_path: str
    rpi_username: str
    remote_python_interpreter: str
    remote_python_entrypoint: str
    max_acquisition_time: int
    save_data: bool
    general_setting_has_priority: bool
    general_settings_to_patch_into_controller: tuple[str, ...]
    on_camera_failure: str
    max_clock_offset_seconds: float
    max_clock_drift_ppm: float
    start_lead_seconds: float
    max_start_skew_seconds: float
    session_path: Path
    collect: bool
    quality: int


@dataclass(frozen=True, slots=True)
class Log:
    """What becomes of the cameras' logs; the keys of [log]."""

    address: str
    port: int
    level: str
    log_to_console: bool
    log_to_file: bool
    log_file: Path


@dataclass(frozen=True, slots=True)
class Control:
    """How agents are reached; the keys of [control]."""

    address: str
    port: int
    keys_directory: Path | None
    lost_conductor_seconds: float


@dataclass(frozen=True, slots=True)
class Controller:
    """One camera: `values` has all keys of its section, those of [general] that replace some already put in."""

    name: str
    values: Mapping[str, Any]
    line: int = 1

    @property
    def address(self) -> str:
        """Where its agent listens; empty where the file does not say."""
        return str(self.values["address"])

    @property
    def stream_port(self) -> int | None:
        """The port where its pictures can be watched, or None."""
        return int(self.values["stream_port"]) if self.values["stream_video"] else None

    def mode(self) -> Mode:
        """Return how the camera shall run."""
        shape = {name: self.values[name] for name in rules.IN_MODE}
        return Mode(**shape, controls={name: self.values[name] for name in self.values if name in rules.CONTROLS})


@dataclass(frozen=True, slots=True)
class ColonySettings:
    """The settings of one colony, cameras in the order of the file at `path`."""

    path: Path
    general: General
    log: Log
    control: Control
    controllers: tuple[Controller, ...]

    def port_of(self, controller: Controller) -> int:
        """Return the port where the agent of a camera listens."""
        return int(controller.values["control_port"] or self.control.port)


def read(path: Path | str) -> ColonySettings:
    """Read a settings file.

    Raises:
        SettingsError: with all its faults, each with section, key and, where it can be found, line.
    """
    from imagehub.colony.settings_reading import parse, text_of

    found = Path(path).expanduser()
    return parse(text_of(found), found)
