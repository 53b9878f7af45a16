"""What can a program ask and do? The REST API under `/api/v1`, described by OpenAPI 3.1."""

from tocsin.faces.api.application import PREFIX, make_api
from tocsin.faces.api.context import Context

__all__ = ["PREFIX", "Context", "make_api"]
