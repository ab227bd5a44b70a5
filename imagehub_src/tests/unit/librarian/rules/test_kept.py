"""Rules are kept, and every change of them is in the audit log."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, update

from happenings import SOMEBODY, World, rule, world
from imagehub.librarian import catalog, rules, schema
from imagehub.librarian.rules import RuleError


@pytest.fixture
def barn(tmp_path: Path) -> Iterator[World]:
    """Give a catalog."""
    with world(tmp_path) as made:
        yield made


def test_a_rule_is_made_changed_and_removed(barn: World) -> None:
    """What is not there can't be changed, and says so."""
    first, second = rule("First", trigger="image"), rule("Second", trigger="disk", free_bytes=9, cooldown=60)
    with catalog.writing(barn.engine) as connection:
        number = rules.create(connection, SOMEBODY, first)
        made = rules.get(connection, number)
        assert made is not None
        assert made.rule == first
        assert rules.change(connection, SOMEBODY, number, second)
        assert [kept.rule for kept in rules.listed(connection)] == [second]
        assert rules.remove(connection, SOMEBODY, number)
        assert rules.get(connection, number) is None
        assert not rules.change(connection, SOMEBODY, number, second)
        assert not rules.remove(connection, SOMEBODY, number)


def test_the_audit_log_says_what_changed_without_secrets(barn: World) -> None:
    """The token of a webhook stays with the rule."""
    action = {"channel": "webhook", "target": "https://example.org/hook/t0ken"}
    with catalog.writing(barn.engine) as connection:
        number = rules.create(connection, SOMEBODY, rule(trigger="image", actions=[action]))
        rules.change(connection, SOMEBODY, number, rule(trigger="image", region="door", actions=[action]))
        rules.remove(connection, SOMEBODY, number)
        lines = connection.execute(select(schema.audit_log).order_by(schema.audit_log.c.id)).all()
    assert [(line.action, line.subject) for line in lines] == [
        ("rule.create", "Gate"),
        ("rule.change", "Gate"),
        ("rule.remove", "Gate"),
    ]
    assert json.loads(lines[1].details)["conditions"] == {"trigger": "image", "region": "door"}
    assert "t0ken" not in "".join(line.details for line in lines)


def test_two_rules_have_two_names(barn: World) -> None:
    """A rule may keep its own."""
    with catalog.writing(barn.engine) as connection:
        number = rules.create(connection, SOMEBODY, rule("A", trigger="image"))
        other = rules.create(connection, SOMEBODY, rule("B", trigger="image"))
        assert rules.change(connection, SOMEBODY, number, rule("A", trigger="event"))
        with pytest.raises(RuleError, match="name: there is another rule 'A'"):
            rules.create(connection, SOMEBODY, rule("A", trigger="image"))
        with pytest.raises(RuleError, match="name: there is another rule 'A'"):
            rules.change(connection, SOMEBODY, other, rule("A", trigger="image"))


def test_a_rule_that_cannot_be_read_does_not_hide_the_others(barn: World, caplog: pytest.LogCaptureFixture) -> None:
    """As after a step back to an older version."""
    broken = barn.add_rule(rule("Broken", trigger="image"))
    barn.add_rule(rule("Whole", trigger="image"))
    with catalog.writing(barn.engine) as connection:
        same = schema.rules.c.id == broken
        connection.execute(update(schema.rules).where(same).values(conditions='{"trigger": "smell"}'))
        assert [kept.rule.name for kept in rules.listed(connection)] == ["Whole"]
    assert "rule 'Broken' is not watched: conditions.trigger: expected" in caplog.text
