"""Templates rendered: ours as they are shipped, a user's own in a sandbox, with a limit of time and size.

A page asks for nothing from anywhere: its style and its script are inside, and a content security policy
names both by their hash, so that no text of a deal can ever run or load something.
"""

from __future__ import annotations

import base64
import ctypes
import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    TemplateError,
)
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from pipesheet.drawing import Svg
from pipesheet.errors import UsageError
from pipesheet.language import say, spoken
from pipesheet.resources import template_folder

SECONDS, CHARACTERS, PICTURE_BYTES = 5.0, 4_000_000, 200_000
"""What a template of the user's may take: to render, to write, and to show as a picture."""
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}\Z")
_PICTURES = {
    ".png": "png",
    ".jpg": "jpeg",
    ".jpeg": "jpeg",
    ".gif": "gif",
    ".svg": "svg+xml",
}
Tokens = Mapping[str, Mapping[str, str]]


def rendered_page(template: str, own: Path | None = None, **said: Any) -> str:
    """One HTML page from a template of ours, or of the folder `own`, with style and script inside.

    Raises:
        UsageError: a template, a colour or a picture of the user's cannot be used; the message says which.
    """
    text = environment(None, escaping=False)
    colours = tokens(own)
    style = text.get_template("style.css").render(light=colours["light"], dark=colours["dark"]) + _more_style(own)
    script = text.get_template("script.js").render()
    return rendered(
        template, own, style=_inline(style), script=_inline(script), style_hash=_hash(style),
        script_hash=_hash(script), **said,
    )  # fmt: skip


def rendered(template: str, own: Path | None = None, *, escaping: bool = True, **said: Any) -> str:
    """A template of ours, or of the folder `own` where that has one of the name.

    Raises:
        UsageError: the user's own cannot be rendered, or takes too long or too much.
    """
    load = environment(own, escaping=escaping).get_template
    if own is None:
        return load(template).render(**said)
    try:
        # Ours are compiled before the clock starts.
        page, *_ = [load(name) for name in (template, f"shipped/{template}", "shipped/parts.html.j2", "parts.html.j2")]
        with _within(SECONDS):
            return _no_longer_than(CHARACTERS, page.generate(**said))
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, RecursionError, TimeoutError) as fault:
        raise UsageError(
            f"A template in {own} cannot be used: {_place(fault)}{fault}. See docs/templates.md."
        ) from fault


def _place(fault: Exception) -> str:
    name, line = getattr(fault, "name", None), getattr(fault, "lineno", None)
    return f"{name}, line {line}: " if name and line else ""


def _no_longer_than(most: int, pieces: Iterator[str]) -> str:
    whole, size = [], 0
    for piece in pieces:
        size += len(piece)
        if size > most:
            raise ValueError(f"it writes more than {most:,} characters")
        whole.append(piece)
    return "".join(whole)


class _TimeIsUp(TimeoutError):
    """Raised in the middle of a template, wherever it is then."""

    def __str__(self) -> str:
        return f"it takes longer than {SECONDS:g} seconds"


@contextmanager
def _within(seconds: float) -> Iterator[None]:
    """Ends what is run inside when the time is over. A trace would do so too, at ten times the time for all."""
    here = ctypes.c_ulong(threading.get_ident())
    end = ctypes.pythonapi.PyThreadState_SetAsyncExc
    clock = threading.Timer(seconds, lambda: end(here, ctypes.py_object(_TimeIsUp)))
    clock.daemon = True
    clock.start()
    try:
        yield
    finally:
        clock.cancel()


