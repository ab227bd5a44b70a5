"""Cameras in the network for tests: an RTSP server of GStreamer's, and an HTTP server that sends JPEGs one by one."""

import itertools
import signal
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import av
import cv2

from imagehub.node.cameras import painted
from requirements_here import require

PYTHON = "/usr/bin/python3"
SCRIPT = Path(__file__).parent / "rtsp_serving.py"
PACKAGES = "python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-good gstreamer1.0-plugins-bad"
CHECK = """
import gi
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gst, GstRtspServer
Gst.init(None)
raise SystemExit(not all(Gst.ElementFactory.find(name) for name in ("qtdemux", "h264parse", "rtph264pay")))
"""


class RtspCamera:
    """A camera at `address` that shows painted frames of 320x240, 20 a second, from number 0 for each client."""

    def __init__(self, folder: Path, port: int) -> None:
        self.address = f"rtsp://viewer:secret@127.0.0.1:{port}/live"
        self._port = port
        self._film = folder / "painted.mp4"
        self._process: subprocess.Popen[str] | None = None
        if not self._film.exists():
            painted_film(self._film, 20 * 30)

    def start(self) -> None:
        """Switch it on, and wait until it listens."""
        words = [PYTHON, str(SCRIPT), str(self._port), str(self._film)]
        self._process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def pull_the_plug(self) -> None:
        """Kill it."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def hang(self) -> None:
        """Let it say nothing any more, its connections open."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)


def require_rtsp() -> None:
    """Skip the test where GStreamer's RTSP server is not there; where CI=true, fail it."""
    try:
        done = subprocess.run([PYTHON, "-c", CHECK], check=False, capture_output=True, timeout=60)
        require(done.returncode == 0, f"apt-get install {PACKAGES}")
    except OSError:
        require(False, f"{PYTHON} and {PACKAGES}")


def painted_film(path: Path, frames: int) -> None:
    """Write an MP4 of painted frames of 320x240, 20 a second, a key frame each second."""
    with av.open(str(path), "w") as film:
        stream = film.add_stream("libx264", rate=20, options={"preset": "ultrafast", "crf": "28", "g": "20"})
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(painted.paint(number, number, (320, 240)), format="bgr24")
            film.mux(stream.encode(frame))
        film.mux(stream.encode(None))


class HttpCamera:
    """A camera at `address` that sends painted JPEGs as multipart/x-mixed-replace, from number 0 for each client."""

    def __init__(self) -> None:
        self._ended = ended = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
                self.end_headers()
                for number in itertools.count():
                    if ended.wait(0.02):
                        return
                    self.wfile.write(_part(number))

            def log_message(self, *words: object) -> None:
                pass

            def handle(self) -> None:
                try:
                    super().handle()
                except OSError:
                    self.close_connection = True  # the client is gone

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        self.address = f"http://127.0.0.1:{self._server.server_port}/stream.mjpg"

    def pull_the_plug(self) -> None:
        """End it."""
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _part(number: int) -> bytes:
    _, jpeg = cv2.imencode(".jpg", painted.paint(number, number, (320, 240)))
    content = jpeg.tobytes()
    head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(content)}\r\n\r\n"
    return head.encode() + content + b"\r\n"
