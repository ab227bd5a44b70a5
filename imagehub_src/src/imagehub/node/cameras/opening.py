"""Which camera a source stands for."""

import re
from pathlib import Path

from imagehub.errors import MissingExtraError
from imagehub.node.cameras.camera import Camera, CameraError

SOURCES = (
    "picamera2, picamera2:1, 0, /dev/video2, rtsp://..., http://..., a video file, a folder of images, or synthetic"
)
ONCE = "?once"


def camera(source: str, label: str = "", name: str = "") -> Camera:
    """Return the camera of a source; it is opened by its `open`. Its name is `name`, else `label`, else the source's.

    Raises:
        CameraError: the source can't be a camera; the text says what can.
        MissingExtraError: numpy or OpenCV is not there.
    """
    try:
        return _camera(source.strip(), name or label)
    except ImportError as error:
        raise MissingExtraError(f"a camera ({error.name})", "node") from None


def _camera(source: str, name: str) -> Camera:
    kind, _, rest = source.partition(":")
    if kind == "picamera2":
        return _module(rest, name)
    if kind == "synthetic":
        from imagehub.node.cameras.synthetic import SyntheticCamera, scenario

        return SyntheticCamera(scenario(rest), name or kind)
    if re.fullmatch(r"\d{1,3}|/dev/.+", source):
        from imagehub.node.cameras.capture import webcam

        return webcam(source if source.startswith("/") else f"/dev/video{int(source)}", name)
    if kind in ("rtsp", "rtsps", "http", "https"):
        from imagehub.node.cameras.capture import network_camera

        return network_camera(source, name)
    return _played(source, name)


def _module(number: str, name: str) -> Camera:
    from imagehub.node.cameras.ribbon import RibbonCamera

    if not re.fullmatch(r"\d{0,2}", number):
        raise CameraError(f"picamera2:{number} is no camera: a number is expected, such as picamera2:1")
    return RibbonCamera(int(number or 0), name)


def _played(source: str, name: str) -> Camera:
    from imagehub.node.cameras.folder import FolderPictures
    from imagehub.node.cameras.made import PlayingCamera
    from imagehub.node.cameras.video import VideoPictures

    once = source.endswith(ONCE)
    path = Path(source.removesuffix(ONCE)).expanduser()
    if source and path.is_dir():
        return PlayingCamera(FolderPictures(path, once), name)
    if path.is_file():
        return PlayingCamera(VideoPictures(path, once), name)
    raise CameraError(f"{source!r} is no camera, and no file or folder is there; a camera is {SOURCES}")
