"""An older hub's directory becomes part of the catalog, once."""

from pathlib import Path

import pytest
import yaml
from sqlalchemy import select

from imagehub.librarian import catalog, cli
from imagehub.librarian.schema import cameras, events, images, nodes


def test_images_and_log_lines_are_taken_in_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By name and by line; the log tells which blank a camera's name has; the check agrees afterwards."""
    old, url = tmp_path / "old", f"sqlite:///{tmp_path / 'c'}"
    (old / "images" / "2020-01-02").mkdir(parents=True)
    (old / "logs").mkdir()
    (old / "images" / "2020-01-02" / "Back-Yard-P1-2020-01-02T03.04.05.123456.jpg").write_bytes(b"abc")
    line = "2020-01-02 03:04:05,123 ~ Back-Yard P1|Temp|71 F\n"
    (old / "logs" / "imagehub.log").write_text(f"2020-01-02 03:04:05,000 ~ Starting imagehub.py\n{line}{line}")
    (tmp_path / "librarian.yaml").write_text(yaml.safe_dump({"librarian": {"hub_directory": "old", "database": url}}))
    for _ in range(2):
        assert cli.main(["import", str(old), "--path", str(tmp_path)]) == 0
    engine = catalog.connect(url)
    with engine.connect() as connection:
        assert [tuple(row) for row in connection.execute(select(nodes.c.name, cameras.c.view).join(cameras))] == [
            ("Back-Yard", "P1")
        ]
        assert [tuple(row) for row in connection.execute(select(images.c.bytes))] == [(3,)]
        assert [tuple(row) for row in connection.execute(select(events.c.value))] == [(71.0,), (71.0,)]
    engine.dispose()
    assert cli.main(["check", "--path", str(tmp_path)]) == 0
    (old / "images" / "2020-01-02" / "Barn-2020-01-02T03.04.06.jpg").write_bytes(b"abc")
    assert cli.main(["check", "--path", str(tmp_path)]) == 1
    assert "Barn-2020-01-02T03.04.06.jpg: not in the catalog" in capsys.readouterr().out
