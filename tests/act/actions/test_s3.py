"""Objects in a store that speaks S3: listed, looked at, written; and signatures as Amazon's own client makes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from answering import answering
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.server import ThreadedMotoServer

from tocsin.act.actions.action import CannotRun
from tocsin.act.actions.s3_signature import Keys, escaped, query_of, signed
from tocsin.ground.kernel.secret import Secret

Act = Callable[..., Any]
KEYS = {"aws_access_key_id": "AKIDSTUB", "aws_secret_access_key": "secret/Key+1"}


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[dict[str, Any], Any]]:
    """The target of a bucket with a few exports, and a client of Amazon's for it."""
    monkeypatch.setenv("STORE_SECRET", KEYS["aws_secret_access_key"])
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", **KEYS)
        client.create_bucket(Bucket="exports")
        for number in range(7):
            client.put_object(Bucket="exports", Key=f"day/{number} ü+&.json", Body=b"x" * number)
        yield (
            {
                "kind": "s3",
                "endpoint": endpoint,
                "bucket": "exports",
                "access_key": KEYS["aws_access_key_id"],
                "secret_key": Secret.from_reference("env:STORE_SECRET"),
            },
            client,
        )
        client.close()
    finally:
        server.stop()


def test_objects_are_listed_looked_at_and_the_store_is_tried(act: Act, store: tuple[dict[str, Any], Any]):
    target, client = store
    result, _ = act("s3.list", {"prefix": "day/"}, target=target)
    assert [(row["key"], row["bytes"]) for row in result.rows] == [
        (f"day/{number} ü+&.json", number) for number in range(7)
    ]
    assert len(act("s3.list", {"limit": 3}, target=target)[0].rows) == 3

    _, seen = act("s3.head", {"key": "day/5 ü+&.json", "newer_than": "1h"}, target=target)
    assert seen["json"]["bytes"] == 5
    small, _ = act("s3.head", {"key": "day/5 ü+&.json", "smallest": 6}, target=target)
    assert small.why == "day/5 ü+&.json has 5 bytes, fewer than 6"
    gone, _ = act("s3.head", {"key": "${WHAT}"}, target=target, values={"WHAT": "day/../x?y=1#z"})
    assert gone.why == "day/../x?y=1#z is not there"

    with pytest.raises(CannotRun, match="read was permitted"):
        act("s3.probe", {}, target=target)
    tried, seen = act("s3.probe", {}, target=target, level="change")
    assert tried.well
    assert {"put_ms", "get_ms", "delete_ms"} <= seen["json"].keys()
    assert len(client.list_objects_v2(Bucket="exports")["Contents"]) == 7
    missing, _ = act("s3.list", {}, target=target | {"bucket": "elsewhere"})
    assert missing.why == "the store answered 404 NoSuchBucket"


@pytest.mark.parametrize("method", ["GET", "PUT", "HEAD"])
@pytest.mark.parametrize("token", ["", "session/token=="])
def test_a_request_is_signed_as_amazon_s_own_client_signs_it(
    method: str, token: str, monkeypatch: pytest.MonkeyPatch
):
    at = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    monkeypatch.setattr(
        "botocore.auth.get_current_datetime", lambda remove_tzinfo=True: at.replace(tzinfo=None)
    )
    url = f"https://account.r2.cloudflarestorage.com/exports/{escaped('a b/ü+&=~.json')}"
    query = {"list-type": "2", "prefix": "a/b c+ü", "max-keys": "5"}
    body = b'{"a": 1}' if method == "PUT" else b""
    keys = Keys(access="AKID", secret="s/+", region="auto", token=token)
    mine = signed(keys, method, url, query, body, at)
    request = AWSRequest(method=method, url=f"{url}?{query_of(query)}", data=body)
    signer = S3SigV4Auth(Credentials("AKID", "s/+", token or None), "s3", "auto")
    request.context["payload_signing_enabled"] = True
    signer.add_auth(request)
    assert mine["authorization"] == request.headers["Authorization"]


def test_what_is_no_object_store_and_a_document_with_entities_are_refused(act: Act):
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa">]><Error><Code>&a;</Code></Error>'
    target = {"kind": "s3", "bucket": "b", "access_key": "a", "secret_key": "s"}
    for status, told in ((200, bomb), (200, {"no": "store"}), (500, bomb)):
        with answering(lambda *_: (status, told)) as server:  # noqa: B023 - called within the turn
            result, _ = act("s3.list", {}, target=target | {"endpoint": server.url})
        assert result.why == ("this is no object store" if status == 200 else "the store answered 500")
