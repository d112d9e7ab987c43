"""What there is."""

from flask import Blueprint, url_for

blueprint = Blueprint("catalog", __name__)


@blueprint.get("/")
def index() -> str:
    return f"blueprints: {url_for('catalog.item', number=7)}, {url_for('cart.show')}"


@blueprint.get("/items/<int:number>")
def item(number: int) -> str:
    return f"item {number}"
