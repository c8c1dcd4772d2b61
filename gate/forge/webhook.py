"""A document that is sent to an address, signed, so that whoever receives it knows who sent it and that it came once.

The signature is made as MLflow makes that of its webhooks: `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`.
"""

import base64
import hashlib
import hmac
import os
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError
from urllib3.util import Retry

from gate.errors import ForgeError

__all__ = ["Webhook"]

_SECONDS = 20
_TRIES = Retry(total=3, backoff_factor=0.5, status_forcelist=(429, 500, 502, 503, 504), allowed_methods=("POST",), raise_on_status=False)


class Webhook:
    """An address that documents are posted to.

    Args:
        url: the address; it may be a secret, so that only its host is ever shown.
        secret: what sender and receiver share.
        clock: seconds since 1970.
    """

    def __init__(self, url: str, secret: str, *, clock: Callable[[], float] = time.time) -> None:
        self._url, self._secret, self._clock = url, secret, clock
        self._session = requests.Session()
        self._session.trust_env = False  # no .netrc
        self._session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
        self._session.proxies = requests.utils.get_environ_proxies(url)
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, HTTPAdapter(max_retries=_TRIES))
        self.where = urlsplit(url).hostname or ""

    def post(self, body: bytes, *, key: str) -> None:
        """Post a JSON document; tried again where that may help, always under the same key.

        Args:
            body: the document.
            key: what it is known by; whoever receives it twice drops the second one.

        Raises:
            ForgeError: it was not accepted.
        """
        moment = str(int(self._clock()))
        made = base64.b64encode(hmac.new(self._secret.encode(errors="surrogateescape"), f"{key}.{moment}.".encode() + body, hashlib.sha256).digest()).decode()
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": key,
            "X-Gate-Delivery-Id": key,
            "X-Gate-Timestamp": moment,
            "X-Gate-Signature": f"v1,{made}",
        }
        try:
            answer = self._session.post(self._url, data=body, headers=headers, timeout=_SECONDS, allow_redirects=False)
        except (requests.RequestException, HTTPError, ValueError) as error:
            raise ForgeError("the webhook did not answer", where=f"{self.where}: {type(error).__name__}", next_step="See that it is up.") from error
        if not 200 <= answer.status_code < 300:
            raise ForgeError(f"the webhook answered with status {answer.status_code}", where=self.where, next_step="See what it says about this delivery.")
