"""Accounts: who may look at the catalog, and how they prove who they are."""

from imagehub.librarian.accounts.api_tokens import SCOPES, Token, allowed, make_token, revoke, token, tokens_of
from imagehub.librarian.accounts.choosing import (
    ask_reset,
    change_password,
    first_link,
    reset_link,
    reset_user,
    use_first,
    use_reset,
)
from imagehub.librarian.accounts.errors import AccountError, HeldBackError
from imagehub.librarian.accounts.forgetting import forget_old, keep_forgetting
from imagehub.librarian.accounts.people import (
    ROLES,
    User,
    add_user,
    change_user,
    remove_user,
    user,
    users,
)
from imagehub.librarian.accounts.sessions import (
    Session,
    end_all,
    end_session,
    form_token,
    form_token_fits,
    session,
    sessions_of,
    sign_in,
    sign_out,
    touch,
)

__all__ = [
    "ROLES",
    "SCOPES",
    "AccountError",
    "HeldBackError",
    "Session",
    "Token",
    "User",
    "add_user",
    "allowed",
    "ask_reset",
    "change_password",
    "change_user",
    "end_all",
    "end_session",
    "first_link",
    "forget_old",
    "form_token",
    "form_token_fits",
    "keep_forgetting",
    "make_token",
    "remove_user",
    "reset_link",
    "reset_user",
    "revoke",
    "session",
    "sessions_of",
    "sign_in",
    "sign_out",
    "token",
    "tokens_of",
    "touch",
    "use_first",
    "use_reset",
    "user",
    "users",
]
