"""What runs inside Excel, read back by programs that are not ours: olevba the macros, olefile the file they lie in."""

from __future__ import annotations

import io
import re
import sys
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree import ElementTree

import olefile
import pytest
from click.testing import CliRunner
from hypothesis import example, given
from hypothesis import strategies as st

from books import FEW
from pipesheet import __version__
from pipesheet.cli import main
from pipesheet.compound import Compound
from pipesheet.macros.addin import addin
from pipesheet.macros.launcher import literal, macros, modules, resolved, settings, source
from pipesheet.macros.starter import BUTTONS, starter
from pipesheet.macros.storage import Storage, compound_file
from pipesheet.macros.vba import Module, compressed, project
from pipesheet.resources import resource

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # a library of its own complains of its calls as it is imported
    from oletools.olevba import VBA_Parser, decompress_stream

PYTHON = r"C:\Users\Łukasz O'Neil\AppData\Local\Programs\Python\pythonw.exe"
PROJECT_PART = "xl/vbaProject.bin"
SHEETS = tuple(f"Sheet{number}" for number in range(1, 11))


def parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return {name: package.read(name) for name in package.namelist()}


def shipped() -> bytes:
    return resource("workbooks/starter.xlsm").read_bytes()


def read_back(data: bytes) -> dict[str, list[str]]:
    """Every module's lines, as olevba reads them."""
    found = VBA_Parser("book.xlsm", data=data).extract_all_macros()
    return {name.rpartition(".")[0]: text.splitlines() for _, _, name, text in found}


def lines(made: Sequence[Module]) -> dict[str, list[str]]:
    return {module.name: module.source.splitlines() for module in made}


# The macros


@pytest.mark.parametrize("mac", [True, False])
def test_the_add_ins_macros_are_read_back_line_for_line(mac: bool) -> None:
    found = read_back(addin(PYTHON, "1.2.3", mac=mac))
    assert found == lines(modules(PYTHON, "1.2.3", mac=mac, sheets=("Sheet1",), ribbon=True))
    assert set(found) == {"ThisWorkbook", "Sheet1", "Launcher", "Settings", "Ribbon"}
    assert 'Public Const VERSION As String = "1.2.3"' in found["Settings"]


def test_the_starters_macros_are_read_back_line_for_line() -> None:
    assert read_back(starter(PYTHON, mac=False))["Settings"] == settings(PYTHON, __version__).splitlines()
    found = read_back(shipped())
    expected = lines(modules("", "0.1.0", sheets=SHEETS))
    assert found == expected, "make the workbooks anew: python workbooks/make.py"
    assert "Ribbon" not in found


def test_the_shipped_starter_knows_no_interpreter_and_compiles_on_both_systems() -> None:
    found = read_back(shipped())
    assert 'Public Const INTERPRETER As String = ""' in found["Settings"]
    assert {"#If Mac Then", "#Else", "#End If"} <= set(found["Launcher"])


def test_each_system_gets_its_own_branch_only() -> None:
    windows, mac = (resolved(source("Launcher.bas"), mac=mac) for mac in (False, True))
    assert "WScript.Shell" in windows
    assert "AppleScriptTask" not in windows
    assert 'AppleScriptTask("pipesheet.applescript", "launch", INTERPRETER & vbLf & action & vbLf & book)' in mac
    assert "WScript" not in mac
    assert "#" not in windows + mac
    assert windows.count("Private Sub Start(") == mac.count("Private Sub Start(") == 1


@pytest.mark.parametrize(
    "text", ["#If Win64 Then\n#End If", "#If Mac Then\nx", "#Else\n", "#If Mac Then\n#If Mac Then\n#End If\n#End If"]
)
def test_a_condition_that_only_excel_could_decide_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="condition"):
        resolved(text, mac=True)


