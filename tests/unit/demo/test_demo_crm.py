"""The CRM over real HTTP: tokens, pages, limits, failures, and a quick end."""

import base64
import socket
import threading
from collections.abc import Iterator

import httpx
import pytest

from landbridge.demo.company import CrmRecords, CrmServer, Scale, Temper

SCALE = Scale(customers=120, contacts=90)
RECORDS = CrmRecords.on(28, seed=5, scale=SCALE)
CALM = Temper(window_requests=0)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=10) as client:
        yield client


def grant(client: httpx.Client, crm: CrmServer) -> httpx.Response:
    known = crm.credentials
    return client.post(
        crm.token_url,
        data={
            "grant_type": "client_credentials",
            "client_id": known.client_id,
            "client_secret": known.client_secret,
        },
    )


def bearer(client: httpx.Client, crm: CrmServer) -> dict[str, str]:
    return {"Authorization": f"Bearer {grant(client, crm).json()['access_token']}"}


def get(
    client: httpx.Client, crm: CrmServer, token: dict[str, str], **asked: str | int
) -> httpx.Response:
    return client.get(f"{crm.url}/api/v1/customers", params=asked, headers=token)


def all_pages(
    client: httpx.Client, crm: CrmServer, token: dict[str, str], **asked: str | int
) -> list[object]:
    found: list[object] = []
    for _ in range(1000):
        page = get(client, crm, token, **asked).json()
        found.extend(page["data"])
        if page["next_cursor"] is None:
            return found
        asked["cursor"] = page["next_cursor"]
    raise AssertionError("the pages do not end")


def test_the_pages_together_are_every_record_once(client: httpx.Client) -> None:
    with CrmServer(RECORDS, temper=CALM) as crm:
        token = bearer(client, crm)
        for limit in (1, 7, 120, 500):
            assert all_pages(client, crm, token, limit=limit) == list(RECORDS.customers)


def test_a_page_is_no_larger_than_the_api_allows(client: httpx.Client) -> None:
    with CrmServer(RECORDS, temper=Temper(window_requests=0, largest_page=50)) as crm:
        page = get(client, crm, bearer(client, crm), limit=1000).json()

    assert len(page["data"]) == 50
    assert page["next_cursor"]


def test_updated_since_takes_in_its_own_moment_and_nothing_older(client: httpx.Client) -> None:
    since = str(RECORDS.customers[100]["updated_at"])
    with CrmServer(RECORDS, temper=CALM) as crm:
        found = all_pages(client, crm, bearer(client, crm), updated_since=since, limit=6)

    assert found == [one for one in RECORDS.customers if str(one["updated_at"]) >= since]
    assert 0 < len(found) <= 20


def test_an_inclusive_cursor_repeats_the_last_record_of_each_page(client: httpx.Client) -> None:
    temper = Temper(window_requests=0, repeats_boundary=True)
    with CrmServer(RECORDS, temper=temper) as crm:
        found = all_pages(client, crm, bearer(client, crm), limit=50)

    assert len(found) == len(RECORDS.customers) + 2
    assert found[49] == found[50]
    assert {str(one) for one in found} == {str(one) for one in RECORDS.customers}


def test_a_client_may_introduce_itself_by_basic_authentication(client: httpx.Client) -> None:
    with CrmServer(RECORDS, temper=CALM) as crm:
        known = crm.credentials
        answer = client.post(
            crm.token_url,
            data={"grant_type": "client_credentials"},
            auth=(known.client_id, known.client_secret),
        )

    assert answer.status_code == 200
    assert answer.json()["token_type"] == "Bearer"


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({}, 400, "unsupported_grant_type"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, 401, "invalid_client"),
        (
            {
                "grant_type": "client_credentials",
                "client_id": "landbridge",
                "client_secret": "密",
            },
            401,
            "invalid_client",
        ),
    ],
)
def test_a_stranger_gets_no_token(
    client: httpx.Client, form: dict[str, str], status: int, error: str
) -> None:
    with CrmServer(RECORDS) as crm:
        answer = client.post(crm.token_url, data=form)

    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_a_token_expires_by_the_clock(client: httpx.Client, clock: Clock) -> None:
    temper = Temper(window_requests=0, token_secs=60)
    with CrmServer(RECORDS, temper=temper, clock=clock) as crm:
        token = bearer(client, crm)
        clock.now += 59
        assert get(client, crm, token).status_code == 200
        clock.now += 2
        refusal = get(client, crm, token)

    assert refusal.status_code == 401
    assert refusal.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