class _Sandbox(ImmutableSandboxedEnvironment):
    """Where a user's templates run: no file, no import, no change, and no number or text made huge at once."""

    intercepted_binops = frozenset({"*", "**"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Numbers may be multiplied; texts and lists not, nor numbers raised to a power."""
        if operator == "**" or not isinstance(left, int | float) or not isinstance(right, int | float):
            raise ValueError(f"{operator} is for numbers only" if operator == "*" else "there is no ** here")
        return super().call_binop(context, operator, left, right)


@cache
def environment(own: Path | None, *, escaping: bool) -> Environment:
    """Where templates are rendered; escaping, unless nothing of it is HTML. `own` is a folder of the user's."""
    shipped = FileSystemLoader(template_folder(), encoding="utf-8")
    loader: BaseLoader = shipped
    if own is not None:
        loader = ChoiceLoader([FileSystemLoader(own, encoding="utf-8"), shipped, PrefixLoader({"shipped": shipped})])
    # True and not select_autoescape(), which leaves a .html.j2 unescaped. Unescaped is for our style
    # and script alone: nothing of a workbook is ever given to it.
    made = (Environment if own is None else _Sandbox)(
        loader=loader,
        autoescape=escaping,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters["drawn"] = _drawn
    made.globals.update(_=say, spoken=spoken, picture=_pictures(own))
    return made


def _pictures(own: Path | None) -> Callable[[str], str]:
    def picture(name: str) -> str:
        """A picture in the user's folder as an address that asks for nothing: ``data:image/png;base64,…``."""
        path = (own or template_folder()) / name
        kind = _PICTURES.get(path.suffix.lower())
        if kind is None or Path(name).name != name or not path.is_file():
            raise ValueError(f"there is no picture {name!r} (.png, .jpg, .gif or .svg) in the folder")
        data = path.read_bytes()
        if len(data) > PICTURE_BYTES:
            raise ValueError(f"the picture {name} has more than {PICTURE_BYTES // 1000} KB")
        return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"

    return picture


def tokens(own: Path | None = None) -> Tokens:
    """The colours of both themes by their names; those in the user's own ``tokens.json`` take ours' places.

    Raises:
        UsageError: that file is none of colours that we know.
    """
    ours = _own_tokens()
    path = None if own is None else own / "tokens.json"
    if path is None or not path.is_file():
        return ours
    try:
        theirs = json.loads(path.read_text(encoding="utf-8"))
        return {theme: {**colours, **_checked(theirs.get(theme, {}), colours)} for theme, colours in ours.items()}
    except (OSError, ValueError, AttributeError) as fault:
        raise UsageError(f"{path} cannot be used: {fault}. See docs/templates.md.") from fault


@cache
def _own_tokens() -> Tokens:
    found: Tokens = json.loads((template_folder() / "tokens.json").read_text(encoding="utf-8"))
    return found


def _checked(theirs: Mapping[str, str], ours: Mapping[str, str]) -> Mapping[str, str]:
    for name, colour in theirs.items():
        if name not in ours:
            raise ValueError(f"there is no colour {name!r}; there are {', '.join(ours)}")
        if not isinstance(colour, str) or not _COLOUR.match(colour):
            raise ValueError(f"{name} must be a colour such as #1A5FA8, not {colour!r}")
    return theirs


def _more_style(own: Path | None) -> str:
    path = None if own is None else own / "extra.css"
    if path is None or not path.is_file():
        return ""
    style = path.read_text(encoding="utf-8")
    if "</" in style or "<!--" in style or len(style) > PICTURE_BYTES:
        raise UsageError(f"{path} cannot be used: it is too long, or holds '</' or '<!--'.")
    return "\n" + style


def _drawn(chart: Svg) -> Markup:
    """Lets a chart of our own drawing through unescaped, and nothing else."""
    if not isinstance(chart, Svg):
        raise TypeError(f"only a drawn chart may stand unescaped, not {type(chart).__name__}")
    return Markup(chart.markup)  # noqa: S704  every text in it was escaped when it was drawn


def _inline(content: str) -> Markup:
    """Style or script as it stands between its tags; it must not be able to end them."""
    if "</" in content or "<!--" in content:
        raise ValueError("the style and the script must not hold '</' or '<!--'")
    return Markup(content)  # noqa: S704  a file of ours, or of the user's folder


def _hash(content: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
