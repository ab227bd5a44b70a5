"""Vision: the queue, the workers, what was put aside, and the models."""

from typing import Annotated

from fastapi import Query, Response
from pydantic import Field

from imagehub.librarian.queries import work
from imagehub.librarian.vision.plates import quota
from imagehub.librarian.vision.queue import jobs, rates
from imagehub.librarian.web import models, queue
from imagehub.librarian.web.api.caller import Overseer, Writer
from imagehub.librarian.web.api.formats import Body, Day, Id, Time, Told
from imagehub.librarian.web.api.paging import Page, Paged, page
from imagehub.librarian.web.api.problems import found, invalid, not_found
from imagehub.librarian.web.api.subjects import NO_SUCH, subject
from imagehub.librarian.web.times import MINUTE_US, local, now_us

router = subject("vision")
CHART_MINUTES = 60


class Waiting(Told):
    """Jobs of one kind and priority that wait: 3 somebody waits, 2 after an event, 1 without one, 0 again."""

    kind: str
    priority: int
    count: int


class Worker(Told):
    """A process that looks into images; one that is not `alive` was not heard of for a while."""

    name: str
    model: str
    started: Time = Field(validation_alias="started_us")
    heard: Time = Field(validation_alias="beat_us")
    alive: bool


class Minute(Told):
    """What was done in one minute: images that were looked at, tries that failed, and the time that it took."""

    time: Time
    done: int
    failed: int
    busy_seconds: float


class Quota(Told):
    """Calls of the Plate Recognizer API in this month, and how many there may be."""

    month: str
    calls: int
    limit: int


class State(Told):
    """How vision is. The rates are those of the last minutes, `minutes` are of the last hour.

    `plate_calls` is null where plates are read on this machine.
    """

    enabled: bool
    waiting: list[Waiting]
    oldest_seconds: float
    running: int
    put_aside: int
    workers: list[Worker]
    images_per_second: float
    ms_per_image: float
    minutes: list[Minute]
    plate_calls: Quota | None


class Model(Told):
    """A model that is installed; `digest` is the SHA-256 of its main file."""

    name: str
    version: str
    kind: str
    digest: str
    package: str
    licence: str
    licence_text: str
    source: str


class Models(Told):
    """The models that are installed."""

    items: list[Model]


class DeadLetter(Told):
    """An image that could not be looked at; `error` says why."""

    id: int
    kind: str
    image_id: int
    camera_id: int
    camera: str
    time: Time = Field(validation_alias="time_us")
    tries: int
    worker: str
    error: str


class Count(Told):
    """How many jobs were put into the queue."""

    count: int


class Again(Body):
    """Days of the hub, both included, whose images are to be looked at again."""

    since: Day
    until: Day
    cameras: Annotated[
        list[Id], Field(default_factory=list, max_length=1000, description="None: all whose images are looked into.")
    ]


@router.get("")
def get_vision(caller: Overseer) -> State:
    """Return how the queue and its workers are."""
    now, settings = now_us(), caller.site.settings.vision
    with caller.site.reading() as connection:
        state = rates.state(connection, now)
        done = work.minutes(connection, jobs.OBJECTS, now // MINUTE_US - CHART_MINUTES)
        used = quota.state(connection, local(now, None), settings.plate_api_monthly_calls)
    return State(
        enabled=settings.enabled,
        waiting=[Waiting(kind=key[0], priority=key[1], count=count) for key, count in sorted(state.waiting.items())],
        oldest_seconds=state.oldest_us / 1e6,
        running=state.running,
        put_aside=state.dead,
        workers=[Worker.model_validate(one) for one in state.workers],
        images_per_second=state.images_per_second,
        ms_per_image=state.ms_per_image,
        minutes=[_minute(one) for one in done],
        plate_calls=Quota.model_validate(used) if settings.plate_engine == "platerecognizer" else None,
    )


def _minute(one: work.Minute) -> Minute:
    return Minute(time=one.minute * MINUTE_US, done=one.done, failed=one.failed, busy_seconds=one.busy_us / 1e6)


@router.get("/models")
def list_models(caller: Overseer) -> Models:
    """List the models that are installed, with their licences."""
    return Models(items=[Model.model_validate(one) for one in models.installed(caller.site.settings)])


@router.get("/dead-letters")
def list_dead_letters(caller: Overseer, response: Response, wanted: Annotated[Paged, Query()]) -> Page[DeadLetter]:
    """List the images that could not be looked at, the newest first."""
    with caller.site.reading() as connection:
        rows = work.dead_letters(connection, wanted.cursor, wanted.limit)
    return page(caller, response, DeadLetter, rows)


@router.post("/dead-letters/retry")
def retry_dead_letters(caller: Writer) -> Count:
    """Try all of them anew."""
    return Count(count=queue.retry_all(caller.site, caller.actor))


@router.get("/dead-letters/{id:number}", responses=NO_SUCH)
def get_dead_letter(caller: Overseer, id: Id) -> DeadLetter:  # noqa: A002
    """Return one of them."""
    with caller.site.reading() as connection:
        return DeadLetter.model_validate(found("dead letter", work.dead_letter(connection, id)))


@router.post("/dead-letters/{id:number}/retry", status_code=204, responses=NO_SUCH)
def retry_dead_letter(caller: Writer, id: Id) -> None:  # noqa: A002
    """Try one of them anew."""
    if not queue.retry(caller.site, caller.actor, id):
        raise not_found("dead letter")


@router.delete("/dead-letters/{id:number}", status_code=204, responses=NO_SUCH)
def discard_dead_letter(caller: Writer, id: Id) -> None:  # noqa: A002
    """Forget one of them: its image is not looked at."""
    if not queue.discard(caller.site, caller.actor, id):
        raise not_found("dead letter")


@router.post("/look-again")
def look_again(caller: Writer, again: Again) -> Count:
    """Have the images of some days looked at again, after those that arrive; nobody is notified of what they show."""
    if again.until < again.since:
        raise invalid("body.until", "comes before the first day; give a later one")
    return Count(count=queue.span_again(caller.site, caller.actor, again.since, again.until, again.cameras))
