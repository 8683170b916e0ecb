from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask
from wtforms import Form

View = TypeVar("View", bound=Callable[..., Any])

class FlaskForm(Form):
    class Meta: ...
    form_errors: list[str]
    def __init__(self, formdata: Any = ..., **kwargs: Any) -> None: ...

class CSRFProtect:
    def init_app(self, app: Flask) -> None: ...
    def exempt(self, view: View) -> View: ...
    def protect(self) -> None: ...