@pytest.mark.parametrize(
    ("head", "line"),
    [
        ("Private Function ScriptHost() As Object", '    Set ScriptHost = CreateObject("WScript.Shell")'),
        ("Private Function ExcelWindow() As String", "    ExcelWindow = CStr(Application.Hwnd)"),
        (
            "Private Sub PassOn(ByVal host As Object, ByVal book As String)",
            '    host.Environment("Process")("PIPESHEET_BOOK") = book',
        ),
    ],
)
def test_what_only_excel_on_windows_has_stands_in_one_line_of_its_own(head: str, line: str) -> None:
    launcher = source("Launcher.bas")
    assert f"{head}\n{line}\nEnd {head.split()[1]}\n" in launcher
    assert launcher.count(line.strip()) == 1


def test_the_name_of_the_workbook_is_on_no_command_line() -> None:
    (command,) = re.findall(r"host\.Run(.*\n.*), 0, False\n", source("Launcher.bas"))
    assert "".join(command.split("_\n")).split("&")[1::2] == [" INTERPRETER ", " action ", " ExcelWindow()"]


STARTING = {"Environment", "Shell", "WScript.Shell", "Run", "CreateObject"}
"""What olevba calls suspicious in any program that starts another on Windows."""
STARTING_ON_MACOS = {"AppleScript"}
GUESSES = {"Hex Strings", "Base64 Strings"}
"""It takes Excel's own numbers and some plain words for encoded text."""


@pytest.mark.parametrize(
    ("made", "suspicious"),
    [
        (addin(r"C:\Python\pythonw.exe", "1.0", mac=False), STARTING),
        (addin(PYTHON, "1.0", mac=False), STARTING | {"ChrW"}),
        (addin("/opt/python", "1.0", mac=True), STARTING_ON_MACOS | {"Run"}),
        (shipped(), STARTING | STARTING_ON_MACOS),
    ],
    ids=["Windows", "Windows, a letter beyond the code page", "macOS", "the starter"],
)
def test_nothing_suspicious_creeps_in(made: bytes, suspicious: set[str]) -> None:
    found = VBA_Parser("book.xlsm", data=made).analyze_macros()
    words = {word for kind, word, _ in found if kind in ("Suspicious", "AutoExec")} - GUESSES
    assert {word.lower() for word in words} == {word.lower() for word in suspicious}


# The interpreter's path in them


_EXPRESSION = re.compile(r'"(?P<text>(?:[^"]|"")*)"|ChrW\((?P<unit>\d+)\)')


def evaluated(expression: str) -> str:
    """What VBA makes of a chain of quoted texts and ChrW."""
    units = b""
    for part in _split(expression):
        found = _EXPRESSION.fullmatch(part)
        assert found, f"{part} is more than a text"
        text = found["text"]
        units += (
            int(found["unit"]).to_bytes(2, "little") if text is None else text.replace('""', '"').encode("utf-16-le")
        )
    return units.decode("utf-16-le")


def _split(expression: str) -> Iterator[str]:
    """Its parts; an & in quotes parts nothing."""
    rest = expression
    while rest:
        found = _EXPRESSION.match(rest)
        assert found, f"{rest} begins with no text"
        yield found[0]
        rest = rest[found.end() :]
        assert not rest or rest.startswith(" & "), f"{rest} follows a text"
        rest = rest[3:]


texts = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("\"&_' "), max_size=400)


@given(texts)
def test_no_text_breaks_out_of_its_quotes(text: str) -> None:
    assert evaluated(literal(text)) == text
    assert literal(text).isascii()


@given(texts.filter(str.isprintable), st.sampled_from([None, True]))
@example('C:\\" & Shell("calc") & "', True)
@example("/Users/Łukasz/" + "長" * 300, True)
@example("x" * 1000, None)
def test_the_settings_say_the_interpreter_and_nothing_else(interpreter: str, mac: bool | None) -> None:
    held = settings(interpreter, "1.0", mac=mac).splitlines()
    assert held[0] == 'Attribute VB_Name = "Settings"'
    assert max(map(len, held)) < 1024, "a line of VBA ends there"
    said = ""
    for line in held[5:]:
        constant = line.removeprefix("Public Const INTERPRETER As String = ")
        returned = line.removeprefix("    INTERPRETER = ")
        if constant != line:
            said = evaluated(constant)
        elif returned != line:
            more = returned.removeprefix("INTERPRETER & ")
            said = (said if more != returned else "") + evaluated(more)
        else:
            assert line in ("", "Public Function INTERPRETER() As String", "End Function")
    assert said == interpreter


