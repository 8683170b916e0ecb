"""What every room has of the database holds when that falls."""

from flask import Flask
from sqlalchemy import text

from intake.extensions import db


def test_an_answer_that_is_made_is_given_though_the_database_died_meanwhile(app: Flask) -> None:
    with app.app_context():
        db.session.execute(text("SELECT 1"))
        line = db.session.connection().connection.dbapi_connection
        assert line is not None
        line.close()  # as a database does that is killed
    with app.app_context():
        assert db.session.scalar(text("SELECT 1")) == 1, "the next request has a line of its own"
