"""The bytes of the vault: scrypt for its password, AES-256-GCM for all else.

    magic 8 · log2 of n 1 · r 1 · p 1 · salt 16 · nonce 12 · ciphertext and tag

Everything before the ciphertext is authenticated with it, so a change of any byte is found.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from typing import Final, Self

_MAGIC: Final = b"memctlV1"
_HEADER: Final = struct.Struct(">8sBBB16s12s")
_SALT_BYTES: Final = 16
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
_MOST_MEMORY: Final = 2**28
_MOST_PASSES: Final = 16


class NotAVault(Exception):
    """The bytes are no vault, or one of another version."""


class DoesNotOpen(Exception):
    """The key is another one, or the bytes were changed."""


@dataclass(frozen=True, slots=True)
class Work:
    """How much work a guess at the password costs: the parameters of scrypt."""

    log_n: int = 17
    r: int = 8
    p: int = 1

    @property
    def is_bearable(self) -> bool:
        """Whether this machine can be asked to do it; a changed header may ask for anything."""
        is_sane = self.log_n > 0 and self.r > 0 and 0 < self.p <= _MOST_PASSES
        return is_sane and 128 * self.r * 2**self.log_n <= _MOST_MEMORY


@dataclass(frozen=True, slots=True)
class Lock:
    """What makes a key out of a password: it is the same for a vault as long as it lives."""

    work: Work
    salt: bytes

    @classmethod
    def fresh(cls, work: Work) -> Self:
        """Make the lock of a new vault."""
        return cls(work, os.urandom(_SALT_BYTES))

    def key(self, password: bytes) -> bytes:
        """Derive the key that opens what this lock closes."""
        from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

        work = self.work
        scrypt = Scrypt(salt=self.salt, length=32, n=2**work.log_n, r=work.r, p=work.p)
        return scrypt.derive(password)


def read_lock(content: bytes) -> Lock:
    """Read from a vault what its key is made with.

    Raises:
        NotAVault: when the bytes are none.
    """
    if len(content) < _HEADER.size + _TAG_BYTES:
        raise NotAVault
    magic, log_n, r, p, salt, _ = _HEADER.unpack_from(content)
    work = Work(log_n, r, p)
    if magic != _MAGIC or not work.is_bearable:
        raise NotAVault
    return Lock(work, salt)


def seal(plain: bytes, lock: Lock, key: bytes) -> bytes:
    """Make the bytes of a vault."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(_NONCE_BYTES)
    work = lock.work
    header = _HEADER.pack(_MAGIC, work.log_n, work.r, work.p, lock.salt, nonce)
    return header + AESGCM(key).encrypt(nonce, plain, header)


def unseal(content: bytes, key: bytes) -> bytes:
    """Open a vault whose lock was read.

    Raises:
        DoesNotOpen: when the key is wrong or a byte was changed.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    header, box = content[: _HEADER.size], content[_HEADER.size :]
    try:
        return AESGCM(key).decrypt(header[-_NONCE_BYTES:], box, header)
    except InvalidTag as exc:
        raise DoesNotOpen from exc
