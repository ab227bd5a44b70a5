"""What is known of a recording beside its frames, as a JSON file.

Facts that RPi Camera Colony's files have keep their names there; `acquisition_settings` is what the conductor sent.
`finished` tells a recording that was closed from one whose process or power was cut.
"""

import json
import os
import platform
import socket
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import imagehub
from imagehub.colony.recording import names
from imagehub.colony.recording.errors import RecordingError
from imagehub.colony.recording.plan import Plan, Progress
from imagehub.flush import flush_folders

NETWORK = Path("/sys/class/net")
NO_MAC_ADDRESS = "00:00:00:00:00:00"
PREFERRED_INTERFACE = "eth0"


def facts(plan: Plan, data_directory: Path, paths: Mapping[str, Path]) -> dict[str, Any]:
    """Return what is known of a recording before its first frame."""
    return {
        **_as_before(plan, data_directory, paths),
        "controls": dict(plan.mode.controls),
        "hflip": plan.mode.hflip,
        "vflip": plan.mode.vflip,
        "max_acquisition_time": plan.max_seconds,
        "ttl_in_pin": plan.ttl_in_pin,
        "ttl_out_pin": plan.ttl_out_pin,
        "ttl_out_duration": plan.ttl_out_duration,
        "host": socket.gethostname(),
        "versions": {"imagehub": imagehub.__version__, "python": platform.python_version()} | _codec_versions(),
        "finished": False,
    }


def _as_before(plan: Plan, data_directory: Path, paths: Mapping[str, Path]) -> dict[str, Any]:
    """Return the facts that the files of RPi Camera Colony have, under their names."""
    return {
        "instance_name": plan.instance,
        "data_path": str(data_directory),
        "acquisition_name": plan.acquisition_name,
        "acquisition_group": plan.acquisition_group,
        "acquisition_time": plan.acquisition_time,
        "acquisition_file_base": str(paths["video"].parent / f"{plan.acquisition_name}.{plan.instance}"),
        "acquisition_files": {kind: str(path) for kind, path in paths.items()},
        "acquisition_settings": dict(plan.metadata),
        "resolution": list(plan.mode.resolution),
        "framerate": plan.mode.framerate,
        "video_quality": plan.quality,
        "save_data": plan.save_data,
        "stream_video": plan.stream_port is not None,
        "stream_port": plan.stream_port,
        "mac_address": mac_address(),
    }


def counts(progress: Progress) -> dict[str, Any]:
    """Return what a recording came to."""
    return {"finished": True, **asdict(progress)}


def mac_address(network: Path = NETWORK) -> str:
    """Return the address of the wired interface, else of the first one that has one; zeros where there is none."""
    try:
        names = sorted(path.name for path in network.iterdir() if path.name != "lo")
    except OSError:
        names = []
    for name in sorted(names, key=lambda name: name != PREFERRED_INTERFACE):
        try:
            address = (network / name / "address").read_text().strip()
        except OSError:
            continue
        if address and address != NO_MAC_ADDRESS:
            return address
    return NO_MAC_ADDRESS


def _codec_versions() -> dict[str, str]:
    import av

    return {"av": av.__version__}


def write(path: Path, known: Mapping[str, Any]) -> None:
    """Put the facts into the file, whole or not at all, and durably; raise OSError where the disk does not take it."""
    part = names.scratch(path, "part")
    try:
        with part.open("w", encoding="utf-8") as file:
            json.dump(known, file, indent=4, sort_keys=True, ensure_ascii=False, default=str)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    flush_folders({path.parent})


def read(path: Path) -> dict[str, Any]:
    """Return the facts in a file.

    Raises:
        RecordingError: it can't be read, or is no JSON object.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RecordingError(f"can't read {path}: {error.strerror}") from None
    except ValueError as error:
        raise RecordingError(f"{path} is no JSON: {error}") from None
    if not isinstance(found, dict):
        raise RecordingError(f"{path} is no JSON object")
    return found
