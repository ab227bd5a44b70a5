"""The librarian for Prometheus: `/metrics`, for API tokens of administrators, as it is about all cameras."""

from collections.abc import Iterator, Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from imagehub import __version__
from imagehub.librarian import health
from imagehub.librarian.queries import statistics
from imagehub.librarian.vision.queue import rates
from imagehub.librarian.web.api.caller import identify
from imagehub.librarian.web.api.problems import ProblemError, unauthorized
from imagehub.librarian.web.site import Site
from imagehub.librarian.web.times import now_us
from imagehub.librarian.web.visit import SignInNeededError

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
PREFIX = "imagehub_librarian_"

Sample = tuple[Mapping[str, str], float]
router = APIRouter()


def overseer(request: Request) -> Site:
    """Give the site to who may look at all of it; a program is told so, and not sent to a form."""
    try:
        caller = identify(request)
    except SignInNeededError:
        raise unauthorized("Give an API token: `Authorization: Bearer imh_...`.") from None
    if "read" not in caller.scopes or not caller.user.is_administrator:
        raise ProblemError(403, "This needs an administrator's API token with the scope `read`.")
    return caller.site


@router.get("/metrics")
def metrics(site: Annotated[Site, Depends(overseer)]) -> Response:
    """Give all metrics in the text format of Prometheus."""
    return Response("".join(text(site)), media_type=CONTENT_TYPE)


def text(site: Site) -> Iterator[str]:
    """Yield each metric as text; docs/ref/metrics.md explains them."""
    with site.reading() as connection:
        state = rates.state(connection, now_us())
        hubs, totals = health.of_all(connection), statistics.totals(connection, None)
    yield _metric("info", "gauge", "Version of the librarian.", [({"version": __version__}, 1)])
    behind: list[Sample] = [({"hub": hub.data_directory}, hub.behind) for hub in hubs]
    yield _metric("behind_lines", "gauge", "Lines of a hub's journal that are not in the catalog yet.", behind)
    for name in ("images", "events", "bytes"):
        yield _metric(name, "gauge", f"How many {name} the catalog has.", [({}, getattr(totals, name))])
    yield from _queue(state)
    yield from _work(state)


def _queue(state: rates.State) -> Iterator[str]:
    waiting: list[Sample] = [
        ({"kind": kind, "priority": str(priority)}, count) for (kind, priority), count in sorted(state.waiting.items())
    ]
    yield _metric("jobs_waiting", "gauge", "Jobs that wait for a worker.", waiting)
    gauges = {
        "jobs_running": ("Jobs that workers are at.", state.running),
        "jobs_dead": ("Jobs that were put aside, with a reason.", state.dead),
        "jobs_oldest_seconds": ("How long the job has been due that is due longest.", state.oldest_us / 1e6),
        "workers": ("Workers that are there.", state.alive),
        "images_per_second": ("Images looked at, over five minutes.", state.images_per_second),
        "image_seconds": ("Time that a worker takes for an image, over five minutes.", state.ms_per_image / 1e3),
    }
    for name, (help_text, value) in gauges.items():
        yield _metric(name, "gauge", help_text, [({}, value)])


def _work(state: rates.State) -> Iterator[str]:
    kinds = sorted(state.totals.items())
    done: list[Sample] = [({"kind": kind}, one.done) for kind, one in kinds]
    failed: list[Sample] = [({"kind": kind}, one.failed) for kind, one in kinds]
    busy: list[Sample] = [({"kind": kind}, one.busy_us / 1e6) for kind, one in kinds]
    yield _metric("jobs_done_total", "counter", "Jobs that were done.", done)
    yield _metric("jobs_failed_total", "counter", "Tries of jobs that failed.", failed)
    yield _metric("jobs_busy_seconds_total", "counter", "Time that workers were at jobs.", busy)
    yield _metric("images_dropped_total", "counter", "Images that too many were before.", [({}, state.dropped)])


def _metric(name: str, kind: str, help_text: str, samples: list[Sample]) -> str:
    lines = [f"# HELP {PREFIX}{name} {help_text}", f"# TYPE {PREFIX}{name} {kind}"]
    lines += [f"{PREFIX}{name}{_labels(labels)} {value:.15g}" for labels, value in samples]
    return "\n".join(lines) + "\n"


def _labels(labels: Mapping[str, str]) -> str:
    said = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return f"{{{said}}}" if said else ""


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
