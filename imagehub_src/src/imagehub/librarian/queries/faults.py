"""What can be wrong with a question, or with a value that somebody typed."""

from imagehub.librarian.catalog import CatalogError


class CursorError(CatalogError):
    """The text that says where a page begins was not made by this catalog."""

    def __init__(self) -> None:
        super().__init__("the cursor is none of ours; begin with the first page")


class ValueFault(CatalogError):  # noqa: N818 - it names a field of a form, beside which it is shown
    """A value is not as it has to be: `field` names it, `text` says how to mend it."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(f"{field}: {text}")
        self.field = field
        self.text = text
