"""Arguments and options that several commands share."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

EPILOG = """\b
Exit codes: 0 clean · 1 findings of severity error · 2 wrong usage · 3 a file could not be
read or written. Several workbooks: the worst of theirs."""


def _day(_ctx: click.Context, _param: click.Parameter, text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a date; write it as YYYY-MM-DD, 2026-11-16.") from None


BOOKS = click.argument(
    "books", nargs=-1, required=True, type=click.Path(path_type=Path, readable=False), metavar="BOOK..."
)
AS_OF = click.option(
    "--as-of",
    callback=_day,
    metavar="DATE",
    help="Judge as of that day, YYYY-MM-DD. Default: the workbook's setting, else today.",
)
SETTING = click.option(
    "--set",
    "pairs",
    multiple=True,
    metavar="NAME=VALUE",
    help="A setting, stronger than the workbook's. May be repeated.",
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
QUIET = click.option("--quiet", "-q", is_flag=True, help="Print nothing but errors.")
TEMPLATES = click.option(
    "--templates",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A folder with blocks, colours and a logo of your own for the report; see docs/templates.md.",
)
PDF = click.option("--pdf", is_flag=True, help="Also print the report as PDF, with the Chromium, Chrome or Edge here.")
