"""How the house is laid out, and what keeps it so: imports go one way, rooms stay small."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import pipesheet

PACKAGE = Path(pipesheet.__file__).parent

FLOORS: tuple[tuple[str, ...], ...] = (
    # what things are
    ("grid", "resources"), ("language",), ("models", "periods"), ("findings", "errors", "sheets", "receipt", "figures"),
    ("tabs",),
    # from workbook to book
    ("schema", "setting_rules", "written"), ("coerce",), ("locate",), ("parser_columns",),
    ("parser_settings", "parser_sheets"), ("parser",),
    # thinking
    ("stages",), ("history",), ("deals",), ("attachments",), ("readings",), ("checks",), ("phrases",), ("lint",),
    ("stage_set",), ("case", "waivers"), ("pace",), ("rules",), ("gates",),
    ("winrate", "targets", "paths", "bridge", "hygiene"),
    ("forecast", "speed", "effectiveness"),
    ("funnel",), ("analysis",), ("audience",), ("results",),
    # the outside
    ("compound",), ("csvfile", "intake", "textscan"), ("sheetscan",), ("mending", "odsscan", "recordscan", "tablescan"),
    ("denied", "opened"), ("reader", "xlsx", "replacing"), ("composing", "backups", "turns"), ("verifying",),
    ("writer",),
    ("drawing",), ("templating",), ("charts",), ("charts_stages",), ("report_page",), ("wording",),
    ("wording_gates", "wording_people"),
    ("report_deals", "report_findings", "report_forecast", "report_gates", "report_stages"), ("report",),
    ("mail_charts", "mail_tables", "mail_text"), ("report_mail",), ("mail_message",),
    ("recipients", "sendlog", "postbox"), ("sending",),
    # putting it together
    ("pdf", "exports"), ("config",), ("jobs",), ("index_page",), ("document",), ("show",), ("macros",),
    ("machine",), ("installing", "libreoffice"), ("doctor_lines",),
    ("doctor_book", "doctor_libreoffice", "doctor_mac", "doctor_windows"), ("doctor",),
    ("calc", "excel", "journal"), ("undoing",), ("live",), ("cli",), ("__main__",),
)  # fmt: skip
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}

ONE_ROOM_LIBRARIES = {
    "python_calamine": {"reader"}, "jinja2": {"templating"}, "css_inline": {"report_mail"},
    "xlsxwriter": {"composing.compose", "macros.addin"}, "xlwings": {"excel"},
    "rich": {"cli.doing"}, "smtplib": {"postbox"}, "keyring": {"cli.post"},
    "pydantic": {"document"}, "openpyxl": {"composing.readback"},
}  # fmt: skip
DEFINING = {"grid", "language", "models", "periods", "findings", "errors", "sheets", "receipt", "figures"}


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")
        yield name, ast.parse(path.read_text("utf-8"))


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (_module(str(node.module), alias.name) for alias in node.names)


def _module(package: str, name: str) -> str:
    """What ``from package import name`` loads: the module of that name where there is one."""
    if package == "pipesheet":
        return f"pipesheet.{name}"
    inside = PACKAGE.joinpath(*package.split(".")[1:], f"{name}.py")
    return f"{package}.{name}" if package.startswith("pipesheet.") and inside.is_file() else package


def room(module: str) -> str:
    return module.split(".", maxsplit=1)[0]


@pytest.mark.parametrize(("name", "tree"), list(modules()))
def test_imports_go_down_the_list_only(name: str, tree: ast.Module) -> None:
    if name == "__init__":
        return
    mine = FLOOR[room(name)]
    for target in imported(tree):
        other = target.removeprefix("pipesheet.") if target.startswith("pipesheet.") else ""
        if other and other != "__version__" and room(other) != room(name):
            assert FLOOR[room(other)] < mine, f"{name} imports {other}, which comes later in the list"


def test_no_room_of_a_split_part_imports_in_a_circle() -> None:
    graph = {
        name: {t.removeprefix("pipesheet.") for t in imported(tree) if t.startswith("pipesheet.")}
        for name, tree in modules()
        if name != "__init__"
    }
    done: set[str] = set()

    def walk(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " -> ".join((*path, name))
        if name in done or name not in graph:
            return
        for target in sorted(graph[name]):
            walk(target, (*path, name))
        done.add(name)

    for name in graph:
        walk(name, ())


@pytest.mark.parametrize(("name", "tree"), list(modules()))
def test_each_outside_library_has_one_room(name: str, tree: ast.Module) -> None:
    for target in imported(tree):
        rooms = ONE_ROOM_LIBRARIES.get(target.split(".")[0])
        assert rooms is None or name in rooms, f"{name} imports {target}"
        if target.split(".")[0] == "click":
            assert room(name) == "cli", f"{name} imports click"
        if target.split(".")[0] == "lxml":
            assert room(name) == "xlsx", f"{name} imports lxml"


@pytest.mark.parametrize(("name", "tree"), list(modules()))
def test_what_things_are_needs_the_standard_library_only(name: str, tree: ast.Module) -> None:
    if name in DEFINING:
        outside = {t.split(".")[0] for t in imported(tree)} - set(sys.stdlib_module_names) - {"pipesheet"}
        assert not outside, f"{name} imports {outside}"


@pytest.mark.parametrize(("name", "tree"), list(modules()))
def test_only_the_command_line_reads_the_clock(name: str, tree: ast.Module) -> None:
    if room(name) == "cli":
        return
    read = {
        ast.unparse(node.func)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"now", "today", "utcnow", "time", "localtime"}
        and ast.unparse(node.func.value) in {"dt.datetime", "dt.date", "datetime", "date", "time"}
    }  # fmt: skip
    assert not read, f"{name} calls {read}"


def test_no_module_is_over_400_lines() -> None:
    long = {p.name: n for p in PACKAGE.rglob("*.py") if (n := len(p.read_text("utf-8").splitlines())) > 400}
    assert not long


def test_names_say_what_a_room_is_for() -> None:
    refused = {"utils", "util", "helpers", "common", "base", "core", "manager", "handler", "processor", "service"}
    assert not refused & {part for name, _ in modules() for part in name.split(".")}


def test_the_public_names_are_these() -> None:
    assert pipesheet.__all__ == [
        "Analysis", "CellRef", "Finding", "Outcome", "PipesheetError", "ReadError", "Receipt", "Report",
        "Source", "UsageError", "WriteError", "analyze", "read", "render", "run", "write",
    ]  # fmt: skip
    for name in pipesheet.__all__:
        assert getattr(pipesheet, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'pipelines'"):
        _ = pipesheet.pipelines


@pytest.mark.parametrize("call", [["--help"], ["run", "--help"], ["--version"]])
def test_help_loads_nothing_heavy(call: list[str]) -> None:
    code = (
        "import sys\n"
        "from pipesheet.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "heavy = {'polars', 'pydantic', 'lxml', 'openpyxl', 'xlsxwriter', 'jinja2', 'rich', 'python_calamine'}\n"
        "sys.exit(','.join(sorted(heavy & set(sys.modules))) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, *call], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_container_can_be_read_in_half_an_hour() -> None:
    """Lines of code, without blank ones, comments and docstrings."""
    assert sum(map(_code_lines, PACKAGE.joinpath("xlsx").glob("*.py"))) < 1200


def _code_lines(path: Path) -> int:
    text = path.read_text("utf-8")
    said: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            said |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    lines = enumerate(text.splitlines(), 1)
    return sum(bool(line.strip()) and not line.lstrip().startswith("#") and n not in said for n, line in lines)
