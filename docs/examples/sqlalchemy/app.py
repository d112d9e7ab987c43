"""Notes in SQLite by Flask-SQLAlchemy: `portc run -- flask run --debug`. Edits restart it; no visitor is refused."""

from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue
from flask_sqlalchemy import SQLAlchemy
from portd.flask import Portd
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]


db = SQLAlchemy(model_class=Base)
ports = Portd()


def create_app() -> Flask:
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///notes.db"
    ports.init_app(app)
    db.init_app(app)
    with app.app_context():
        Base.metadata.create_all(db.engine)

    @app.get("/")
    def notes() -> ResponseReturnValue:
        return jsonify(notes=[note.text for note in db.session.scalars(db.select(Note).order_by(Note.id))])

    @app.post("/")
    def write() -> ResponseReturnValue:
        db.session.add(Note(text=request.get_data(as_text=True)))
        db.session.commit()
        return notes()

    return app