def test_a_token_expires_by_use_and_the_next_one_serves(client: httpx.Client) -> None:
    with CrmServer(RECORDS, temper=Temper(window_requests=0, token_uses=2)) as crm:
        token = bearer(client, crm)
        statuses = [get(client, crm, token).status_code for _ in range(3)]
        again = get(client, crm, bearer(client, crm)).status_code

    assert (statuses, again) == ([200, 200, 401], 200)
    assert crm.statistics.unauthorised == 1
    assert crm.statistics.tokens == 2


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer nobody", "Basic !!!", "Token x"])
def test_no_token_no_data(client: httpx.Client, header: str) -> None:
    with CrmServer(RECORDS) as crm:
        assert get(client, crm, {"Authorization": header}).status_code == 401


def test_too_many_requests_are_told_when_to_come_back(
    client: httpx.Client, clock: Clock
) -> None:
    temper = Temper(window_requests=3, window_secs=2.0)
    with CrmServer(RECORDS, temper=temper, clock=clock) as crm:
        token = bearer(client, crm)
        statuses = [get(client, crm, token).status_code for _ in range(4)]
        refusal = get(client, crm, token)
        clock.now += int(refusal.headers["Retry-After"])
        after = get(client, crm, token).status_code

    assert statuses == [200, 200, 200, 429]
    assert refusal.headers["Retry-After"] == "2"
    assert after == 200
    assert crm.statistics.limited == 2


def test_every_so_many_requests_one_fails_and_its_repetition_serves(
    client: httpx.Client,
) -> None:
    with CrmServer(RECORDS, temper=Temper(window_requests=0, error_every=3)) as crm:
        token = bearer(client, crm)
        statuses = [get(client, crm, token).status_code for _ in range(7)]

    assert statuses == [200, 200, 500, 200, 200, 500, 200]
    assert crm.statistics.failed == 2
    assert crm.statistics.served == 5


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"limit": "0"}, "bad_limit"),
        ({"limit": "many"}, "bad_limit"),
        ({"cursor": "nonsense"}, "bad_cursor"),
        ({"cursor": base64.urlsafe_b64encode(b'{"a": 1}').decode()}, "bad_cursor"),
        ({"since": "2026"}, "unknown_parameter"),
    ],
)
def test_a_question_the_api_does_not_understand_is_refused(
    client: httpx.Client, asked: dict[str, str], error: str
) -> None:
    with CrmServer(RECORDS) as crm:
        answer = get(client, crm, bearer(client, crm), **asked)

    assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_wrong_paths_methods_and_bodies_are_refused(client: httpx.Client) -> None:
    with CrmServer(RECORDS) as crm:
        assert client.get(f"{crm.url}/").status_code == 404
        assert client.get(f"{crm.url}/api/v1/secrets").status_code == 404
        assert client.get(crm.token_url).headers["Allow"] == "POST"
        assert client.put(f"{crm.url}/api/v1/customers").headers["Allow"] == "GET"
        assert client.delete(f"{crm.url}/api/v1/customers").status_code == 405
        assert client.post(crm.token_url, content=b"x" * 70_000).status_code == 413


def test_many_callers_at_once_each_get_every_record() -> None:
    results: list[int] = []

    def call(crm: CrmServer) -> None:
        with httpx.Client(timeout=10) as client:
            token = bearer(client, crm)
            results.append(len(all_pages(client, crm, token, limit=20)))

    with CrmServer(RECORDS, temper=CALM) as crm:
        callers = [threading.Thread(target=call, args=(crm,)) for _ in range(8)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()

    assert results == [len(RECORDS.customers)] * 8


def test_closing_hangs_up_on_idle_callers_and_ends_every_thread() -> None:
    before = set(threading.enumerate())
    crm = CrmServer(RECORDS, temper=CALM)
    port = httpx.URL(crm.url).port
    assert port is not None
    with socket.create_connection(("127.0.0.1", port)) as idle, httpx.Client() as client:
        client.get(f"{crm.url}/")
        crm.close()
        assert idle.recv(1) == b""
    crm.close()

    assert set(threading.enumerate()) == before
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port))


def test_a_caller_that_hangs_up_in_the_middle_disturbs_nobody(
    client: httpx.Client, capsys: pytest.CaptureFixture[str]
) -> None:
    with CrmServer(RECORDS, temper=CALM) as crm:
        port = httpx.URL(crm.url).port
        assert port is not None
        for start in (
            b"",
            b"GET /api",
            b"POST /oauth/token HTTP/1.1\r\nContent-Length: 9\r\n\r\nab",
        ):
            with socket.create_connection(("127.0.0.1", port)) as rude:
                rude.sendall(start)
        assert get(client, crm, bearer(client, crm)).status_code == 200

    assert capsys.readouterr().err == ""


def test_a_connection_serves_many_requests(
    client: httpx.Client,
) -> None:
    with CrmServer(RECORDS, temper=CALM) as crm:
        token = bearer(client, crm)
        connections = {
            id(get(client, crm, token).extensions["network_stream"]) for _ in range(5)
        }
    assert len(connections) == 1
