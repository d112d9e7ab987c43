"""What somebody wants of it; kept in the session, whose cookie is this service's own on localhost."""

from flask import Blueprint, session

blueprint = Blueprint("cart", __name__, url_prefix="/cart")


@blueprint.get("/")
def show() -> str:
    return f"{len(session.get('items', []))} items"


@blueprint.get("/add/<int:number>")
def add(number: int) -> str:
    session["items"] = [*session.get("items", []), number]
    return show()
