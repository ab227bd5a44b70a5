"""The bytes of images as answers: whole, in part, small, or not again."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from fastapi import Request
from fastapi.responses import FileResponse, Response, StreamingResponse
from starlette.exceptions import HTTPException

from imagehub.librarian.files import open_image
from imagehub.librarian.queries.images import Image
from imagehub.librarian.thumbnails import Thumbnails
from imagehub.librarian.web.conditional import has, known, not_modified, tag

KEEP = {"Cache-Control": "private, max-age=86400"}
CHUNK = 1 << 16
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
