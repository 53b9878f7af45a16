"""What does a person see? The pages: server-rendered, good without JavaScript, live with it."""

from tocsin.faces.web.context import Context
from tocsin.faces.web.face import make_web
from tocsin.faces.web.live import Hub
from tocsin.faces.web.security import SESSION_COOKIE

__all__ = ["SESSION_COOKIE", "Context", "Hub", "make_web"]
