"""The library over the API: what there is, what it says, whether it can be trusted, and reviews."""

from __future__ import annotations

import pytest


@pytest.fixture
def mei(as_):
    return as_("operator")


@pytest.fixture
def several(rooms):
    (rooms.folder / "runbooks" / "several.md").write_text(
        "# Trouble\n\n"
        "## Scenario 1: the queue is full\n\n### Diagnosis\n\n```bash\nuptime\n```\n\n### Resolution\n\nWait.\n\n"
        "## Scenario 2: 積壓過多\n\n### Diagnosis\n\n```bash\nfree\n```\n\n### Resolution\n\nWait longer.\n"
    )


def test_a_runbook_says_whether_it_can_be_trusted(client, mei):
    (found,) = client.get("runbooks", headers=mei).json()["items"]
    assert (found["used"], found["worked"], found["last_used_at"]) == (0, 0, None)
    assert (found["proven"], found["broken"], found["review_overdue"]) == (False, [], False)
    assert found["review_due_at"]


def test_a_runbook_is_told_in_the_shape_of_the_import(client, mei):
    found = client.get("runbooks/shop-down.md", headers=mei).json()
    read = found["read"]
    assert [each["role"] for each in read["sections"]] == [
        "",
        "diagnosis",
        "resolution",
        "resolution",
        "verification",
    ]
    assert [each["id"] for each in read["steps"]] == ["look", "restart", "healthy"]
    assert read["ladders"][0]["rungs"][0]["steps"] == ["restart"]
    assert found["proofs"] == []
    assert found["changed_since_proven"] is False


def test_a_runbook_inside_a_file_is_asked_for_by_its_name(client, mei, several):
    items = client.get("runbooks", headers=mei).json()["items"]
    inside = [each["path"] for each in items if "#" in each["path"]]
    assert len(inside) == 2
    found = client.get(f"runbooks/{inside[0].replace('#', '%23')}", headers=mei).json()
    assert "uptime" in found["markdown"]
    assert "free" not in found["markdown"]


def test_words_are_found_with_their_line(client, mei, several):
    (hit,) = client.get("runbooks/search?q=積壓", headers=mei).json()["items"]
    assert (hit["line"], hit["title"]) == (15, "積壓過多")
    assert client.get("runbooks/search?q=nothing", headers=mei).json()["items"] == []
    assert client.get("runbooks/search", headers=mei).status_code == 422


def test_who_has_read_a_runbook_says_so(client, mei):
    (due,) = client.get("runbooks/reviews", headers=mei).json()["items"]
    assert (due["path"], due["owner"], due["overdue"]) == ("shop-down.md", "backend", False)
    made = client.post("runbooks/reviews", json={"path": "shop-down.md", "note": "still so"}, headers=mei)
    assert made.status_code == 200, made.text
    assert (made.json()["by"], made.json()["note"]) == ("token:operator", "still so")
    (after,) = client.get("runbooks/reviews", headers=mei).json()["items"]
    assert after["why"].startswith("last reviewed on")


def test_one_who_may_only_look_cannot_say_it(client, as_):
    sent = client.post("runbooks/reviews", json={"path": "shop-down.md"}, headers=as_("viewer"))
    assert sent.status_code == 403


@pytest.mark.parametrize("path", ["no.md", "../tocsin.yaml", "shop-down.md#no", "\x00.md", "", "x" * 201])
def test_what_is_not_there_cannot_be_reviewed(client, mei, path):
    sent = client.post("runbooks/reviews", json={"path": path}, headers=mei)
    assert sent.status_code in (404, 422)
