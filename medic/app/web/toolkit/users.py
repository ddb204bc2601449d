"""Who may read: names and passwords, held against hashes by bcrypt beside the loop, a bounded number at once."""

import asyncio
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from hashlib import sha256

from medic.app.web.busy import BusyError
from medic.core.tasks import in_thread

WAITING = 64
"""Answers that may be worked out or wait for it; bcrypt takes 50 ms and more, on purpose."""
AT_ONCE = 1
"""Threads that work them out: a crowd of wrong passwords must leave the other cores to the host."""
REMEMBERED = 1024
"""Wrong passwords that are known as such without asking bcrypt again."""
PATIENCE = 30.0
LONGEST = 72
"""Bytes of a password that count with bcrypt."""


class Users:
    """Compares passwords, and remembers what came of it for as long as the process lives, in digests alone."""

    def __init__(
        self,
        hashes: Mapping[str, str],
        *,
        compare: Callable[[str, str], bool] | None = None,
        patience: float = PATIENCE,
    ) -> None:
        """Take the hashes by name; no name at all means that nobody is asked for one.

        *compare* tells, in a thread, whether a hash is that of a password; None asks bcrypt. It has *patience* seconds.
        """
        self._hashes = dict(hashes)
        self._fits = compare or fits
        self._patience = patience
        self._decoy = next(iter(self._hashes.values()), "")
        self._salt = secrets.token_bytes(32)
        self._right: dict[str, bytes] = {}
        self._wrong: OrderedDict[bytes, None] = OrderedDict()
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    def __bool__(self) -> bool:
        """Tell whether anybody is asked for a name."""
        return bool(self._hashes)

    def __len__(self) -> int:
        """Tell how many names there are."""
        return len(self._hashes)

    async def knows(self, name: str, password: str) -> bool:
        """Tell whether the password is that of the name; a name that there is not takes as long to be refused.

        Raises BusyError when too many wait for their answer.
        """
        digest = self._digest(name, password)
        if (known := self._remembered(name, digest)) is not None:
            return known
        if self._waiting >= WAITING:
            raise BusyError("too many passwords are being compared; try again later")
        self._waiting += 1
        try:
            async with self._turn:
                known = self._remembered(name, digest)
                return await self._compare(name, password, digest) if known is None else known
        finally:
            self._waiting -= 1

    def _digest(self, name: str, password: str) -> bytes:
        text = f"{len(name)}:{name}:{password}".encode(errors="surrogatepass")
        return hmac.digest(self._salt, text, sha256().name)

    def _remembered(self, name: str, digest: bytes) -> bool | None:
        if hmac.compare_digest(self._right.get(name, b""), digest):
            return True
        return False if digest in self._wrong else None

    async def _compare(self, name: str, password: str, digest: bytes) -> bool:
        hashed = self._hashes.get(name, self._decoy)
        try:
            equal = await in_thread(lambda: self._fits(password, hashed), timeout=self._patience, name="bcrypt")
        except TimeoutError:
            raise BusyError("the password was not compared in time; try again later") from None
        if equal and name in self._hashes:
            self._right[name] = digest
            return True
        self._remember_wrong(digest)
        return False

    def _remember_wrong(self, digest: bytes) -> None:
        self._wrong[digest] = None
        if len(self._wrong) > REMEMBERED:
            self._wrong.popitem(last=False)


def fits(password: str, hashed: str) -> bool:
    """Tell whether a hash by bcrypt is that of a password; of a longer one the first 72 bytes count, as in Go."""
    import bcrypt

    try:
        return bcrypt.checkpw(password.encode(errors="surrogateescape")[:LONGEST], hashed.encode())
    except ValueError:  # a hash that only looks like one
        return False
