"""What a rule is."""

from dataclasses import dataclass

from imagehub.errors import ImagehubError


class RuleError(ImagehubError):
    """A rule has faults: `faults` holds one line for each, which begins with the field's name and a colon."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True)
class When:
    """What must come together for a rule to fire; what is empty or None is no condition.

    `region` is a zone of the camera for what is found in images, and a word of the text for what is sent. `label`
    may be several with commas between, and at least `count` of them are in one image. `hours` are from and to in
    the hub's local time. Where they pass midnight, `weekdays` are those that they begin on.
    """

    trigger: str
    cameras: tuple[int, ...] = ()
    region: str = ""
    event_kind: str = ""
    event_type: str = ""
    above: float | None = None
    below: float | None = None
    text: str = ""
    label: str = ""
    count: int | None = None
    min_score: float = 0.0
    plate: str = ""
    plate_status: str = ""
    hours: tuple[str, ...] = ()
    weekdays: tuple[str, ...] = ()
    silent_minutes: int | None = None
    free_bytes: int | None = None


@dataclass(frozen=True)
class Action:
    """What a rule does when it fires: it sends to `target` by `channel`."""

    channel: str
    target: str


@dataclass(frozen=True)
class Rule:
    """When to do what; for each camera at most once in `cooldown_seconds`."""

    name: str
    enabled: bool
    when: When
    actions: tuple[Action, ...]
    cooldown_seconds: int
