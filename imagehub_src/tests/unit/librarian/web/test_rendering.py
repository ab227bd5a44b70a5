"""Templates become pages, whatever the texts in them are."""

import pytest
from jinja2 import UndefinedError

from imagehub.librarian.web import rendering


def test_texts_of_cameras_are_no_markup() -> None:
    """Names and texts come over the network: they are shown as they are, and run nowhere."""
    made = rendering.environment().from_string("<a title='{{ name }}'>{{ name }}</a>").render(name="<b>'\"&")
    assert made == "<a title='&lt;b&gt;&#39;&#34;&amp;'>&lt;b&gt;&#39;&#34;&amp;</a>"


def test_a_name_that_is_missing_is_an_error() -> None:
    """No page has holes."""
    with pytest.raises(UndefinedError):
        rendering.environment().from_string("{{ nobody_gave_this }}").render()


@pytest.mark.parametrize("name", rendering.environment().list_templates(extensions=["html"]))
def test_each_template_can_be_read(name: str) -> None:
    """Also those that are shown rarely."""
    assert rendering.environment().get_template(name).name == name


def test_our_files_have_an_address_that_changes_with_them() -> None:
    """So browsers may keep them for ever."""
    first, other = rendering.static("imagehub.css"), rendering.static("imagehub.js")
    assert first.startswith("/static/imagehub.css?")
    assert first.partition("?")[2] != other.partition("?")[2]


def test_each_file_of_others_comes_with_its_licence() -> None:
    """What is not ours says whose it is."""
    names = [path.name for path in (rendering.STATIC / "vendor").iterdir()]
    licences = {name.partition("-")[0] for name in names if name.endswith("-license.txt")}
    assert licences == {name.partition("-")[0] for name in names}
