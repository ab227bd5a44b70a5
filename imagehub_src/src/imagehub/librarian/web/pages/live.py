"""What arrives, as a stream of server-sent events."""

import asyncio
import json
from collections.abc import AsyncIterator

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from imagehub.librarian.queries import images
from imagehub.librarian.web.site import Site
from imagehub.librarian.web.visit import Viewer, Visit, anyone

router = APIRouter()
QUIET_SECONDS = 15.0
BATCH = 500


@router.get("/live")
async def live(visit: Viewer) -> StreamingResponse:
    """Send an event `image` for the latest image of each camera, as they come."""
    return StreamingResponse(_images(visit), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


async def _images(visit: Visit) -> AsyncIterator[str]:
    site, woken, loop = visit.site, asyncio.Event(), asyncio.get_running_loop()

    def wake() -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(woken.set)

    with site.arrivals.listening(wake):
        seen = await run_in_threadpool(_newest, site)
        yield "retry: 2000\n\n"
        while not site.stopping.is_set():
            try:
                await asyncio.wait_for(woken.wait(), QUIET_SECONDS)
            except TimeoutError:
                # A session that was ended meanwhile sees no more.
                if (await run_in_threadpool(anyone, visit.request)).user is None:
                    return
                yield ": nothing new\n\n"
                continue
            woken.clear()
            text, seen = await run_in_threadpool(_since, visit, seen)
            if text:
                yield text


def _newest(site: Site) -> int:
    with site.reading() as connection:
        return images.newest_id(connection)


def _since(visit: Visit, seen: int) -> tuple[str, int]:
    latest: dict[int, images.Image] = {}
    with visit.site.reading() as connection:
        while found := images.arrived(connection, visit.sight, seen, BATCH):
            latest |= {image.camera_id: image for image in found}
            seen = found[-1].id
    return "".join(map(_message, latest.values())), seen


def _message(image: images.Image) -> str:
    told = {"id": image.id, "camera_id": image.camera_id, "camera": image.camera, "time_us": image.time_us}
    return f"event: image\nid: {image.id}\ndata: {json.dumps(told)}\n\n"
