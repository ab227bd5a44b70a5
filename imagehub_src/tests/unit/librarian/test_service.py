"""The librarian's parts work side by side, and one that fails does not end the others."""

import threading

import pytest

from imagehub.librarian import service


@pytest.mark.parametrize("error", [OSError("disk"), RuntimeError("a mistake of ours")])
def test_a_part_that_fails_is_tried_again(
    error: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Its name and its reason are logged; the other part goes on meanwhile."""
    monkeypatch.setattr(service, "RETRY_SECONDS", 0.001)
    stop, calls = threading.Event(), []

    def failing(stop: threading.Event) -> None:
        calls.append("failing")
        if len(calls) == 3:
            stop.set()
        raise error

    def steady(stop: threading.Event) -> None:
        assert stop.wait(60)

    service.work({"failing": failing, "steady": steady}, stop)
    assert calls == ["failing"] * 3
    assert caplog.text.count("failing: ") == 3
    assert str(error) in caplog.text