@pytest.mark.parametrize("path", ["/opt/a\nb/python", "C:\\a\0\\pythonw.exe", 'C:\\a" -c "x\\pythonw.exe'])
def test_a_path_that_no_command_line_can_hold_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="cannot be started from Excel; install Python in another folder"):
        addin(path, "1.0", mac=False)


def test_an_add_in_has_an_interpreter() -> None:
    with pytest.raises(ValueError, match="starts nothing"):
        addin("", "1.0", mac=False)


# The project's own formats


@FEW
@given(st.text(st.characters(codec="cp1252"), max_size=300).map(lambda text: text.encode("cp1252") * 40))
@example(b"")
@example(b"a" * 4096)
@example(b"a" * 4097)
@example("".join(map(source, ("Launcher.bas", "Ribbon.bas"))).encode())
def test_what_is_compressed_comes_back(data: bytes) -> None:
    assert bytes(decompress_stream(bytearray(compressed(data)))) == data


@FEW
@given(st.binary(max_size=3640) | st.binary(min_size=4096, max_size=4096))
@example(bytes(n * n * 7919 >> 5 & 0xFF for n in range(4096)))
def test_what_cannot_be_made_shorter_comes_back_too(data: bytes) -> None:
    assert bytes(decompress_stream(bytearray(compressed(data)))) == data


def test_sources_become_less_than_half() -> None:
    launcher = source("Launcher.bas").encode()
    assert len(compressed(launcher)) < len(launcher) / 2


names = st.text(st.sampled_from("abcXYZ_09"), min_size=1, max_size=31)
contents = st.integers(0, 9000).map(lambda size: bytes(n * 31 & 0xFF for n in range(size)))


EMPTY: tuple[dict[str, bytes], dict[str, bytes]] = ({}, {})


def _storages(most: int) -> st.SearchStrategy[dict[str, bytes]]:
    return st.dictionaries(names, contents, max_size=most).filter(
        lambda held: len(set(map(str.upper, held))) == len(held)
    )


@FEW
@given(_storages(12), _storages(12))
@example(*EMPTY)
@example({"big": bytes(200_000)}, {"none": b""})
@example({"as many as a table lists": bytes(127 * 512)}, {})
def test_a_compound_file_gives_back_what_went_in(root: dict[str, bytes], inner: dict[str, bytes]) -> None:
    held: dict[str, bytes | Storage] = {"the other storage": inner}
    held.update(root)
    made = compound_file(held)
    with olefile.OleFileIO(io.BytesIO(made), raise_defects=olefile.DEFECT_POTENTIAL) as file:
        read = {tuple(path): file.openstream(path).read() for path in file.listdir()}
    expected: dict[tuple[str, ...], bytes] = {(name,): content for name, content in root.items()}
    expected.update({("the other storage", name): content for name, content in inner.items()})
    assert read == expected
    tables = int.from_bytes(made[0x2C:0x30], "little")
    assert len(made) // 512 - 1 <= tables * 128, "every sector is in a table, the tables' own too"
    ours = Compound(made)
    assert {name: ours.stream(name) for name in ours.names} == root


@FEW
@given(st.sets(names.map(str.lower), min_size=1, max_size=40))
def test_its_directory_is_a_sorted_red_black_tree(held: set[str]) -> None:
    with olefile.OleFileIO(io.BytesIO(compound_file(dict.fromkeys(held, b"x")))) as file:
        entries = file.direntries
        top = entries[entries[0].sid_child]
        walked: list[str] = []

        def blacks(number: int, *, below_red: bool) -> int:
            """How many black ones are on each way down, the same on all of them."""
            if number == olefile.NOSTREAM:
                return 1
            entry = entries[number]
            assert not (below_red and entry.color == 0), "a red one hangs below a red one"
            left = blacks(entry.sid_left, below_red=entry.color == 0)
            walked.append(entry.name)
            assert left == blacks(entry.sid_right, below_red=entry.color == 0)
            return left + int(entry.color)

        blacks(entries[0].sid_child, below_red=False)
    assert top.color == 1
    assert walked == sorted(held, key=lambda name: (len(name), name.upper()))


