"""What do the plates in a picture read? By the Plate Recognizer API, in its cloud or on the user's premises."""

import http.client
import json
import secrets
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from sqlalchemy import Engine

from imagehub.errors import ImagehubError, SettingsError
from imagehub.librarian import catalog
from imagehub.librarian.settings import Settings
from imagehub.librarian.vision.box import Box
from imagehub.librarian.vision.plates import quota
from imagehub.librarian.vision.plates.patterns import normal
from imagehub.librarian.vision.seeing import Model, PictureError, Reading

if TYPE_CHECKING:
    from imagehub.librarian.vision.seeing import Picture

TIMEOUT_SECONDS = 15.0
# The service takes about one call a second of a free account; who calls sooner is asked to wait.
PAUSES = (1.0, 2.0, 4.0)
MOST_PAUSE_SECONDS = 10.0
MOST_ANSWER_BYTES = 1 << 20
# More is refused by the service, and is of no use to it.
MOST_SIDE, MOST_BYTES = 2500, 2_900_000


class PlateApiError(ImagehubError):
    """The service did not read plates; says why, and never what the token is."""


class QuotaError(PictureError):
    """No more calls are allowed this month: the picture is put aside, and can be tried again next month."""


def load(settings: Settings) -> "PlateRecognizer":
    """Return the reader that the settings describe.

    Raises:
        SettingsError: there is no token, or the address is none.
    """
    vision = settings.vision
    if vision.plate_api_token_file is None:
        raise SettingsError(["vision.plate_api_token_file: give the file that holds the token of Plate Recognizer"])
    engine = catalog.engine_of(catalog.url(settings.database))
    token = _token(vision.plate_api_token_file)
    return PlateRecognizer(vision.plate_api_url, token, vision.plate_regions, vision.plate_api_monthly_calls, engine)


def _token(file: Path) -> str:
    try:
        token = file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not ASCII"
        raise SettingsError([f"vision.plate_api_token_file: {file}: {reason}"]) from None
    if not token or not token.isprintable() or " " in token:
        raise SettingsError([f"vision.plate_api_token_file: {file}: holds no token, or more than one"])
    return token


