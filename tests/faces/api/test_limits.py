"""A body of more than 512 KiB is refused with 413, whatever it says about its own length."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from pydantic import BaseModel

from tocsin.faces.api.limits import MOST_BYTES, BodyLimit


class Note(BaseModel):
    text: str


@pytest.fixture
def client(calling):
    app = FastAPI()

    @app.post("/")
    def take(body: Note) -> dict[str, int]:
        return {"taken": len(body.text)}

    app.add_middleware(BodyLimit)
    return calling(app)


def body_of(size: int) -> bytes:
    frame = b'{"text": ""}'
    return b'{"text": "' + b"x" * (size - len(frame)) + b'"}'


def test_a_body_of_exactly_the_limit_is_taken(client):
    assert (
        client.post(
            "/", content=body_of(MOST_BYTES), headers={"Content-Type": "application/json"}
        ).status_code
        == 200
    )


def test_one_byte_more_is_refused_by_its_announced_length(client):
    answer = client.post("/", content=body_of(MOST_BYTES + 1))
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "too_large"


def test_a_body_that_hides_its_length_is_counted(client):
    whole = body_of(MOST_BYTES + 1)
    answer = client.post(
        "/", content=[whole[:1000], whole[1000:]], headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "too_large"
