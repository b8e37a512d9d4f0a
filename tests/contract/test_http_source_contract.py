from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import JsonValue

from landbridge.connectors.http.manifest import READS
from landbridge.connectors.http.options import HttpOptions
from landbridge.connectors.http.source import HttpSource
from landbridge.demo.company.crm import CrmServer, Temper
from landbridge.demo.company.crm_records import CrmRecords, Record
from landbridge.sdk.manifest import Context
from landbridge.sdk.reading import Reading
from landbridge.testing.source_contract import CHECKS, SourceCase, SourceCheck

PATIENT = Temper(window_requests=0, token_uses=7)
INCLUSIVE = Temper(window_requests=0, repeats_boundary=True)


def record(number: int) -> Record:
    return {
        "id": f"C-{number:04}",
        "number": number,
        "name": f"第 {number} 家" if number % 3 else None,
        "address": {"city": "上海", "lat": 31.20 + number / 1000},
        "limit": number * 1.25,
        "updated_at": f"2026-01-01T00:{number // 60:02}:{number % 60:02}Z",
    }


@pytest.fixture(params=[PATIENT, INCLUSIVE], ids=["token_ends", "inclusive_cursor"])
def crm(request: pytest.FixtureRequest) -> Iterator[CrmServer]:
    customers = tuple(record(number) for number in range(240))
    with CrmServer(CrmRecords(customers, ()), temper=request.param) as server:
        yield server


def crm_options(crm: CrmServer, **stream: JsonValue) -> HttpOptions:
    return HttpOptions.model_validate(
        {
            "url": crm.url,
            "allow_private": ("127.0.0.1",),
            "auth": {
                "type": "oauth2_client_credentials",
                "token_url": crm.token_url,
                "client_id": crm.credentials.client_id,
                "client_secret": crm.credentials.client_secret,
            },
            "streams": {
                "customers": {
                    "path": "api/v1/customers",
                    "records": "data",
                    "key": ("id",),
                    "paging": {"type": "cursor", "size_param": "limit", "size": 20},
                    "window": {
                        "column": "updated_at",
                        "since_param": "updated_since",
                        "format": "iso_z",
                    },
                    "columns": {"updated_at": "timestamp_tz"},
                    **stream,
                }
            },
        }
    )


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_keeps_the_source_contract(crm: CrmServer, check: SourceCheck, tmp_path: Path) -> None:
    options = crm_options(crm)
    check(
        SourceCase(
            build=lambda: HttpSource(options, Context(tmp_path, tmp_path)),
            reading=Reading("customers", batch_bytes=3000),
            reads=READS,
            cursor="updated_at",
            key="number",
        )
    )
