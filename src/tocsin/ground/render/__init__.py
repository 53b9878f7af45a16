"""How does Markdown become a page? One renderer and one sanitiser for every text a person or an alert wrote."""

from tocsin.ground.render.leaves import Piece, pieces
from tocsin.ground.render.markdown import render

__all__ = ["Piece", "pieces", "render"]
