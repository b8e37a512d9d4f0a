"""Tokens of every kind, and signatures as vendors compute them."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from pydantic import JsonValue
from tests.integration.connectors.http_api import (
    JSON,
    PAGE,
    Api,
    Asked,
    Json,
    Said,
    ids,
    numbered,
    read,
    source,
)

from landbridge.kernel.errors import (
    AuthenticationRefusedError,
    OptionsInvalidError,
)

Auth = dict[str, JsonValue]


def answering(
    grant: Callable[[Asked, int], Said], holds: Callable[[Asked], str], *, uses: int = 2
) -> Callable[[Asked], Said]:
    """Grant tokens t0, t1, … that are good for a few requests each."""
    granted: dict[str, int] = {}

    def say(asked: Asked) -> Said:
        if asked.path == "/token":
            said = grant(asked, len(granted))
            if said.status < 400:
                granted[f"t{len(granted)}"] = 0
            return said
        token = holds(asked)
        if granted.get(token, uses) >= uses:
            return Said({"error": "expired"}, status=401)
        granted[token] += 1
        return numbered(asked)

    return say


def bearer(asked: Asked) -> str:
    return asked.headers.get("authorization", "").removeprefix("Bearer ")


def test_a_refresh_token_that_turns_is_followed(api: Api) -> None:
    def grant(asked: Asked, number: int) -> Said:
        form = parse_qs(asked.body)
        assert form["grant_type"] == ["refresh_token"]
        assert form["refresh_token"] == [f"r{number}"]
        return Said({"access_token": f"t{number}", "refresh_token": f"r{number + 1}"})

    api.say = answering(grant, bearer)
    auth: Auth = {
        "type": "oauth2_refresh_token",
        "token_url": f"{api.url}/token",
        "client_id": "me",
        "refresh_token": "r0",
    }
    assert ids(read(source(api, PAGE, auth=auth))) == [1, 2, 3, 4, 5, 6]
    assert "client_secret" not in api.asked[0].body


@pytest.mark.parametrize("send", ["form", "basic"])
def test_a_password_is_traded_for_a_token(api: Api, send: str) -> None:
    def grant(asked: Asked, number: int) -> Said:
        form = {name: values[0] for name, values in parse_qs(asked.body).items()}
        assert form["grant_type"] == "password"
        assert (form["username"], form["password"]) == ("u", "hunter2")
        assert ("authorization" in asked.headers) == (send == "basic")
        return Said({"access_token": f"t{number}", "expires_in": 3600})

    api.say = answering(grant, bearer)
    auth: Auth = {
        "type": "oauth2_password",
        "token_url": f"{api.url}/token",
        "client_id": "me",
        "client_secret": "x",
        "user": "u",
        "password": "hunter2",
        "send": send,
    }
    assert ids(read(source(api, PAGE, auth=auth))) == [1, 2, 3, 4, 5, 6]


LOGIN: Json = {
    "type": "login",
    "fields": {"corpid": "c"},
    "secrets": {"corpsecret": "hunter2"},
    "found_at": "data.token",
    "name": "X-Token",
}


@pytest.mark.parametrize("send", ["json", "form", "query"])
def test_a_login_gives_a_token_that_is_renewed_when_it_is_refused(api: Api, send: str) -> None:
    def grant(asked: Asked, number: int) -> Said:
        sent: Mapping[str, object] = asked.query
        if send == "json":
            sent = json.loads(asked.body)
        elif send == "form":
            sent = {name: values[0] for name, values in parse_qs(asked.body).items()}
        assert sent == {"corpid": "c", "corpsecret": "hunter2"}
        return Said({"data": {"token": f"t{number}"}})

    api.say = answering(grant, lambda asked: asked.headers.get("x-token", ""))
    auth: Auth = {**LOGIN, "login_url": f"{api.url}/token", "send": send}
    assert ids(read(source(api, PAGE, auth=auth))) == [1, 2, 3, 4, 5, 6]
    assert sum(asked.path == "/token" for asked in api.asked) == 3


def test_a_token_in_the_query_that_ends_by_a_code_is_renewed(api: Api) -> None:
    """As WeCom and DingTalk do it: 200 for everything, the token among the parameters."""
    granted: dict[str, int] = {}

    def say(asked: Asked) -> Said:
        if asked.path == "/gettoken":
            assert asked.query == {"corpid": "c", "corpsecret": "hunter2"}
            granted[f"t{len(granted)}"] = 0
            return Said(
                {"errcode": 0, "access_token": f"t{len(granted) - 1}", "expires_in": 7200}
            )
        token = asked.query.get("access_token", "")
        if granted.get(token, 2) >= 2:
            return Said({"errcode": 42001, "errmsg": "access_token expired"})
        granted[token] += 1
        page = int(asked.query.get("cursor", "0"))
        found = [{"id": page}]
        return Said({"errcode": 0, "list": found, "next": str(page + 1) if page < 5 else ""})

    api.say = say
    auth: Auth = {
        **LOGIN,
        "login_url": f"{api.url}/gettoken",
        "method": "GET",
        "send": "query",
        "found_at": "access_token",
        "name": "access_token",
        "place": "query",
    }
    stream: Json = {
        "params": {"cursor": ""},
        "records": "list",
        "paging": {"type": "cursor", "next": "next"},
    }
    verdict: dict[str, JsonValue] = {"signed_out": [42001], "message": "errmsg"}
    found = ids(read(source(api, stream, auth=auth, verdict=verdict)))
    assert found == [0, 1, 2, 3, 4, 5]
    assert len(granted) == 4


def test_a_session_cookie_is_carried(api: Api) -> None:
    def grant(_: Asked, number: int) -> Said:
        return Said({}, headers={**JSON, "set-cookie": f"sid=t{number}; Path=/; HttpOnly"})

    def cookie(asked: Asked) -> str:
        [found] = [
            part.partition("=")[2]
            for part in asked.headers["cookie"].split("; ")
            if part.startswith("sid=")
        ]
        return found

    api.say = answering(grant, cookie)
    auth: Auth = {
        **LOGIN,
        "login_url": f"{api.url}/token",
        "found_in": "cookie",
        "found_at": "sid",
        "name": "sid",
        "place": "cookie",
    }
    assert ids(read(source(api, PAGE, auth=auth))) == [1, 2, 3, 4, 5, 6]


def test_a_key_in_a_cookie_is_sent(api: Api) -> None:
    api.say = lambda _: Said([{"id": 1}])
    auth: Auth = {"type": "api_key", "name": "key", "value": "hunter2", "place": "cookie"}
    source(api, auth=auth).check()
    assert api.asked[0].headers["cookie"] == "key=hunter2"


@pytest.mark.parametrize(
    "said",
    [Said({"errcode": 40001}), Said(b"<html>"), Said({}, status=403), Said({"data": {}})],
)
def test_a_login_that_fails_is_refused_without_its_secrets(api: Api, said: Said) -> None:
    api.say = lambda _: said
    auth: Auth = {**LOGIN, "login_url": f"{api.url}/token", "send": "query"}
    with pytest.raises(AuthenticationRefusedError) as caught:
        source(api, auth=auth).check()
    assert "hunter2" not in str(caught.value)
    assert all(asked.path == "/token" for asked in api.asked)


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


SIGNED: Json = {"type": "signature", "app_key": "me", "secret": "hunter2"}
VENDORS: Mapping[str, tuple[Json, Callable[[Asked], str]]] = {
    "secret_around_sorted_pairs_md5": (
        {
            "algorithm": "md5",
            "digest": "hex_upper",
            "text": "{secret}{params}{secret}",
            "pair": "{name}{value}",
            "join": "",
        },
        lambda asked: md5(f"hunter2{''.join(n + v for n, v in pairs(asked))}hunter2").upper(),
    ),
    "sorted_query_and_key_sha256": (
        {"algorithm": "sha256", "text": "{params}&key={secret}", "nonce_param": "nonce"},
        lambda asked: hashlib.sha256(
            ("&".join(f"{n}={v}" for n, v in pairs(asked)) + "&key=hunter2").encode()
        ).hexdigest(),
    ),
    "moment_and_secret_hmac": (
        {
            "algorithm": "hmac_sha256",
            "digest": "base64",
            "timestamp": "epoch_ms",
            "text": "{timestamp}\n{secret}",
        },
        lambda asked: base64.b64encode(
            hmac.digest(b"hunter2", f"{asked.query['timestamp']}\nhunter2".encode(), "sha256")
        ).decode(),
    ),
}


def pairs(asked: Asked) -> list[tuple[str, str]]:
    form = {name: values[0] for name, values in parse_qs(asked.body).items()}
    return sorted((n, v) for n, v in {**asked.query, **form}.items() if n != "sign" and v)


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("form", [False, True])
def test_requests_are_signed_as_vendors_check_them(
    api: Api,
    vendor: str,
    form: bool,  # noqa: FBT001  a case
) -> None:
    options, expected = VENDORS[vendor]

    def say(asked: Asked) -> Said:
        if asked.query.get("sign") != expected(asked):
            return Said(status=401)
        found = {name: values[0] for name, values in parse_qs(asked.body).items()}
        return numbered(Asked("", {**asked.query, **found}, {}))

    api.say = say
    stream: Json = {**PAGE, "params": {"b": "客户 1", "a": "x+y", "empty": ""}}
    if form:
        stream = {**stream, "method": "POST", "params_in": "body", "body": {"type": "form"}}
    found = read(source(api, stream, auth={**SIGNED, **options}))
    assert ids(found) == [1, 2, 3, 4, 5, 6]
    assert "hunter2" not in "".join(f"{asked.query}{asked.headers}" for asked in api.asked)


def test_a_signature_over_the_body_goes_in_headers(api: Api) -> None:
    def say(asked: Asked) -> Said:
        body = hashlib.sha256(asked.body.encode()).hexdigest()
        text = f"{asked.headers['timestamp']}POST/items{body}"
        expected = hmac.digest(b"hunter2", text.encode(), "sha1").hex()
        return Said([{"id": 1}], status=200 if asked.headers["x-sign"] == expected else 401)

    api.say = say
    auth: Auth = {
        **SIGNED,
        "algorithm": "hmac_sha1",
        "text": "{timestamp}{method}{path}{body_sha256}",
        "place": "header",
        "sign_param": "X-Sign",
    }
    stream: Json = {"method": "POST", "body": {"type": "json", "value": {"a": "客"}}}
    assert ids(read(source(api, stream, auth=auth))) == [1]
    assert api.asked[0].query == {}


def test_an_rsa_signature_is_verified_by_the_public_key(api: Api) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()

    def say(asked: Asked) -> Said:
        text = "&".join(f"{n}={v}" for n, v in pairs(asked)).encode()
        sign = base64.b64decode(asked.query["sign"])
        key.public_key().verify(sign, text, padding.PKCS1v15(), hashes.SHA256())
        return Said([{"id": 1}])

    api.say = say
    auth: Auth = {**SIGNED, "algorithm": "rsa_sha256", "digest": "base64", "secret": pem}
    assert ids(read(source(api, auth=auth))) == [1]
    with pytest.raises(OptionsInvalidError, match="no private key"):
        read(source(api, auth={**auth, "secret": "hunter2"}))


def test_a_signature_of_something_unknown_is_refused(api: Api) -> None:
    auth: Auth = {**SIGNED, "algorithm": "md5", "text": "{params}{salt}"}
    with pytest.raises(OptionsInvalidError, match=r"\{salt\}"):
        read(source(api, auth=auth))


def test_what_signs_a_link_is_not_kept_with_the_position(api: Api) -> None:
    def say(asked: Asked) -> Said:
        page = int(asked.query.get("p", "1"))
        query = "&".join(f"{n}={v}" for n, v in asked.query.items() if n != "p")
        following = f"/items?p={page + 1}&{query}" if page < 3 else None
        return Said({"data": [{"id": page}], "next": following})

    api.say = say
    auth: Auth = {**SIGNED, "algorithm": "md5"}
    stream: Json = {"records": "data", "paging": {"type": "next_url"}}
    batches = read(source(api, stream, auth=auth))
    assert ids(batches) == [1, 2, 3]
    assert not any("sign" in batch.resume.decode() for batch in batches)
