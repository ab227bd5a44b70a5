"""Serves an H.264 file over RTSP until it is killed: rtsp_serving.py PORT FILE.

It runs with the system's Python, for which Debian has GStreamer's RTSP server (gir1.2-gst-rtsp-server-1.0, python3-gi,
gstreamer1.0-plugins-good, gstreamer1.0-plugins-bad). Each client gets the file from its beginning, in real time, if it
is the user `viewer` with the password `secret`.
"""

import sys

import gi  # type: ignore[import-not-found,import-untyped,unused-ignore]

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # type: ignore[import-not-found,import-untyped,unused-ignore] # noqa: E402


def main(port: str, file: str) -> None:
    """Serve at rtsp://127.0.0.1:PORT/live, and print a line once it is ready."""
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(port)
    factory = GstRtspServer.RTSPMediaFactory()
    # Without these words the payloader takes each slice for a picture of its own.
    whole = "video/x-h264,stream-format=byte-stream,alignment=au"
    factory.set_launch(f"( filesrc location={file} ! qtdemux ! h264parse ! {whole} ! rtph264pay name=pay0 )")
    server.get_mount_points().add_factory("/live", factory)
    for_viewers_alone(server, factory)
    if not server.attach(None):
        sys.exit(f"port {port} can't be had")
    print("ready", flush=True)
    GLib.MainLoop().run()


def for_viewers_alone(server: GstRtspServer.RTSPServer, factory: GstRtspServer.RTSPMediaFactory) -> None:
    """Let the viewer in, and nobody else."""
    auth, token = GstRtspServer.RTSPAuth(), GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    auth.add_basic(GstRtspServer.RTSPAuth.make_basic("viewer", "secret"), token)
    server.set_auth(auth)
    permissions = GstRtspServer.RTSPPermissions()
    for right in ("access", "construct"):
        permissions.add_permission_for_role("viewer", f"media.factory.{right}", True)
    factory.set_permissions(permissions)


if __name__ == "__main__":
    main(*sys.argv[1:])
