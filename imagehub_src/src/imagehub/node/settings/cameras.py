"""The section `cameras:` of an imagenode.yaml: each camera, how it runs, and its detectors."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from imagehub.node.cameras.camera import Mode
from imagehub.node.settings.keys import CAMERA, CONTROLS, LIGHT, LOOK, MOTION
from imagehub.node.settings.sections import Section, entries, labelled, section
from imagehub.node.settings.settings import (
    CameraSettings,
    DetectorSettings,
    DrawnTime,
    LightSettings,
    Look,
    MotionSettings,
)
from imagehub.yamlfile import Faults

KINDS = {"light": LIGHT, "motion": MOTION}

Found = tuple[Section, CameraSettings]


def read(node: yaml.Node | None, send_type: str, folder: Path, faults: Faults) -> list[Found]:
    """Return the cameras and where they stand; `send_type` is the node's, and `folder` that of the file."""
    found = []
    for path, value in labelled(node, "cameras", faults):
        one = section(value, path, CAMERA | CONTROLS, faults, "detectors")
        found.append((one, _camera(one, send_type, folder, faults)))
    _check_differ(found, faults)
    return found


def _camera(one: Section, send_type: str, folder: Path, faults: Faults) -> CameraSettings:
    detectors = tuple(_detectors(one, faults))
    if not detectors and one["send_frames"] == "detected event":
        one.fault(faults, "send_frames", "no detector is there to detect an event; add one, or send continuous")
    return CameraSettings(
        label=one.label,
        source=source(one.label, one["src"], folder),
        view=one["viewname"],
        mode=_mode(one),
        resize_width=one["resize_width"],
        send_type=one["send_type"] or send_type,
        jpeg_quality=one["jpeg_quality"],
        send_frames=one["send_frames"],
        print_settings=one["print_settings"],
        detectors=detectors,
    )


def _mode(one: Section) -> Mode:
    # The imagenode that this replaces turns the image by 180 degrees where `vflip` is set: regions were drawn on that.
    hflip = one["vflip"] if one["hflip"] is None else one["hflip"]
    controls = {name: one[name] for name in CONTROLS if one[name] is not None}
    return Mode(one["resolution"], one["framerate"], vflip=one["vflip"], hflip=hflip, controls=controls)


def source(label: str, given: Any, folder: Path) -> str:
    """Return what `cameras.opening` shall open for a camera with this label and this `src`.

    Labels that begin with P are a Pi's own cameras: P1 is number 0 and P2 number 1, unless `src` says otherwise.
    Others are webcams, number 0 unless `src` says otherwise. Paths are those seen from `folder`.
    """
    text = "" if given is None else str(given).strip()
    if label[0] in "pP" and (not text or text.isdecimal()):
        number = int(text) if text else max(0, int(re.sub(r"\D", "", label) or 1) - 1)
        return f"picamera2:{number}" if number else "picamera2"
    if text.isdecimal() or "://" in text or re.match(r"(picamera2|synthetic)(:|$)", text):
        return text
    return str(folder / Path(text).expanduser()) if text else "0"


def _detectors(camera: Section, faults: Faults) -> Iterator[DetectorSettings]:
    """Yield the detectors, from a mapping or from a list of mappings."""
    node = camera.nodes.get("detectors")
    path = f"{camera.path}.detectors"
    items = [(path, node)]
    if isinstance(node, yaml.SequenceNode):
        items = [(f"{path}[{at}]", item) for at, item in enumerate(node.value)]
    for where, item in items:
        for kind, settings in entries(item, where, tuple(KINDS), faults).items():
            if kind in KINDS:
                yield _detector(kind, settings, f"{where}.{kind}", camera["send_frames"], faults)


def _detector(kind: str, node: yaml.Node, path: str, send_frames: str, faults: Faults) -> DetectorSettings:
    known = KINDS[kind]
    one = section(node, path, LOOK | known, faults)
    own = {name: one[name] for name in known}
    look = _look(one, send_frames)
    return LightSettings(look, **own) if kind == "light" else MotionSettings(look, **own)


def _look(one: Section, send_frames: str) -> Look:
    drawn = one["draw_time"]
    return Look(
        roi=one["ROI"],
        roi_name=one["roi_name"],
        log_roi_name=one["log_roi_name"],
        draw_roi=one["draw_roi"],
        draw_time=drawn and DrawnTime(drawn[0], drawn[1], one["draw_time_org"], one["draw_time_fontScale"]),
        send_frames=send_frames if one["send_frames"] is None else one["send_frames"],
        send_count=one["send_count"],
        send_test_images=one["send_test_images"],
    )


def _check_differ(found: list[Found], faults: Faults) -> None:
    views: dict[str, str] = {}
    sources: dict[str, str] = {}
    for one, camera in found:
        owner = views.setdefault(camera.view, one.label)
        if owner != one.label:
            one.fault(faults, "viewname", f"{camera.view!r} is {owner}'s already; give each camera a view of its own")
        owner = sources.setdefault(camera.source, one.label)
        if owner != one.label and _only_once(camera.source):
            one.fault(faults, "src", f"{camera.source!r} is {owner}'s already; choose another camera")


def _only_once(camera_source: str) -> bool:
    return camera_source.isdecimal() or camera_source.startswith(("picamera2", "/dev/"))
