"""Which passwords are good enough, and how they are kept."""

import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from imagehub.librarian.accounts.errors import AccountError

SHORTEST, LONGEST = 10, 200
# Those of ten characters and more that lists of stolen passwords begin with, and some that our users would think of.
WELL_KNOWN = """
    0000000000 0123456789 0987654321 1111111111 123456789a 123456789q 1234567890 12345678910 1q2w3e4r5t 1q2w3e4r5t6y
    1qaz2wsx3edc 9876543210 a123456789 abcdefghij adminadmin administrator administrateur asdfghjkl; basketball
    changeme123 football123 iloveyou123 imagehub123 letmein123 michelle123 motdepasse password01 password1!
    password12 password123 password1234 passw0rd123 passwordpassword passwort123 princess123 q1w2e3r4t5 q1w2e3r4t5y6
    qazwsxedcrfv qwerty1234 qwerty12345 qwerty123456 qwertyuiop qwertyuiop123 qwertzuiop raspberry1 raspberrypi
    sunshine123 welcome123 zaq12wsxcde3
"""
COMMON = frozenset(WELL_KNOWN.split())
# What OWASP asks for at least: two times 19 MiB, so that a small computer does not run out of memory.
HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Of nobody's password, and as costly as the others: who has no account waits as long as who has one.
NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$FUFXUsycRYQcWfchvm7fQw$KaapnBPZA0e3Gx/B0ECJik4thHb5klmPPyVerKkPko0"

_one_at_a_time = threading.Lock()  # many at once would need as many times the memory


def check(password: str, name: str) -> None:
    """Raise AccountError unless the password is good enough for the user of that name."""
    if len(password) < SHORTEST:
        raise AccountError(f"the password is too short: take at least {SHORTEST} characters")
    if len(password) > LONGEST:
        raise AccountError(f"the password is too long: take at most {LONGEST} characters")
    if password.casefold() == name.casefold():
        raise AccountError("the password is your name: take another one")
    if password.casefold() in COMMON or len(set(password)) < 3:
        raise AccountError("this password is one of the first that a stranger tries: take another one")


def hashed(password: str) -> str:
    """Return what is kept of a password."""
    with _one_at_a_time:
        return HASHER.hash(_encoded(password))


def fits(password: str, kept: str) -> bool:
    """Tell whether it is the password that `kept` is of; with an empty `kept` it never is, and takes as long."""
    try:
        with _one_at_a_time:
            HASHER.verify(kept or NOBODY, _encoded(password))
    except (VerificationError, InvalidHashError):
        return False
    return bool(kept)


def outdated(kept: str) -> bool:
    """Tell whether it was made with other parameters than we use now."""
    return HASHER.check_needs_rehash(kept)


def _encoded(password: str) -> bytes:
    # Keyboards differ in how they compose a letter and its accent.
    return unicodedata.normalize("NFC", password).encode(errors="surrogatepass")
