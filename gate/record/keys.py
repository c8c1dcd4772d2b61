"""The keys that sign: made, read and named here. A private key leaves this module only inside a signer.

Nothing here prints, and no message repeats a byte of what was read: it may be a private key.
"""

import base64
import os
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key, load_pem_private_key, load_pem_public_key
from securesystemslib.exceptions import Error as SigningLibraryError
from securesystemslib.signer import SIGNER_FOR_URI_SCHEME, CryptoSigner, Signer, SSlibKey

from gate.core.approvers import keyid_of
from gate.errors import StorageError, UsageError

__all__ = ["KEY", "KEY_FILE", "PUBLIC_KEY", "SECRETS", "library_key", "new_key", "public_of", "signing_key"]

KEY = "GATE_SIGNING_KEY"
KEY_FILE = "GATE_SIGNING_KEY_FILE"
PUBLIC_KEY = "GATE_SIGNING_PUBLIC_KEY"
SECRETS = (KEY, KEY_FILE)
"""The settings that hold or lead to a private key."""

_BEGIN = "-----BEGIN "
_MOST_BYTES = 64 * 1024
_MAKE = "Make one with `gate keys new --output key.pem`."


def signing_key(named: str | None, environment: Mapping[str, str]) -> Signer | None:
    """The signer that is named on the command line, or else in the environment; None when neither names one.

    Args:
        named: a PEM file, or the URI of a key that securesystemslib knows (`awskms:…`, `gcpkms:…`, `hsm:…`, `file2:…`).
        environment: GATE_SIGNING_KEY holds a PEM or a URI, GATE_SIGNING_KEY_FILE names a PEM file, and
            GATE_SIGNING_PUBLIC_KEY is the public key (base64 or PEM) of a URI.

    Raises:
        UsageError: what is named is no private key that can sign.
        StorageError: the file cannot be read.
    """
    if named:
        return _of_uri(named, environment) if _is_uri(named) else _of_file(Path(named))
    held = environment.get(KEY, "").strip()
    if held:
        return _of_uri(held, environment) if not held.startswith(_BEGIN) and _is_uri(held) else _of_pem(held.encode(), where=KEY)
    path = environment.get(KEY_FILE, "").strip()
    return _of_file(Path(path)) if path else None


def new_key(path: Path) -> str:
    """Make an ed25519 key, write it where only its owner can read it, and return the public key as one line of base64.

    Raises:
        UsageError: there is such a file already.
        StorageError: it cannot be written.
    """
    signer = CryptoSigner.generate_ed25519()
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(signer.private_bytes)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError as error:
        raise UsageError("there is a file of this name already, and a key is never overwritten", where=str(path), next_step="Name another file.") from error
    except OSError as error:
        raise StorageError(f"the key cannot be written: {error.strerror}", where=str(path), next_step="Name a file in a folder that exists.") from error
    return public_of(signer)


def public_of(signer: Signer) -> str:
    """The signer's public key as one line of base64."""
    key = signer.public_key
    if not isinstance(key, SSlibKey):
        raise UsageError("keys of this kind cannot be named in approvers.yaml", where=key.keytype, next_step="Use ed25519, ECDSA or RSA.")
    return _line(key)


def library_key(public: str) -> SSlibKey:
    """A public key, given as base64 or PEM, as the signing library knows it.

    Raises:
        ValueError: it is none, or of no kind that the library knows.
    """
    text = public.strip()
    try:
        key = load_pem_public_key(text.encode()) if text.startswith(_BEGIN) else load_der_public_key(base64.b64decode(text, validate=True))
    except UnsupportedAlgorithm as error:
        raise ValueError(str(error)) from error
    data = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return SSlibKey.from_crypto(key, keyid=keyid_of(base64.b64encode(data).decode()))


def _line(key: SSlibKey) -> str:
    """The key's SubjectPublicKeyInfo in base64."""
    held = key.keyval["public"]
    if not held.startswith(_BEGIN):
        held = _pem_of_ed25519(held)
    return base64.b64encode(load_pem_public_key(held.encode()).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


def _pem_of_ed25519(raw: str) -> str:
    return Ed25519PublicKey.from_public_bytes(bytes.fromhex(raw)).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _is_uri(text: str) -> bool:
    """Whether it begins with a scheme that the signing library knows, of which paths have none."""
    scheme, colon, _ = text.partition(":")
    return bool(colon) and scheme in SIGNER_FOR_URI_SCHEME


def _of_file(path: Path) -> Signer:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "this is no path"
        raise StorageError(f"the signing key cannot be read: {reason}", where=str(path)[:200], next_step=_MAKE) from None
    return _of_pem(data, where=str(path))


def _of_pem(data: bytes, *, where: str) -> Signer:
    """The signer of a PEM; what was wrong with it is never repeated, since it may be most of a key."""
    try:
        private: PrivateKeyTypes = load_pem_private_key(data, password=None)
        public = library_key(private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())
        return CryptoSigner(private, public)
    except (ValueError, TypeError, UnsupportedAlgorithm, SigningLibraryError):
        what = "this is no private key that can sign: a PEM without a password is expected"
        raise UsageError(what, where=where, next_step=_MAKE) from None


def _of_uri(uri: str, environment: Mapping[str, str]) -> Signer:
    public = environment.get(PUBLIC_KEY, "")
    scheme = uri.partition(":")[0]
    if not public:
        what = "a key that is named by a URI needs its public key"
        raise UsageError(what, where=f"{scheme}:…", next_step=f"Set {PUBLIC_KEY} to the line that stands in approvers.yaml.")
    try:
        return Signer.from_priv_key_uri(uri, library_key(public))
    except (ValueError, OSError, SigningLibraryError, UnsupportedAlgorithm, ImportError) as error:
        what = f"the key cannot be used ({type(error).__name__})"
        raise UsageError(what, where=f"{scheme}:…", next_step=f"Check the URI, {PUBLIC_KEY}, and what securesystemslib needs for {scheme}.") from None
