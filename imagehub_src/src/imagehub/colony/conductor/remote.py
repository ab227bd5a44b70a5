"""One agent as the conductor asks it, and all of them at once."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from imagehub.colony.conductor.link import Answer, Link
from imagehub.errors import ImagehubError

QUICK_SECONDS = 5.0
Result = TypeVar("Result")


class CameraFailedError(ImagehubError):
    """A camera of the colony can't do its part; the text begins with its name."""

    def __init__(self, camera: str, why: str) -> None:
        super().__init__(f"{camera}: {why}")
        self.camera = camera
        self.why = why


class Remote:
    """The agent of one camera."""

    def __init__(self, name: str, link: Link) -> None:
        self.name = name
        self._link = link

    def ask(
        self, ask: str, deadline_seconds: float = QUICK_SECONDS, again_seconds: float | None = 1.0, **fields: Any
    ) -> Answer:
        """Ask it something and wait for the answer.

        Raises:
            NoReplyError: none came in time.
            CameraFailedError: it refused, and says why.
        """
        answer = self._link.ask(self.name, ask, fields, deadline_seconds, again_seconds).result()
        if not answer.reply.ok:
            raise CameraFailedError(self.name, answer.reply.why)
        return answer

    def fields(
        self, ask: str, deadline_seconds: float = QUICK_SECONDS, again_seconds: float | None = 1.0, **fields: Any
    ) -> Mapping[str, Any]:
        """Ask it something and return the fields of its reply, with its `state`; raise as `ask` does."""
        reply = self.ask(ask, deadline_seconds, again_seconds, **fields).reply
        return {**reply.fields, "state": reply.state}


def each(
    remotes: Iterable[Remote], do: Callable[[Remote], Result]
) -> tuple[dict[str, Result], dict[str, ImagehubError]]:
    """Do something with all agents at once; return what came of it, and what went wrong, by camera."""
    done: dict[str, Result] = {}
    failed: dict[str, ImagehubError] = {}
    chosen = list(remotes)
    with ThreadPoolExecutor(max(1, len(chosen)), "conductor") as pool:
        futures = {remote.name: pool.submit(do, remote) for remote in chosen}
    for name, future in futures.items():
        try:
            done[name] = future.result()
        except ImagehubError as error:
            failed[name] = error
    return done, failed
