"""What an agency's own provider says of somebody (OpenID Connect): the one place where the service asks another over the network.

Nobody asks with a transaction open. Each question has its time, goes where the issuer says that it should go, over
https, and follows no redirect.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from requests import RequestException, Response

OK = 200
SECONDS = 3
THIS_MACHINE = frozenset({"127.0.0.1", "::1", "localhost"})
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"]
"""With the issuer's own key alone: what is signed with a secret that both know proves nothing."""
SECOND_STEP = "mfa"
"""In the claim `amr`, RFC 8176: more than one thing was proved."""
SLACK_SECONDS = 60


class ProviderFault(Exception):
    """The provider does not answer, or what it answers does not hold. Its words are nobody's business."""


@dataclass(frozen=True, slots=True)
class Provider:
    issuer: str
    client_id: str
    secret: str | None = field(repr=False)
    """None where the provider knows this service by its address alone."""
    back: str
    """Where it sends people back to."""


@dataclass(frozen=True, slots=True)
class WayThere:
    """The address at which somebody signs in there, and what must come back."""

    address: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Said:
    """What an issuer says of whoever signed in there."""

    issuer: str
    client_id: str
    subject: str = field(repr=False)
    email: str = field(repr=False)
    """In lower case; empty where it says none that it has verified."""
    took_second_step: bool


def may_be_asked(address: str) -> bool:
    """Over https; on this machine also without, for tests and demonstrations."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in THIS_MACHINE)


def way_there(provider: Provider) -> WayThere:
    """Raises ProviderFault."""
    verifier, nonce = generate_token(64), generate_token(32)
    with _Asking(provider) as asking:
        endpoint = asking.endpoint("authorization_endpoint")
        address, state = asking.create_authorization_url(
            endpoint, state=generate_token(32), nonce=nonce, code_verifier=verifier
        )
    return WayThere(address, state, nonce, verifier)


def said_by(provider: Provider, *, code: str, nonce: str, verifier: str) -> Said:
    """What the issuer says for a code, which it takes once. Raises ProviderFault."""
    with _Asking(provider) as asking:
        try:
            token = asking.fetch_token(asking.endpoint("token_endpoint"), code=code, code_verifier=verifier)
            claims = _claims(asking, token, nonce)
            if "email" not in claims:
                claims = _claims_asked_for(asking, claims)
        except (AuthlibBaseError, JoseError, KeyError, TypeError, ValueError) as fault:
            raise ProviderFault from fault
    email = claims.get("email") if claims.get("email_verified") is True else None
    methods = claims.get("amr")
    return Said(
        issuer=provider.issuer,
        client_id=provider.client_id,
        subject=str(claims["sub"]),
        email=email.strip().lower() if isinstance(email, str) else "",
        took_second_step=isinstance(methods, list) and SECOND_STEP in methods,
    )


class _Asking(OAuth2Session):  # type: ignore[misc]  # the library says nothing of its types
    """One conversation with one provider."""

    def __init__(self, provider: Provider) -> None:
        super().__init__(
            provider.client_id,
            provider.secret,
            scope="openid email",
            redirect_uri=provider.back,
            code_challenge_method="S256",
            token_endpoint_auth_method="client_secret_basic" if provider.secret else "none",
        )
        self.trust_env = False
        self.provider = provider
        self._metadata: dict[str, Any] = {}

    def request(self, method: str, url: str, *args: Any, **options: Any) -> Response:
        if not may_be_asked(url):
            raise ProviderFault
        try:
            answer = super().request(method, url, *args, **{**options, "timeout": SECONDS, "allow_redirects": False})
        except RequestException as fault:
            raise ProviderFault from fault
        if answer.status_code != OK:
            raise ProviderFault
        assert isinstance(answer, Response)
        return answer

    def endpoint(self, name: str) -> str:
        """An address that the issuer names. It must name itself as we know it."""
        if not self._metadata:
            where = f"{self.provider.issuer.rstrip('/')}/.well-known/openid-configuration"
            self._metadata = self.ask(where, withhold_token=True)
        if self._metadata.get("issuer") != self.provider.issuer:
            raise ProviderFault
        address = self._metadata.get(name)
        if not isinstance(address, str) or not may_be_asked(address):
            raise ProviderFault
        return address

    def ask(self, address: str, **options: Any) -> dict[str, Any]:
        try:
            answer = self.request("GET", address, **options).json()
        except ValueError as fault:
            raise ProviderFault from fault
        if not isinstance(answer, dict):
            raise ProviderFault
        return answer


def _claims(asking: _Asking, token: dict[str, Any], nonce: str) -> dict[str, Any]:
    published: Any = asking.ask(asking.endpoint("jwks_uri"), withhold_token=True)
    keys = KeySet.import_key_set(published)
    registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
    decoded = jwt.decode(token["id_token"], key=keys, registry=registry)
    provider = asking.provider
    claims = CodeIDToken(
        decoded.claims,
        decoded.header,
        options={
            "iss": {"essential": True, "value": provider.issuer},
            "aud": {"essential": True, "value": provider.client_id},
        },
        params={"nonce": nonce, "client_id": provider.client_id, "access_token": token["access_token"]},
    )
    claims.validate(leeway=SLACK_SECONDS)
    return dict(claims)


def _claims_asked_for(asking: _Asking, claims: dict[str, Any]) -> dict[str, Any]:
    """With what the issuer says only when it is asked for, about the same subject."""
    more = asking.ask(asking.endpoint("userinfo_endpoint"))
    if more.get("sub") != claims["sub"]:
        raise ProviderFault
    return {**claims, "email": more.get("email"), "email_verified": more.get("email_verified")}
