"""The bytes of images and recordings as answers: whole, in part, small, or not again."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import FileResponse, Response, StreamingResponse
from starlette.exceptions import HTTPException

from imagehub.librarian.files import open_image
from imagehub.librarian.queries.images import Image
from imagehub.librarian.thumbnails import Thumbnails
from imagehub.librarian.web.conditional import has, known, not_modified, tag

KEEP = {"Cache-Control": "private, max-age=86400"}
CHUNK = 1 << 16
SVG = "image/svg+xml"
KINDS = {
    ".mp4": "video/mp4",
    ".svg": SVG,
    ".json": "application/json",
    ".csv": "text/csv; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
}
SHOWN = {"video/mp4", SVG}
RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


def file(request: Request, root: Path, image: Image, download: bool = False) -> Response:
    """Return the bytes that the camera sent, or those that the header `Range` asks for.

    Raises:
        NoSuchImageError: the file is not there.
        HTTPException: it has no such bytes.
    """
    etag = tag("file", image.id, image.time_us, image.bytes, image.checksum)
    if has(request, etag):
        return not_modified(etag)
    opened = open_image(root, image.path)
    try:
        size = opened.seek(0, 2)
        part = _part(request, size, etag)
        kind = _kind(opened)
    except BaseException:
        opened.close()
        raise
    headers = KEEP | {"ETag": etag, "Accept-Ranges": "bytes", "Content-Length": str(len(part))}
    headers["Content-Disposition"] = f'{"attachment" if download else "inline"}; filename="{_name(image)}"'
    if len(part) < size:
        headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{size}"
    return StreamingResponse(_read(opened, part), 206 if len(part) < size else 200, headers, kind)


def recorded(request: Request, opened: BinaryIO, name: str, download: bool) -> Response:
    """Return a file of a recording session, or the bytes of it that the header `Range` asks for; it is closed then.

    What is no video or plot is always a download: nothing that somebody put there is opened as a page of ours.

    Raises:
        HTTPException: it has no such bytes.
    """
    try:
        about = os.fstat(opened.fileno())
        etag = tag("recorded", name, about.st_size, about.st_mtime_ns)
        part = _part(request, about.st_size, etag)
    except BaseException:
        opened.close()
        raise
    if has(request, etag):
        opened.close()
        return not_modified(etag)
    kind = next((kind for ending, kind in KINDS.items() if name.endswith(ending)), "application/octet-stream")
    inline = kind in SHOWN and not download
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Accept-Ranges": "bytes"}
    headers |= {"Content-Length": str(len(part)), "Content-Type": kind}
    headers["Content-Disposition"] = f"{'inline' if inline else 'attachment'}; filename*=UTF-8''{quote(name, safe='')}"
    if kind == SVG:
        headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    if len(part) < about.st_size:
        headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{about.st_size}"
    return StreamingResponse(_read(opened, part), 206 if len(part) < about.st_size else 200, headers)


def thumbnail(request: Request, thumbnails: Thumbnails, image: Image, size: str) -> Response:
    """Return a small copy of an image.

    Raises:
        NoSuchImageError: the image's file is not there.
        NoPictureError: it is no picture.
    """
    etag = tag(size, image.id, image.time_us, image.bytes, image.checksum)
    if has(request, etag):
        return not_modified(etag)
    kept = thumbnails.get(size, image.id, image.path)
    return known(request, FileResponse(kept, media_type="image/jpeg", headers=KEEP), etag)


def _part(request: Request, size: int, etag: str) -> range:
    """Return the bytes that are asked for; what is no single range is answered with all of them."""
    match = RANGE.fullmatch(request.headers.get("Range", ""))
    if match is None or match[0] == "bytes=-" or request.headers.get("If-Range", etag) != etag:
        return range(size)
    first, last = match.groups()
    if first:
        part = range(int(first), min(int(last) + 1, size) if last else size)
    else:
        part = range(max(size - int(last), 0), size)
    if not part:
        raise HTTPException(416, "The file has no such bytes.", {"Content-Range": f"bytes */{size}"})
    return part


def _read(opened: BinaryIO, part: range) -> Iterator[bytes]:
    with opened:
        opened.seek(part.start)
        while part and (data := opened.read(min(CHUNK, len(part)))):
            part = part[len(data) :]
            yield data


def _kind(opened: BinaryIO) -> str:
    opened.seek(0)
    return "image/jpeg" if opened.read(2) == b"\xff\xd8" else "application/octet-stream"


def _name(image: Image) -> str:
    name = image.path.rpartition("/")[2]
    plain = (letter if letter.isascii() and letter.isprintable() and letter not in '"\\' else "_" for letter in name)
    return "".join(plain)
