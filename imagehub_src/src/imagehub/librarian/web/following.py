"""Server-sent events of what arrives, for as long as somebody listens."""

import asyncio
from collections.abc import AsyncIterator, Callable

from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from imagehub.librarian.web.site import Site

MEDIA_TYPE = "text/event-stream"
QUIET_SECONDS = 15.0


def stream(site: Site, news: Callable[[], str | None]) -> StreamingResponse:
    """Return an answer that sends what `news` returns, whenever rows were added, and at least every 15 s.

    `news` is called again at once while it returns a text. With an empty one there is no more for now; None ends it.
    """
    return StreamingResponse(_follow(site, news), media_type=MEDIA_TYPE, headers={"X-Accel-Buffering": "no"})


async def _follow(site: Site, news: Callable[[], str | None]) -> AsyncIterator[str]:
    woken, loop = asyncio.Event(), asyncio.get_running_loop()

    def wake() -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(woken.set)

    with site.arrivals.listening(wake):
        text: str | None = "retry: 2000\n\n"
        while text is not None and not site.stopping.is_set():
            if text:
                yield text
            elif not await _comes(woken):
                yield ": nothing new\n\n"
            woken.clear()
            text = await run_in_threadpool(news)


async def _comes(woken: asyncio.Event) -> bool:
    try:
        return await asyncio.wait_for(woken.wait(), QUIET_SECONDS)
    except TimeoutError:
        return False
