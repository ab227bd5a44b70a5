"""Rules: when to notify whom."""

from imagehub.librarian.rules.kept import Kept, change, create, get, listed, remove
from imagehub.librarian.rules.part import part
from imagehub.librarian.rules.reading import as_document, read
from imagehub.librarian.rules.rehearsal import DryRun, Example, dry_run
from imagehub.librarian.rules.rule import Action, Rule, RuleError, When

__all__ = [
    "Action",
    "DryRun",
    "Example",
    "Kept",
    "Rule",
    "RuleError",
    "When",
    "as_document",
    "change",
    "create",
    "dry_run",
    "get",
    "listed",
    "part",
    "read",
    "remove",
]
