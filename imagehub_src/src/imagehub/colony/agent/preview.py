"""A camera that is only watched: its newest picture over HTTP, nothing kept."""

import threading

from imagehub.errors import ImagehubError
from imagehub.node.cameras.camera import Camera, Frame, Mode

READ_SECONDS = 0.2


class Preview:
    """Runs a camera from `start` until `close`, and serves its pictures at a port."""

    def __init__(self, camera: Camera, mode: Mode, port: int, address: str) -> None:
        self._camera = camera
        self._mode = mode
        self._where = (port, address)
        self._newest: Frame | None = None
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._read, name="preview camera", daemon=True)
        self.fault = ""

    def start(self) -> None:
        """Open the camera and serve; raise ImagehubError where one of both can't be, and then leave the camera free."""
        from imagehub.colony.recording.stream import MjpegServer

        port, address = self._where
        self._camera.open(self._mode)
        try:
            self._server = MjpegServer(port, lambda: self._newest, address=address)
            self._server.start()
        except ImagehubError:
            self._camera.close()
            raise
        self._thread.start()

    def close(self) -> None:
        """Give the camera free."""
        self._closing.set()
        self._thread.join()
        self._server.close()
        self._camera.close()

    def _read(self) -> None:
        while not self._closing.is_set() and not self.fault:
            try:
                frame = self._camera.read(READ_SECONDS)
            except ImagehubError as error:
                self.fault = str(error)
            else:
                self._newest = frame or self._newest
