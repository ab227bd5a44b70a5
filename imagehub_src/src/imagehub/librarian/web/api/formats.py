"""How ids, times and words are written in the API."""

import re
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from imagehub.librarian.web.times import EPOCH, microseconds

RFC_3339 = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d+))?(?:([Zz])|([+-]\d\d:\d\d))",
    re.ASCII,
)
NO_TIME = PydanticCustomError("time", "Give a time as 2026-01-31T06:30:00Z")
AS_TIME = WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-01-31T06:30:00.000000Z"]})


def read_time(text: Any) -> int:
    """Return a time as the catalog keeps it; raise PydanticCustomError if the text is no time of RFC 3339."""
    match = RFC_3339.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise NO_TIME
    day, clock, fraction, _, offset = match.groups()
    try:
        when = datetime.fromisoformat(f"{day}T{clock}.{(fraction or '0')[:6]:0<6}{offset or '+00:00'}")
    except ValueError:
        raise NO_TIME from None
    return microseconds(when)


def write_time(time_us: int) -> str:
    """Return a time of the catalog as a text."""
    when = EPOCH + timedelta(microseconds=time_us)
    return when.isoformat(timespec="microseconds").replace("+00:00", "Z")


# The first of each pair is what callers give, the second what they get.
GivenTime = Annotated[int, BeforeValidator(read_time), AS_TIME]
Time = Annotated[int, PlainSerializer(write_time), AS_TIME]

MAX_ID = 2**63 - 1
Id = Annotated[int, Field(ge=1, le=MAX_ID)]
CameraIds = Annotated[tuple[Id, ...], Field(max_length=100, description="Ids of cameras; left out: all.")]
Day = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Kind = Literal["motion", "light", "temperature", "humidity", "restart", "other"]
# Control characters are no part of any name; PostgreSQL takes no NUL.
PLAIN = "^[^\\u0000-\\u001f\\u007f]*$"
Word = Annotated[str, StringConstraints(max_length=200, pattern=PLAIN)]
Text = Annotated[str, StringConstraints(max_length=1000, pattern=PLAIN)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=PLAIN)]
Score = Annotated[float, Field(ge=0, le=1)]


class Given(BaseModel):
    """What a caller gives: a field that we don't know is a mistake, which we say."""

    model_config = ConfigDict(extra="forbid")


class Body(BaseModel):
    """What a caller gives in a body, each value in its own JSON type."""

    model_config = ConfigDict(extra="forbid", strict=True)


def _without_defaults(schema: dict[str, Any]) -> None:
    for field in schema["properties"].values():
        field.pop("default", None)


class Change(Body):
    """What is to be changed; what is left out stays as it is."""

    model_config = ConfigDict(json_schema_extra=_without_defaults)

    @property
    def given(self) -> dict[str, Any]:
        """The fields that are given."""
        return self.model_dump(exclude_unset=True)


class Told(BaseModel):
    """What a caller gets; made of the catalog's own objects."""

    model_config = ConfigDict(from_attributes=True)
