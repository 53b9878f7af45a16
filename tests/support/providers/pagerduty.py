"""PagerDuty's Events API v2, as developer.pagerduty.com/docs/send-alert-event describes it."""

from __future__ import annotations

from typing import Any, ClassVar

from provider import Provider, Refused, Reply, Request, Seen

KEY = "e93facc04764012d7bfb002500d5d1a6"


def invalid(*errors: str) -> Refused:
    body = {"status": "invalid event", "message": "Event object is invalid", "errors": list(errors)}
    return Refused(Reply.of(body, status=400))


class Server(Provider):
    secrets: ClassVar = {"PAGERDUTY_KEY": KEY}

    def __init__(self) -> None:
        super().__init__()
        self.alerts: dict[str, str] = {}

    def settings(self) -> dict[str, Any]:
        return {"routing_key": "env:PAGERDUTY_KEY", "api_url": self.url}

    def answer(self, request: Request) -> Reply:
        if (request.method, request.path) != ("POST", "/v2/enqueue"):
            raise Refused(Reply.of({"error": {"message": "Not Found", "code": 2100}}, status=404))
        event = request.json
        if event.get("routing_key") != KEY:
            raise invalid("'routing_key' is invalid")
        action, dedup = event.get("event_action"), event.get("dedup_key", "")
        if action not in ("trigger", "acknowledge", "resolve") or not 0 < len(dedup) <= 255:
            raise invalid("'event_action' or 'dedup_key' is invalid")
        self.alerts[dedup] = action
        if action == "trigger":
            payload = event["payload"]
            if not 0 < len(payload["summary"]) <= 1024 or not payload["source"]:
                raise invalid("Length of 'summary' is incorrect (should be between 1 and 1024)")
            if payload["severity"] not in ("critical", "error", "warning", "info"):
                raise invalid("'severity' is invalid")
            if len(request.body) > 512_000:
                raise Refused(Reply(status=413))
            text = f"{payload['summary']}\n{payload['custom_details']['message']}"
            self.seen.append(Seen(text=text, links=tuple(each["href"] for each in event["links"])))
        body = {"status": "success", "message": "Event processed", "dedup_key": dedup}
        return Reply.of(body, status=202)
