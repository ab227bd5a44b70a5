"""How somebody comes to a password: by the first link, by a link in a mail, or by the old password.

All functions want a connection of `catalog.writing`.
"""

from sqlalchemy import Connection, delete, func

from imagehub.librarian import audit, schema
from imagehub.librarian.accounts import keys, passwords, people, tries
from imagehub.librarian.accounts.errors import AccountError
from imagehub.librarian.accounts.people import User
from imagehub.librarian.audit import Actor
from imagehub.librarian.schema import tokens

FIRST_US = 24 * keys.HOUR_US
RESET_US = keys.HOUR_US
ASKED_BY_ADDRESS = tries.Limit(10, 60, 900)
ASKED_FOR_ACCOUNT = tries.Limit(3, 60, 900)


def first_link(connection: Connection, now: int) -> str | None:
    """Return a secret, good for 24 hours, that makes the first administrator; None: somebody has a password already.

    Secrets that were given before are void.
    """
    if people.anyone(connection):
        return None
    connection.execute(delete(tokens).where(tokens.c.purpose == "first"))
    return keys.make(connection, "first", None, now, now + FIRST_US)


def use_first(connection: Connection, secret: str, name: str, mail: str, password: str, now: int) -> User:
    """Make the first administrator; the secret is void then.

    Raises:
        AccountError: the secret is void or there is a user already; or name, mail or password will not do, and the
            secret stays.
    """
    if keys.find(connection, "first", secret, now) is None:
        raise AccountError("this link is void: use a new one, by imagehub-librarian user first-link")
    passwords.check(password, name)
    kept = passwords.hashed(password)
    if not keys.burn(connection, "first", secret) or people.anyone(connection):
        raise AccountError("there is an administrator already: sign in")
    made = people.insert_user(connection, name, mail, "administrator", None, now, kept)
    audit.note(connection, made.actor, "user.add", made.name, role=made.role)
    return made


def change_password(connection: Connection, user: User, old: str, new: str, now: int, keep: str = "") -> None:
    """Change a password and end the user's other sessions: all but that of the secret `keep`.

    Raises:
        AccountError: the old one is wrong, or the new one not good enough. Wrong tries count, as in `sign_in`.
        HeldBackError: there were too many wrong tries.
    """
    limits = {tries.who("change", str(user.id)): tries.PAIR}
    with tries.turn:
        tries.check(connection, limits, now)
        if not passwords.fits(old, people.password_hash(connection, user.id)):
            tries.add(connection, limits, now)
            audit.note(connection, user.actor, "password.fail", user.name)
            connection.commit()  # it counts whatever the caller's transaction does
            raise AccountError("the old password is wrong")
    _choose(connection, user, new, keep)


def _choose(connection: Connection, user: User, password: str, keep: str = "") -> None:
    passwords.check(password, user.name)
    people.set_password(connection, user.id, passwords.hashed(password))
    keys.end(connection, user.id, "session", "reset", keep=keep)
    audit.note(connection, user.actor, "password.change", user.name)


def ask_reset(connection: Connection, mail_or_name: str, address: str, now: int) -> tuple[User, str] | None:
    """Return who asks for a new password, with a secret, good for an hour, to be mailed to them.

    None: nobody has that name, or nobody and nobody else that address; they can't sign in; or they have no address.
    Callers answer the same in either case. Each question counts as a try, so that nobody's mailbox is filled.

    Raises:
        HeldBackError: there were too many questions, from that address or for that account.
    """
    asked = tries.who("asked for", people.tidy(mail_or_name).casefold())
    limits = {asked: ASKED_FOR_ACCOUNT, tries.who("asked by", tries.network(address)): ASKED_BY_ADDRESS}
    tries.check(connection, limits, now)
    tries.add(connection, limits, now)
    user = people.named(connection, mail_or_name) or _with_mail(connection, mail_or_name)
    if user is None or user.disabled or not user.mail:
        return None
    audit.note(connection, Actor(None, ""), "password.ask", user.name, address=address)
    return user, keys.make(connection, "reset", user.id, now, now + RESET_US)


def _with_mail(connection: Connection, mail: str) -> User | None:
    same = func.lower(schema.users.c.mail) == people.tidy(mail).lower()
    found = people.users(connection, same)
    return found[0] if len(found) == 1 and found[0].mail else None


def reset_link(connection: Connection, actor: Actor, user: User, now: int) -> str:
    """Return a secret, good for 72 hours, that an administrator hands to somebody who lost their password."""
    audit.note(connection, actor, "password.ask", user.name)
    return keys.make(connection, "reset", user.id, now, now + people.INVITATION_US)


def reset_user(connection: Connection, secret: str, now: int) -> User | None:
    """Return whom a secret lets choose a password; None: it is void."""
    row = keys.find(connection, "reset", secret, now)
    user = None if row is None else people.user(connection, row.user_id)
    return None if user is None or user.disabled else user


def use_reset(connection: Connection, secret: str, password: str, now: int) -> User:
    """Set the password of the secret's user, who is signed out everywhere; the secret is void then.

    Raises:
        AccountError: the secret is void; or the password will not do, and the secret stays.
    """
    user = reset_user(connection, secret, now)
    if user is not None:
        passwords.check(password, user.name)
    if user is None or not keys.burn(connection, "reset", secret):
        raise AccountError("this link is void: ask for a new one")
    _choose(connection, user, password)
    return user
