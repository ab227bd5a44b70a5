"""Policies are set, replaced and removed, and each change is in the audit log."""

import json

import pytest
from sqlalchemy import Engine, select

from imagehub.librarian.catalog import writing
from imagehub.librarian.retention.errors import RetentionError
from imagehub.librarian.retention.policy import Policy, policies, remove_policy, set_policy
from imagehub.librarian.schema import audit_log
from kept import ADA, Kept


def known(engine: Engine) -> list[tuple[object, ...]]:
    """Return the policies without their ids."""
    with engine.connect() as connection:
        return [(one.camera_id, one.day_class, one.keep_days, one.keep_bytes) for one in policies(connection)]


def audited(engine: Engine) -> list[tuple[str, str, object]]:
    """Return actions, subjects and details of the audit log."""
    wanted = select(audit_log.c.action, audit_log.c.subject, audit_log.c.details).order_by(audit_log.c.id)
    with engine.connect() as connection:
        return [(action, subject, json.loads(text)) for action, subject, text in connection.execute(wanted)]


def test_a_policy_replaces_the_one_before(kept: Kept) -> None:
    """There is one for each camera and class of days; those for all come first."""
    gate = kept.camera("Gate P1")
    first = kept.policy("Gate P1", days=3)
    kept.policy(day_class="quiet", size=5000)
    kept.policy(days=30)
    assert kept.policy("Gate P1", days=4, size=10) == first
    assert known(kept.engine) == [(None, "any", 30, None), (None, "quiet", None, 5000), (gate, "any", 4, 10)]
    assert audited(kept.engine)[-1] == (
        "retention.set", f"camera {gate}, any days", {"keep_days": 4, "keep_bytes": 10},
    )  # fmt: skip


def test_a_policy_that_is_removed_holds_no_more(kept: Kept) -> None:
    """And a second time there is none to remove."""
    number = kept.policy(days=30)
    with writing(kept.engine) as connection:
        remove_policy(connection, ADA, number)
        with pytest.raises(RetentionError, match=f"no policy {number}"):
            remove_policy(connection, ADA, number)
    assert known(kept.engine) == []
    assert audited(kept.engine)[-1][:2] == ("retention.remove", "all cameras, any days")


@pytest.mark.parametrize(
    ("camera", "day_class", "days", "size"),
    [
        (None, "any", None, None),
        (None, "any", 0, None),
        (None, "any", 36_501, None),
        (None, "any", None, 0),
        (None, "sunny", 1, None),
        (999, "any", 1, None),
    ],
)
def test_what_makes_no_sense_is_refused(
    kept: Kept, camera: int | None, day_class: str, days: int | None, size: int | None
) -> None:
    """Nothing changes then."""
    with writing(kept.engine) as connection, pytest.raises(RetentionError):
        set_policy(connection, ADA, camera, day_class, days, size)
    assert known(kept.engine) == []
    assert audited(kept.engine) == []


@pytest.mark.parametrize(
    ("policy", "covered"),
    [
        (Policy(1, None, "any", 1, None), [True, True, True]),
        (Policy(1, 7, "any", 1, None), [True, True, False]),
        (Policy(1, 7, "quiet", 1, None), [False, True, False]),
        (Policy(1, None, "eventful", 1, None), [True, False, True]),
    ],
)
def test_a_policy_covers_its_camera_and_class(policy: Policy, covered: list[bool]) -> None:
    """And no other."""
    assert [policy.covers(*place) for place in ((7, True), (7, False), (8, True))] == covered
