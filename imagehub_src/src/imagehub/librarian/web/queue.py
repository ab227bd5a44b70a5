"""What administrators do with the queue of vision; the audit log says who did."""

from collections.abc import Collection

from imagehub.librarian import audit
from imagehub.librarian.audit import Actor
from imagehub.librarian.queries import work
from imagehub.librarian.queries.images import Image
from imagehub.librarian.queries.work import DeadLetter
from imagehub.librarian.vision.queue import jobs, spans
from imagehub.librarian.web.site import Site
from imagehub.librarian.web.times import now_us


def look_again(site: Site, actor: Actor, image: Image) -> None:
    """Have an image looked at anew, before all others."""
    with site.writing() as connection:
        jobs.ask(connection, jobs.OBJECTS, image.id, now_us())
        audit.note(connection, actor, "image.look", image.path)


def retry(site: Site, actor: Actor, number: int) -> bool:
    """Let a job be tried anew that was put aside; return False if there is none with this number."""
    with site.writing() as connection:
        letter = work.dead_letter(connection, number)
        if letter is None:
            return False
        jobs.retry_dead(connection, now_us(), [number])
        audit.note(connection, actor, "vision.retry", _called(letter), kind=letter.kind)
    return True


def discard(site: Site, actor: Actor, number: int) -> bool:
    """Forget a job that was put aside; return False if there is none with this number."""
    with site.writing() as connection:
        letter = work.dead_letter(connection, number)
        if letter is None:
            return False
        jobs.discard(connection, [number])
        audit.note(connection, actor, "vision.discard", _called(letter), kind=letter.kind)
    return True


def retry_all(site: Site, actor: Actor) -> int:
    """Let all jobs be tried anew that were put aside; return how many."""
    with site.writing() as connection:
        count = jobs.retry_dead(connection, now_us())
        if count:
            audit.note(connection, actor, "vision.retry", "all", jobs=count)
    return count


def span_again(site: Site, actor: Actor, since: str, until: str, camera_ids: Collection[int]) -> int:
    """Have the images of some days of the hub looked at again; return how many."""
    with site.writing() as connection:
        audit.note(connection, actor, "vision.again", f"{since} to {until}", cameras=sorted(camera_ids))
    return spans.put_again(site.engine, since, until, camera_ids, now_us())


def _called(letter: DeadLetter) -> str:
    return f"image {letter.image_id} of {letter.camera}"
