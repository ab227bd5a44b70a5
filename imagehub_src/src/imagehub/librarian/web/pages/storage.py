"""How long images are kept, and how long the disk lasts."""

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from imagehub.librarian import retention
from imagehub.librarian.catalog import CatalogError
from imagehub.librarian.deletion import HeldError
from imagehub.librarian.queries import cameras, images
from imagehub.librarian.retention import DAY_CLASSES, RetentionError
from imagehub.librarian.web import times
from imagehub.librarian.web.deleting import delete_image
from imagehub.librarian.web.numbers import Number, chosen
from imagehub.librarian.web.pages.picture import image_of
from imagehub.librarian.web.visit import SENT_BY_US, Administrator, Visit

router = APIRouter()
Text = Annotated[str, Form()]
GIGABYTE = 1_000_000_000


@router.get("/storage")
def storage_page(visit: Administrator) -> Response:
    """Show policies, holds, and what would go if it were night now."""
    return _storage(visit)


@router.post("/storage/policies", dependencies=[SENT_BY_US])
def set_policy(
    visit: Administrator, day_class: Text, camera: Text = "", keep_days: Text = "", keep_gigabytes: Text = ""
) -> Response:
    """Set a policy, in place of the one that there was for the same camera and days."""
    try:
        days, size = _number(keep_days, "days"), _number(keep_gigabytes, "GB")
        with visit.site.writing() as connection:
            retention.set_policy(
                connection,
                visit.someone.actor,
                _camera(camera),
                day_class,
                None if days is None else round(days),
                None if size is None else round(size * GIGABYTE),
            )
    except RetentionError as error:
        return _storage(visit, str(error))
    return visit.go("/storage")


@router.post("/storage/policies/{number}/remove", dependencies=[SENT_BY_US])
def remove_policy(visit: Administrator, number: Number) -> Response:
    """Remove a policy."""
    try:
        with visit.site.writing() as connection:
            retention.remove_policy(connection, visit.someone.actor, number)
    except RetentionError as error:
        return _storage(visit, str(error))
    return visit.go("/storage")


@router.post("/storage/holds", dependencies=[SENT_BY_US])
def hold_span(visit: Administrator, start: Text, end: Text, reason: Text, camera: Text = "") -> Response:
    """Hold all images between two times in the viewer's time zone."""
    try:
        span = times.typed(start, visit.zone), times.typed(end, visit.zone)
    except ValueError:
        return _storage(visit, "A time is written as 2026-01-31T06:30.")
    try:
        with visit.site.writing() as connection:
            retention.hold_span(connection, visit.someone.actor, _camera(camera), *span, reason)
    except RetentionError as error:
        return _storage(visit, str(error))
    return visit.go("/storage")


@router.post("/storage/holds/{number}/release", dependencies=[SENT_BY_US])
def release(visit: Administrator, number: Number) -> Response:
    """End a hold; its images go when their time comes."""
    try:
        with visit.site.writing() as connection:
            retention.release(connection, visit.someone.actor, number)
    except RetentionError as error:
        return _storage(visit, str(error))
    return visit.go("/storage")


@router.post("/images/{number}/hold", dependencies=[SENT_BY_US])
def hold(visit: Administrator, number: Number, hold: Annotated[bool, Form()]) -> Response:
    """Hold one image, or no longer."""
    with visit.site.writing() as connection:
        image_of(visit, connection, number)
        retention.hold_image(connection, visit.someone.actor, number, hold)
    return visit.go(f"/images/{number}")


@router.post("/images/{number}/delete", dependencies=[SENT_BY_US])
def delete(visit: Administrator, number: Number) -> Response:
    """Delete an image for good, and go to the one before it."""
    site, actor = visit.site, visit.someone.actor
    with site.reading() as connection:
        image = image_of(visit, connection, number)
        older, newer = images.neighbours(connection, visit.sight, image, None)
    try:
        delete_image(site, actor, image)
    except HeldError as error:
        raise HTTPException(409, str(error)) from error
    beside = older or newer
    return visit.go(f"/images/{beside}" if beside else "/gallery")


def _camera(text: str) -> int | None:
    return next(iter(chosen(text)), None)


def _number(text: str, unit: str) -> float | None:
    try:
        value = float(text.replace(",", ".")) if text.strip() else None
    except ValueError:
        value = -1.0
    if value is not None and not 0 <= value <= 1e9:
        raise RetentionError(f"{text!r} is no number of {unit}")
    return value


def _storage(visit: Visit, fault: str = "") -> Response:
    settings = visit.site.settings
    with visit.site.reading() as connection:
        try:
            now = retention.local_time()
            plan = retention.plan(connection, settings.hub_directory, now, settings.retention.min_free_bytes)
        except (CatalogError, OSError):
            plan = None
        return visit.page(
            "storage.html",
            400 if fault else 200,
            plan=plan,
            policies=retention.policies(connection),
            holds=retention.holds(connection, visit.sight),
            cameras=cameras.names(connection, visit.sight),
            classes=DAY_CLASSES,
            settings=settings.retention,
            fault=fault,
        )
