"""Which things in an image are seen for sure, and which of them are the same as in other images of its camera.

What one image alone shows may be a shadow. A thing counts once so many images of an event show it at matching places,
one of them beyond doubt: what looks a little like a person does so in the next image too. Then it has a track, which
goes on for as long as it is seen. What stands is looked for where it stood, what moves near where it was. A track ends
once images of a minute altogether miss it: a dark night without images ends none.

Images may come in any order. The rows of an image are written in one transaction, which begins with a call of these.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection

from imagehub.librarian.vision.seeing import ImageRow, Model, Thing
from imagehub.librarian.vision.tracks import rows
from imagehub.librarian.vision.tracks.matching import STANDING, Look, assign, likeness
from imagehub.librarian.vision.tracks.rows import Loose, Track, turn

__all__ = ["Least", "Votes", "lone", "record", "turn"]

Least = Callable[[str], float]
ABSENT_US = 60_000_000  # a track ends when images of so long altogether miss it
CONTINUING = 0.6  # of a label's least score is enough for what was seen before


class Votes(NamedTuple):
    """How many images of an event must show a thing, and how far apart images of one event may be."""

    needed: int
    event_us: int


def record(
    connection: Connection,
    image: ImageRow,
    model: Model,
    things: Sequence[Thing],
    votes: Votes,
    least: Least,
    quiet: bool,
) -> bool:
    """Write down what a detector found in an image, in place of what was found there before.

    `things` are all that it found where it should look, the unsure ones too; `least` tells the least score of a label.
    Tracks that begin in a `quiet` look make no rule fire. An image that was deleted meanwhile is left alone.

    Return whether more images must come before all is decided: then call `lone` once those of the event are there.
    """
    if not rows.lock(connection, image):
        return False
    lost = rows.take_out(connection, image)
    found = [thing for thing in things if thing.score >= CONTINUING * least(thing.label)]
    few = rows.images_around(connection, image, votes.event_us, votes.needed) if found else 0
    needed = few if quiet else votes.needed
    look = _Look(connection, image, votes.event_us, quiet)
    # Where few images are to be had, all that can be asked for is the least score.
    doubtless = _doubtless(least) if 1 < votes.needed <= needed else least
    number = rows.model_number(connection, model) if found else None
    sure = look.at(found, number, _Terms(needed, least, doubtless))
    if not quiet and rows.lasts(connection, image):
        gap = rows.gap_us(connection, image, votes.event_us)
        rows.miss(connection, image, look.seen, gap, ABSENT_US)
    if lost:
        rows.settle(connection, image, lost)
    return not sure and few < needed


def lone(connection: Connection, image: ImageRow, votes: Votes) -> None:
    """Decide what was left open in an image, now that all images of its event are there: as many as there are do."""
    if not rows.lock(connection, image):
        return
    loose = rows.loose_in(connection, image)
    needed = rows.images_around(connection, image, votes.event_us, votes.needed) if loose else 0
    if not loose or needed >= votes.needed:
        return  # as many as are needed came, and decided
    rows.remove(connection, loose)
    look = _Look(connection, image, votes.event_us, quiet=False)
    found = [Thing(row.label, row.score, rows.look_of(row, image.time_us).box) for row in loose]
    look.at(found, loose[0].model_id, _Terms(needed, lambda _: 0.0, lambda _: 0.0))


class _Terms(NamedTuple):
    """What it takes to begin a track: so many images with a least score, one of them with a score beyond doubt."""

    needed: int
    least: Least
    doubtless: Least


def _doubtless(least: Least) -> Least:
    return lambda label: (1 + least(label)) / 2


class _Look:
    """One image with what is known around it. `seen`: the tracks that it shows."""

    def __init__(self, connection: Connection, image: ImageRow, event_us: int, quiet: bool) -> None:
        self._connection, self._image, self._event_us, self._quiet = connection, image, event_us, quiet
        self._tracks: dict[int, Track] = {}
        self._loose: list[Loose] = []
        self._missed: dict[int, bool] = {}
        self.seen: set[int] = set()

    def at(self, found: Sequence[Thing], model_id: int | None, terms: _Terms) -> bool:
        """Add the rows of what was found; tell whether none of it is left open."""
        if not found:
            return True
        numbers = rows.object_numbers(self._connection, (thing.label for thing in found))
        self._load(numbers.values())
        things = sorted(found, key=lambda thing: -thing.score)
        going = self._going_on(things, numbers)
        made = []
        for at, thing in enumerate(things):
            look, number = Look(thing.box, self._image.time_us), numbers[thing.label]
            track = going.get(at)
            if track is not None:
                self._go_on(track, thing, look)
            elif thing.score < terms.least(thing.label) or self._told(look, number):
                continue
            else:
                track = self._begin(thing, look, number, terms)
            made.append(self._row(thing, number, model_id, track))
        rows.add(self._connection, made)
        return all(row["track_id"] is not None for row in made)

    def _load(self, numbers: Sequence[int] | Any) -> None:
        near = rows.around(self._connection, self._image, numbers, self._event_us)
        of = {row.track_id for row in near if row.track_id is not None}
        self._tracks = rows.known(self._connection, self._image, numbers, of)
        for row in near:
            look = rows.look_of(row, row.time_us)
            if row.track_id is None:
                self._loose.append(Loose(row.id, row.object_id, row.image_id, row.score, look))
            elif row.track_id in self._tracks:
                self._tracks[row.track_id].near.append(look)

    def _going_on(self, things: Sequence[Thing], numbers: dict[str, int]) -> dict[int, Track]:
        """Return which of the things, by their numbers, continue which track."""

        def fits(at: int, track: Track) -> float:
            if numbers[things[at].label] != track.object_id:
                return 0.0
            look = Look(things[at].box, self._image.time_us)
            return max(likeness(look, other, self._event_us) for other in (track.look, *track.near))

        return assign(len(things), list(self._tracks.values()), fits, self._lasted)

    def _lasted(self, track: Track) -> bool:
        """Tell whether a track had not ended before the image, or not begun so long after it that it is another."""
        time_us = self._image.time_us
        if track.first_us <= time_us <= track.last_us or (time_us > track.last_us and not track.ended):
            return True
        since_us, until_us = (track.last_us, time_us) if time_us > track.last_us else (time_us, track.first_us)
        return self._absent_us(since_us, until_us) < ABSENT_US

    def _absent_us(self, since_us: int, until_us: int | None) -> int:
        camera, event_us = self._image.camera_id, self._event_us
        return rows.absent_us(self._connection, camera, since_us, until_us, event_us, ABSENT_US, self._quiet)

    def _told(self, look: Look, number: int) -> bool:
        """Tell whether the image shows a second box of what was just taken for a track."""
        seen = (self._tracks[one] for one in self.seen)
        return any(
            track.object_id == number and other.time_us == look.time_us and other.box.overlap(look.box) >= STANDING
            for track in seen
            for other in track.near
        )

    def _go_on(self, track: Track, thing: Thing, look: Look) -> None:
        track.near.append(look)
        self._extend(track, [(look, thing.score, self._image.id)])
        self._take(track, look, [])

    def _begin(self, thing: Thing, look: Look, number: int, terms: _Terms) -> Track | None:
        """Return a new track if enough images show the thing, and let it have what they show."""
        voters = self._voters(look, number)
        best = max([thing.score, *(one.score for one in voters)])
        if len(voters) + 1 < terms.needed or best < terms.doubtless(thing.label):
            return None
        track = Track(0, number, self._quiet, 0.0, None, 0, look, look.time_us, look.time_us, 0, False)
        self._extend(track, [(look, thing.score, self._image.id)])
        track.id = rows.begin(self._connection, self._image, track)
        self._tracks[track.id] = track
        track.near.append(look)
        self._take(track, look, voters)
        return track

    def _voters(self, look: Look, number: int) -> list[Loose]:
        """Return what other images show of the same thing, the best of each image."""
        fitting = [(likeness(look, one.look, self._event_us), one) for one in self._loose if one.object_id == number]
        best: dict[int, Loose] = {}
        for fit, one in sorted(fitting, key=lambda pair: -pair[0]):
            if fit > 0:
                best.setdefault(one.look.time_us, one)
        return list(best.values())

    def _take(self, track: Track, look: Look, voters: list[Loose]) -> None:
        """Let a track have its voters, and what else other images show just there; write it down."""
        times = {one.time_us for one in track.near} | {one.look.time_us for one in voters}
        for one in self._loose:
            same = one.object_id == track.object_id and one.look.box.overlap(look.box) >= STANDING
            if same and one.look.time_us not in times:
                voters.append(one)
                times.add(one.look.time_us)
        rows.give(self._connection, track.id, voters)
        self._loose = [one for one in self._loose if one not in voters]
        track.near += [one.look for one in voters]
        self._extend(track, [(one.look, one.score, one.image_id) for one in voters])
        self.seen.add(track.id)
        rows.keep(self._connection, track)

    def _extend(self, track: Track, shown: Sequence[tuple[Look, float, int | None]]) -> None:
        """Count what images show of a track."""
        last_us = track.last_us
        for look, score, image_id in shown:
            track.images += 1
            track.first_us = min(track.first_us, look.time_us)
            if look.time_us >= track.last_us:
                track.last_us, track.look = look.time_us, look
            if score > track.score or track.image_id is None:
                track.image_id = image_id
            track.score = max(track.score, score)
        if track.last_us > last_us or track.images == len(shown):
            track.absent_us = self._absent_us(track.last_us, None)
            track.ended = track.absent_us >= ABSENT_US

    def _row(self, thing: Thing, number: int, model_id: int | None, track: Track | None) -> dict[str, Any]:
        image = self._image
        where = {"image_id": image.id, "camera_id": image.camera_id, "time_us": image.time_us} | thing.box._asdict()
        what = {"object_id": number, "model_id": model_id, "track_id": track.id if track else None}
        return where | what | {"score": thing.score}
