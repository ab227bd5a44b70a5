"""What each camera is told to record: its plan, made of the settings."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from imagehub.colony import names
from imagehub.colony import settings_rules as rules
from imagehub.colony.recording.names import STAMP
from imagehub.colony.recording.plan import Plan
from imagehub.colony.settings import ColonySettings, Controller

CALIBRATION_FRAMERATE = 2


@dataclass(frozen=True, slots=True)
class Acquisition:
    """The names of one recording of all cameras; `time` is `YYYYMMDD_HHMMSS` unless the settings have another."""

    name: str
    group: str
    time: str

    def folder(self, session_path: Path) -> Path:
        """Return where the conductor gathers what belongs to it."""
        return session_path / self.group / self.name if self.group else session_path / self.name


def acquisition(settings: ColonySettings, given: Mapping[str, str | None], now: datetime) -> Acquisition:
    """Return the names: `given` (`name`, `group`, `time`) goes before the settings, and those before what follows.

    Raises:
        NameRefusedError: one can't be that of a folder or a file.
    """
    general = settings.general
    name = names.acquisition(given.get("name") or general.acquisition_name)
    group = names.group(given.get("group") or general.acquisition_group or names.group_of(name))
    set_time = general.acquisition_time if general.acquisition_time != rules.DUMMY_TIME else None
    return Acquisition(name, group, names.acquisition(given.get("time") or set_time or now.strftime(STAMP)))


def plan(
    settings: ColonySettings, camera: Controller, chosen: Acquisition, max_seconds: float, calibration: bool
) -> Plan:
    """Return the plan of one camera; for calibration it has two frames a second, and can be watched."""
    mode = camera.mode()
    values = camera.values
    return Plan(
        instance=camera.name,
        acquisition_name=chosen.name,
        acquisition_group=chosen.group,
        acquisition_time=chosen.time,
        mode=replace(mode, framerate=CALIBRATION_FRAMERATE) if calibration else mode,
        save_data=values["save_data"],
        max_seconds=max_seconds,
        ttl_in_pin=values["ttl_in_pin"],
        ttl_out_pin=values["ttl_out_pin"],
        ttl_out_duration=values["ttl_out_duration"],
        stream_port=values["stream_port"] if calibration else camera.stream_port,
        quality=settings.general.quality,
        metadata=_metadata(values, chosen, calibration),
    )


def _metadata(values: Mapping[str, Any], chosen: Acquisition, calibration: bool) -> dict[str, Any]:
    named = {"acquisition_time": chosen.time, "acquisition_group": chosen.group}
    return {**values, **named, "run_for_calibration": calibration}
