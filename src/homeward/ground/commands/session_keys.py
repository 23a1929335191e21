"""Keys that are used once: HKDF (RFC 5869) makes a key and a nonce of their own for every sealed packet.

From the key file, from what the packet is for (a command, an answer, a beacon), from the flight, and from a
salt that is sent along: 16 octets that name one run of the ship's end, and 16 that are drawn for this packet
alone by the system's random generator. Nothing is counted and nothing is remembered for it. So no pair of key
and nonce comes again after a restart, in a second station, or in a machine restored from a backup.
"""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SALT = 16  # octets: of a run of the ship's end, and of a packet
TAG = 16  # octets by which AES-256-GCM (NIST SP 800-38D) grows
KEY, NONCE = 32, 12
FORMAT = b"Homeward uplink 2"


def new_salt() -> bytes:
    """Sixteen octets that were never drawn before."""
    return secrets.token_bytes(SALT)


def derived(key: bytes, purpose: str, flight: str, salt: bytes, octets: int) -> bytes:
    """Octets that only who has the key can make, for one purpose, flight and salt."""
    info = b"\0".join([FORMAT, purpose.encode(), flight.encode()])
    return HKDF(hashes.SHA256(), octets, salt, info).derive(key)


def seal(key: bytes, purpose: str, flight: str, salt: bytes, plain: bytes, bound: bytes) -> bytes:
    """Encrypt, and authenticate together with ``bound``. A salt must never be used for two packets."""
    secret = derived(key, purpose, flight, salt, KEY + NONCE)
    return AESGCM(secret[:KEY]).encrypt(secret[KEY:], plain, _bound(flight, bound))


def unseal(key: bytes, purpose: str, flight: str, salt: bytes, sealed: bytes, bound: bytes) -> bytes | None:
    """What was sealed; None where it was not, or not so."""
    if len(sealed) < TAG:
        return None
    secret = derived(key, purpose, flight, salt, KEY + NONCE)
    try:
        return AESGCM(secret[:KEY]).decrypt(secret[KEY:], sealed, _bound(flight, bound))
    except InvalidTag:
        return None


def _bound(flight: str, bound: bytes) -> bytes:
    """The flight is part of the key and is authenticated as well."""
    name = flight.encode()
    return FORMAT + len(name).to_bytes(2, "big") + name + bound
