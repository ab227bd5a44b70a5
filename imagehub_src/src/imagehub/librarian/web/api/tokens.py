"""The caller: who they are, and their own API tokens."""

from collections.abc import Collection
from typing import Annotated

from pydantic import BeforeValidator, Field

from imagehub.librarian import accounts
from imagehub.librarian.web.api.caller import Owner, Reader, Scope
from imagehub.librarian.web.api.formats import Body, GivenTime, Id, Name, Time, Told
from imagehub.librarian.web.api.problems import ProblemError, found
from imagehub.librarian.web.api.subjects import NO_SUCH, subject
from imagehub.librarian.web.api.users import User
from imagehub.librarian.web.times import now_us

me = subject("me")
router = subject("tokens")


def _ordered(scopes: Collection[str]) -> list[str]:
    return [scope for scope in accounts.SCOPES if scope in scopes]


Scopes = Annotated[list[Scope], BeforeValidator(_ordered)]


class Me(Told):
    """Who calls, and what the caller may do by this token or session."""

    user: User
    scopes: Scopes


class Token(Told):
    """A token, without its secret."""

    id: int
    name: str
    scopes: Scopes
    created: Time = Field(validation_alias="created_us")
    expires: Time | None = Field(validation_alias="expires_us")
    used: Time | None = Field(validation_alias="used_us")


class Tokens(Told):
    """The caller's tokens, newest first."""

    items: list[Token]


class NewToken(Body):
    """A token to make."""

    name: Name
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=3)]
    expires: Annotated[GivenTime | None, Field(description="When it ends; null: never.")] = None


class MadeToken(Told):
    """A new token; its secret is shown this once."""

    token: Token
    secret: str


@me.get("")
def get_me(caller: Reader) -> Me:
    """Return who calls."""
    return Me.model_validate(caller)


@router.get("")
def list_tokens(caller: Owner) -> Tokens:
    """List the caller's own tokens."""
    with caller.site.reading() as connection:
        return Tokens(items=[Token.model_validate(token) for token in accounts.tokens_of(connection, caller.user.id)])


@router.post("", status_code=201)
def make_token(caller: Owner, new: NewToken) -> MadeToken:
    """Make a token, which may do no more than the caller."""
    if not caller.scopes >= set(new.scopes):
        raise ProblemError(403, "A token can't be given scopes that the caller does not have.")
    with caller.site.writing() as connection:
        secret = accounts.make_token(connection, caller.user, new.name, new.scopes, new.expires, now_us())
        newest = accounts.tokens_of(connection, caller.user.id)[0]
    return MadeToken(token=Token.model_validate(newest), secret=secret)


@router.delete("/{id:number}", status_code=204, responses=NO_SUCH)
def revoke_token(caller: Owner, id: Id) -> None:  # noqa: A002
    """End one of the caller's own tokens."""
    with caller.site.writing() as connection:
        own = {token.id: token for token in accounts.tokens_of(connection, caller.user.id)}
        found("token", own.get(id))
        accounts.revoke(connection, caller.actor, id)
