"""What is Tocsin doing? Asked over its HTTP API, with a token, as any other program would."""

from __future__ import annotations

from typing import Any

import httpx

Record = dict[str, Any]


class Refused(Exception):
    """The API answered with an error; the message is its own."""


class Watch:
    """The part of the API that the story needs."""

    def __init__(self, url: str, token: str) -> None:
        self._client = httpx.Client(
            base_url=f"{url}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=10
        )
        self._seen: dict[str, int] = {}

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def newest_incident(self) -> Record | None:
        """The incident that was opened last."""
        items = self._get("/incidents")["items"]
        return items[0] if items else None

    def incident(self, number: str) -> Record:
        """One incident as it is now."""
        return self._get(f"/incidents/{number}")

    def news(self, number: str) -> list[Record]:
        """What has been written on its timeline since the last call."""
        found: list[Record] = []
        while True:
            page = self._get(f"/incidents/{number}/timeline", after=self._seen.get(number, 0))
            found += page["items"]
            if page["items"]:
                self._seen[number] = page["items"][-1]["seq"]
            if page["next"] is None:
                return found

    def runs(self, number: str) -> list[Record]:
        """The runs that were made for it."""
        return self._get(f"/incidents/{number}/runs")["items"]

    def report(self, number: str) -> str:
        """The draft of its report, in Markdown."""
        return str(self._get(f"/incidents/{number}/report")["markdown"])

    def approve(self, approval: str, reason: str) -> None:
        """Say yes to a step that asks."""
        self._read(self._client.post(f"/approvals/{approval}/approve", json={"reason": reason}))

    def _get(self, path: str, **query: Any) -> Any:
        return self._read(self._client.get(path, params=query))

    def _read(self, answer: httpx.Response) -> Any:
        if answer.is_error:
            raise Refused(
                f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text}"
            )
        return answer.json()