class PlateRecognizer:
    """Reads plates; see `PlateReader`. Each picture is one call, whatever the number of vehicles."""

    model = Model("platerecognizer", "1", "")

    def __init__(
        self,
        url: str,
        token: str,
        regions: Sequence[str],
        monthly_calls: int,
        engine: Engine,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._url = _checked(url)
        self._headers = {"Authorization": f"Token {token}", "User-Agent": "imagehub", "Accept": "application/json"}
        self._regions, self._monthly_calls = tuple(regions), monthly_calls
        self._engine, self._clock, self._pause = engine, clock, pause
        self._asked_month = ""

    def read(self, picture: "Picture", vehicles: Sequence[Box]) -> list[Reading]:
        """See `PlateReader.read`.

        Raises:
            QuotaError: no more calls are allowed this month.
            PictureError: the service will never take this picture.
            PlateApiError: the service can't be reached, or did not answer as it should.
        """
        if not vehicles:
            return []
        self._learn()
        jpeg = _jpeg(picture)
        now = self._clock()
        with catalog.writing(self._engine) as connection:
            if not quota.take(connection, now, self._monthly_calls):
                raise QuotaError(f"monthly quota used up: {quota.month_of(now)} has had its calls of Plate Recognizer")
        try:
            answer = self._ask(jpeg)
        except ImagehubError:
            with catalog.writing(self._engine) as connection:
                quota.give_back(connection, now)
            raise
        return [one for one in _readings(answer, jpeg[1]) if _in_one(one.box, vehicles)]

    def _ask(self, jpeg: tuple[bytes, tuple[int, int]]) -> dict[str, Any]:
        body, kind = _form(jpeg[0], self._regions)
        path = self._url.path + (f"?{self._url.query}" if self._url.query else "")
        for pause in (*PAUSES, None):
            status, answer, wait = self._call("POST", path, body, {"Content-Type": kind})
            if status in {200, 201}:
                return self._object(answer)
            if status != 429 or pause is None:
                raise self._refused(status)
            self._pause(min(max(pause, wait), MOST_PAUSE_SECONDS))
        raise AssertionError

    def _learn(self) -> None:
        """Ask once a month, and at each start, what the account may; where nobody says, the settings alone count."""
        now = self._clock()
        if self._asked_month == quota.month_of(now):
            return
        self._asked_month = quota.month_of(now)
        path = self._url.path.rstrip("/").rpartition("/")[0] + "/statistics/"
        try:
            status, answer, _ = self._call("GET", path, None, {})
            said = self._object(answer) if status == 200 else {}
            calls, allowed = int(said["usage"]["calls"]), int(said["total_calls"])
        except (PlateApiError, KeyError, TypeError, ValueError):
            return
        with catalog.writing(self._engine) as connection:
            quota.learn(connection, now, calls, allowed)

    def _call(self, method: str, path: str, body: bytes | None, more: dict[str, str]) -> tuple[int, bytes, float]:
        """Return status, answer, and for how many seconds to wait; a redirection is an answer as any other."""
        connection = self._connection()
        end = time.monotonic() + TIMEOUT_SECONDS
        try:
            connection.request(method, path, body, self._headers | more)
            response = connection.getresponse()
            return response.status, _body(response, end), _seconds(response.getheader("Retry-After"))
        except (OSError, http.client.HTTPException) as error:
            raise PlateApiError(f"{self._name}: {str(error) or type(error).__name__}") from None
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        assert self._url.hostname
        if self._url.scheme == "https":
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(
                self._url.hostname, self._url.port, timeout=TIMEOUT_SECONDS, context=context
            )
        return http.client.HTTPConnection(self._url.hostname, self._url.port, timeout=TIMEOUT_SECONDS)

    @property
    def _name(self) -> str:
        return f"Plate Recognizer at {self._url.hostname}"

    def _object(self, answer: bytes) -> dict[str, Any]:
        try:
            said = json.loads(answer)
        except (ValueError, RecursionError):
            said = None
        if not isinstance(said, dict):
            raise PlateApiError(f"{self._name}: the answer is not as documented")
        return said

    def _refused(self, status: int) -> ImagehubError:
        if status == 413:
            return PictureError(f"{self._name}: the picture is too large for it")
        hints = {
            401: "; the token is wrong",
            403: "; the token is wrong, or the account has no calls left",
            429: "; it was called too often",
        }
        hint = "; it is not followed: give the address that it leads to" if 300 <= status < 400 else ""
        said = http.client.responses.get(status, "")
        return PlateApiError(f"{self._name}: the answer was {status} {said}{hints.get(status, hint)}")


def _checked(url: str) -> SplitResult:
    fault = SettingsError(["vision.plate_api_url: expected an address as https://example.org/v1/plate-reader/"])
    try:
        parts = urlsplit(url)
        # Looking at the port is what raises.
        fine = parts.port != 0 and parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.username
    except ValueError:
        raise fault from None
    if not fine or not url.isascii() or not url.isprintable() or " " in url:
        raise fault
    return parts if parts.path else parts._replace(path="/")


def _body(response: http.client.HTTPResponse, end: float) -> bytes:
    """Return the answer; one that comes drop by drop, or is endless, is none."""
    found = bytearray()
    while part := response.read1(65536):
        found += part
        if len(found) > MOST_ANSWER_BYTES:
            raise http.client.HTTPException("the answer is too long")
        if time.monotonic() > end:
            raise TimeoutError("timed out")
    return bytes(found)


def _seconds(text: str | None) -> float:
    return float(text) if text and text.isascii() and text.isdigit() else 0.0


def _jpeg(picture: "Picture") -> tuple[bytes, tuple[int, int]]:
    """Return a picture as the service takes it, with the width and height that it has then."""
    import cv2

    scale = min(1.0, MOST_SIDE / max(picture.shape[:2]))
    for quality in (92, 80, 60):
        seen = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else picture
        _, jpeg = cv2.imencode(".jpg", seen, [cv2.IMWRITE_JPEG_QUALITY, quality])
        if jpeg.nbytes <= MOST_BYTES:
            break
    return jpeg.tobytes(), (seen.shape[1], seen.shape[0])


def _form(jpeg: bytes, regions: Sequence[str]) -> tuple[bytes, str]:
    """Return the picture and the regions as a form, and what kind of body it is."""
    edge = secrets.token_hex(16)
    fields = "".join(f'--{edge}\r\nContent-Disposition: form-data; name="regions"\r\n\r\n{one}\r\n' for one in regions)
    head = 'Content-Disposition: form-data; name="upload"; filename="image.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
    body = f"{fields}--{edge}\r\n{head}".encode() + jpeg + f"\r\n--{edge}--\r\n".encode()
    return body, f"multipart/form-data; boundary={edge}"


def _readings(answer: dict[str, Any], size: tuple[int, int]) -> Iterator[Reading]:
    """Yield what an answer tells; raise PlateApiError where it is not as documented."""
    wide, high = size
    try:
        for one in answer["results"]:
            box = {name: float(one["box"][name]) for name in ("xmin", "ymin", "xmax", "ymax")}
            place = Box(
                box["xmin"] / wide,
                box["ymin"] / high,
                (box["xmax"] - box["xmin"]) / wide,
                (box["ymax"] - box["ymin"]) / high,
            )
            region, text = (one.get("region") or {}).get("code") or "", normal(str(one["plate"]))
            if text:
                yield Reading(text[:32], str(region)[:32].lower(), min(1.0, max(0.0, float(one["score"]))), place)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise PlateApiError("Plate Recognizer: the answer is not as documented") from error


def _in_one(plate: Box, vehicles: Sequence[Box]) -> bool:
    """Tell whether the middle of a plate is in one of the vehicles."""
    across, down = plate.left + plate.width / 2, plate.top + plate.height / 2
    return any(
        one.left <= across <= one.left + one.width and one.top <= down <= one.top + one.height for one in vehicles
    )