@pytest.mark.parametrize("held", [{"a/b": b""}, {"x" * 32: b""}, {"": b""}, {"Straße": b""}, {"x": bytes(8_000_000)}])
def test_what_such_a_file_cannot_hold_is_refused(held: Storage) -> None:
    with pytest.raises(ValueError, match="compound file"):
        compound_file(held)


def _unveiled(value: str) -> bytes:
    """[MS-OVBA] 2.4.3.3: the data behind a protection entry of the PROJECT stream."""
    seed, version, key, *rest = bytes.fromhex(value)
    assert seed ^ version == 2
    plain, last, before = key ^ seed, key, version
    out = bytearray()
    for byte in rest:
        plain = byte ^ (before + plain & 0xFF)
        out.append(plain)
        before, last = last, byte
    held = out[(seed & 6) // 2 :]
    assert int.from_bytes(held[:4], "little") == len(held) - 4
    return bytes(held[4:])


def test_nothing_in_the_project_is_locked_or_hidden() -> None:
    with olefile.OleFileIO(io.BytesIO(macros(PYTHON, "1.0"))) as file:
        said = dict(
            line.split("=", 1) for line in file.openstream("PROJECT").read().decode().splitlines() if "=" in line
        )
        compiled = file.openstream("VBA/_VBA_PROJECT").read()
    assert _unveiled(said["CMG"].strip('"')) == bytes(4)
    assert _unveiled(said["DPB"].strip('"')) == b"\0"
    assert _unveiled(said["GC"].strip('"')) == b"\xff"
    assert bytes.fromhex(said["CMG"].strip('"'))[2] ^ 0x8D == sum(said["ID"].strip('"').encode()) & 0xFF
    assert compiled == bytes.fromhex("CC61FFFF000000"), "no compiled code"


def test_a_source_beyond_the_code_page_is_refused() -> None:
    with pytest.raises(ValueError, match="encode"):
        project([Module("Bad", 'Const NAME = "長"')], name="X")


@pytest.mark.parametrize("mac", [True, False])
def test_the_same_bytes_each_time(mac: bool) -> None:
    assert addin(PYTHON, "1.0", mac=mac) == addin(PYTHON, "1.0", mac=mac)
    assert starter(PYTHON, mac=mac) == starter(PYTHON, mac=mac)


# The add-in's package


CUSTOM_UI = {
    "customUI/customUI14.xml": "http://schemas.microsoft.com/office/2009/07/customui",
    "customUI/customUI.xml": "http://schemas.microsoft.com/office/2006/01/customui",
}


def test_the_package_is_an_add_in() -> None:
    held = parts(addin(PYTHON, "1.0", mac=False))
    types = held["[Content_Types].xml"].decode()
    assert 'PartName="/xl/workbook.xml" ContentType="application/vnd.ms-excel.addin.macroEnabled.main+xml"' in types
    relations = {r.get("Target"): r.get("Type") for r in ElementTree.fromstring(held["_rels/.rels"])}
    assert relations["customUI/customUI14.xml"] == (
        "http://schemas.microsoft.com/office/2007/relationships/ui/extensibility"
    )
    assert (
        relations["customUI/customUI.xml"] == "http://schemas.microsoft.com/office/2006/relationships/ui/extensibility"
    )
    assert PROJECT_PART in held


@pytest.mark.parametrize("part", CUSTOM_UI)
def test_every_button_of_the_ribbon_says_what_it_does_and_does_it(part: str) -> None:
    made = addin(PYTHON, "1.2.3", mac=False)
    space = f"{{{CUSTOM_UI[part]}}}"
    root = ElementTree.fromstring(parts(made)[part])
    assert root.tag == f"{space}customUI"
    assert [tab.get("label") for tab in root.iter(f"{space}tab")] == ["Pipesheet"]
    buttons = list(root.iter(f"{space}button"))
    assert [button.get("label") for button in buttons] == [
        "Check", "Forecast", "Report", "Mail", "Undo last run", "Help",
    ]  # fmt: skip
    ribbon = "\n".join(read_back(made)["Ribbon"])
    (known,) = re.findall(r" Case (\".*)", ribbon)
    assert [button.get("tag") for button in buttons] == re.findall(r'"(\w+)"', known)
    assert {f"Public Sub {b.get('onAction')}(control As IRibbonControl)" in ribbon for b in buttons} == {True}
    assert all(button.get(said) for button in buttons for said in ("screentip", "supertip", "imageMso"))
    assert [label.get("label") for label in root.iter(f"{space}labelControl")] == ["Version 1.2.3"]
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids)) == 11


