"""The API does what its OpenAPI document says, whatever is sent: schemathesis makes the requests of that document.

Good ones and spoilt ones; the same ones each time, unless TOCSIN_FAULTS=full asks for more and others. Who may call is
the matter of `test_gate.py`: here an admin does. A parameter that nobody knows is no mistake.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
import schemathesis
from databases import on_sqlite
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

load_all_checks()
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
FULL = os.environ.get("TOCSIN_FAULTS") == "full"
EXAMPLES = 200 if FULL else 6
CONFIG = SchemathesisConfig.from_dict(
    {"generation": {"allow-extra-parameters": False, "with-security-parameters": False}}
)


@on_sqlite  # answers have the same form on every database
@pytest.mark.timeout(1_800 if FULL else 600)
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_every_operation_keeps_its_word(client, as_, mode: GenerationMode):
    headers = as_("admin")
    document = client.get("openapi.json").json()
    schema = schemathesis.openapi.from_dict(document, config=CONFIG)
    wrong: list[str] = []
    tried = 0
    asked = ""
    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=EXAMPLES,
            database=None,
            derandomize=not FULL,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: Any) -> None:
            nonlocal tried, asked
            assume("/." not in case.formatted_path)  # a client would take that for another address
            sent = case.as_transport_kwargs(base_url="http://tocsin/api/v1", headers=headers)
            answer = client.request(
                sent["method"],
                sent["url"],
                content=sent.get("data"),
                headers=sent["headers"],
                params=sent.get("params"),
                **({"json": sent["json"]} if "json" in sent else {}),
            )
            tried += 1
            asked = str(answer.url)
            case.validate_response(answer, checks=CHECKS)

        try:
            ask()
        except Unsatisfiable:
            continue  # nothing can be wrong where nothing is asked for
        except (FailureGroup, Failure) as error:
            told = error.exceptions if isinstance(error, FailureGroup) else (error,)
            wrong += [f"{operation.method.upper()} {operation.path}: {each}\n{asked}" for each in told]
    assert tried > 20
    assert not wrong, "\n\n".join(wrong)