# The starter


def test_each_button_of_the_starter_has_its_macro() -> None:
    drawn = [data.decode() for name, data in parts(shipped()).items() if name.endswith(".vml")]
    bound = [re.findall(r"<x:FmlaMacro>\[0\]!(\w+)</x:FmlaMacro>", text) for text in drawn]
    assert bound == [[macro for _, macro in BUTTONS]] * 2, "the same on the first sheet and beside the deals"
    launcher = read_back(shipped())["Launcher"]
    assert {f"Public Sub {macro}()" in launcher for _, macro in BUTTONS} == {True}


def test_each_sheet_with_a_code_name_has_its_module() -> None:
    sheets = b"".join(data for name, data in parts(shipped()).items() if name.startswith("xl/worksheets/sheet"))
    named = [name.decode() for name in re.findall(rb'codeName="(\w+)"', sheets)]
    assert sorted(named) == sorted(SHEETS)


def test_a_starter_for_one_computer_differs_in_its_macros_only() -> None:
    one, other = parts(shipped()), parts(starter(PYTHON, mac=False))
    assert {name for name in one | other if one.get(name) != other.get(name)} == {PROJECT_PART}


def pipesheet(*arguments: str | Path) -> tuple[int, str]:
    done = CliRunner(catch_exceptions=False).invoke(main, list(map(str, arguments)))
    return done.exit_code, done.output


def test_init_writes_the_starter_with_buttons_and_a_run_keeps_them(tmp_path: Path) -> None:
    path = tmp_path / "pipeline.xlsm"
    code, said = pipesheet("init", path)
    assert (code, said.startswith(f"Wrote {path}. Fill in the Deals sheet, then: click Check in it.")) == (0, True)
    before = parts(path.read_bytes())
    assert pipesheet("run", path, "--in-place", "--as-of", "2026-11-16")[0] == 0
    after = parts(path.read_bytes())
    kept = [name for name in before if name == PROJECT_PART or name.endswith(".vml")]
    assert len(kept) == 3
    assert all(after[name] == before[name] for name in kept)


def test_on_linux_the_macros_have_no_branch_for_macos_which_libreoffice_would_read_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = {}
    for platform in ("linux", "win32", "darwin"):
        monkeypatch.setattr(sys, "platform", platform)
        path = tmp_path / f"{platform}.xlsm"
        pipesheet("init", path)
        found = VBA_Parser("book.xlsm", data=path.read_bytes()).extract_all_macros()
        texts[platform] = "\n".join(code for *_, code in found)
    assert "#If Mac" not in texts["linux"]
    assert texts["win32"] == texts["darwin"]
    assert "#If Mac" in texts["win32"]


def test_the_starter_with_buttons_has_the_guides_criteria(tmp_path: Path) -> None:
    code, said = pipesheet("init", tmp_path / "pipeline.xlsm", "--criteria", "simple")
    assert code == 2
    assert "the starter with buttons has the criteria of guide. Ask for .xlsx." in said
    assert not list(tmp_path.iterdir())
