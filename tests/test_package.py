"""Packages: what is opened, what is refused and in which words, and that nothing is touched."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grafting import edited, members, users_book, zipped
from pipesheet.errors import Encrypted, Locked, NotAWorkbook, PipesheetError, Unsafe, Unsupported
from pipesheet.xlsx import archive
from pipesheet.xlsx.archive import Member, pack, write_zip
from pipesheet.xlsx.book import Book
from pipesheet.xlsx.package import Package

BOOK = users_book()


def test_parts_types_and_relationships_are_found() -> None:
    package = Package(BOOK)
    assert package.workbook == "xl/workbook.xml"
    assert [s.name for s in Book(package).sheets] == ["Deals", "Notes"]
    assert package.content_type("XL/Worksheets/Sheet1.xml").endswith("worksheet+xml")
    assert {r.part for r in package.relationships("xl/worksheets/sheet1.xml")} == {
        "xl/drawings/drawing1.xml", "xl/tables/table1.xml",
    }  # fmt: skip
    assert package.reachable("xl/worksheets/sheet1.xml")[-1] == "xl/charts/chart1.xml"


def test_the_workbook_part_is_found_by_its_relationship_not_its_name() -> None:
    parts = members(BOOK)
    parts["book/main.xml"] = parts.pop("xl/workbook.xml")
    parts["book/_rels/main.xml.rels"] = (
        parts.pop("xl/_rels/workbook.xml.rels").replace(b'Target="', b'Target="\\xl\\').replace(b"/sheet1", b"\\sheet1")
    )
    parts["_rels/.rels"] = parts["_rels/.rels"].replace(b"xl/workbook.xml", b"/book/main.xml")
    package = Package(zipped(parts))
    assert package.workbook == "book/main.xml"
    assert [s.part for s in Book(package).sheets] == ["xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"]


def test_rewriting_without_changes_keeps_every_member_as_it_is() -> None:
    again = Package(BOOK).rewritten({})
    with zipfile.ZipFile(io.BytesIO(BOOK)) as a, zipfile.ZipFile(io.BytesIO(again)) as b:
        assert b.testzip() is None
        for x, y in zip(a.infolist(), b.infolist(), strict=True):
            same = ("filename", "CRC", "compress_size", "date_time", "external_attr", "create_system", "extra")
            assert [getattr(x, n) for n in same] == [getattr(y, n) for n in same]
    assert Package(again).rewritten({}) == again


class Unseekable(io.RawIOBase):
    """Makes zipfile write data descriptors, as tools that stream do."""

    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.data += data
        return len(data)


def test_data_descriptors_stored_members_zip64_and_comments_are_read_and_kept() -> None:
    sink = Unseekable()
    with zipfile.ZipFile(sink, "w") as zf:
        for i, (name, data) in enumerate(members(BOOK).items()):
            info = zipfile.ZipInfo(name, (2001, 2, 3, 4, 5, 6))
            info.compress_type = zipfile.ZIP_STORED if i % 2 else zipfile.ZIP_DEFLATED
            with zf.open(info, "w", force_zip64=i % 3 == 0) as member:
                member.write(data)
        zf.comment = b"made by hand"
    package = Package(bytes(sink.data))
    again = package.rewritten({})
    assert members(again) == members(BOOK)
    with zipfile.ZipFile(io.BytesIO(again)) as zf:
        assert zf.comment == b"made by hand"
        assert {i.date_time for i in zf.infolist()} == {(2001, 2, 3, 4, 5, 6)}
        assert {i.compress_type for i in zf.infolist()} == {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}


def test_parts_are_replaced_in_their_place_dropped_and_added_last() -> None:
    data = Package(BOOK).rewritten({"xl/theme/theme1.xml": b"<a/>", "docProps/app.xml": None, "xl/new.xml": b"<n/>"})
    names, before = list(members(data)), list(members(BOOK))
    assert names == [n for n in before if n != "docProps/app.xml"] + ["xl/new.xml"]
    assert members(data)["xl/theme/theme1.xml"] == b"<a/>"


NOT_WORKBOOKS = {
    "nothing": b"",
    "text": b"Deal ID,Stage\n1,Lead\n",
    "cut off": BOOK[: len(BOOK) // 2],
    "without its end": BOOK[:-10],
    "a zip of something else": zipped({"a.txt": "hello"}),
    "no workbook part": zipped({"[Content_Types].xml": "<Types/>", "_rels/.rels": "<Relationships/>"}),
    "bad XML": edited(BOOK, workbook__xml=("<sheets>", "<sheets")),
}


@pytest.mark.parametrize("what", NOT_WORKBOOKS)
def test_what_is_no_workbook_is_said_to_be_none(what: str) -> None:
    with pytest.raises(NotAWorkbook, match="cannot be read as a workbook"):
        Book(Package(NOT_WORKBOOKS[what], "deals.xlsx"))


def test_encrypted_and_old_workbooks_are_told_apart() -> None:
    head = bytes.fromhex("D0CF11E0A1B11AE1") + bytes(600)
    with pytest.raises(Encrypted, match="protected by a password"):
        Package(head + "EncryptedPackage".encode("utf-16-le"))
    with pytest.raises(Unsupported, match="Excel 97-2003"):
        Package(head + "Workbook".encode("utf-16-le"))


def test_a_bomb_is_refused_before_it_inflates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "RATIO_FROM", 1 << 20)
    bomb = zipped({**members(BOOK), "xl/media/bomb.bin": bytes(64 << 20)})
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: pytest.fail("it was inflated"))
    with pytest.raises(Unsafe, match=r"would inflate to 6\d,"):
        Package(bomb)


def test_too_many_members_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_MEMBERS", 5)
    with pytest.raises(Unsafe, match="more than 5"):
        Package(BOOK)


@pytest.mark.parametrize("name", ["../evil.xml", "xl/../../evil.xml", "C:evil.xml", "xl\\..\\..\\evil.xml"])
def test_names_that_lead_outside_are_refused(name: str) -> None:
    with pytest.raises(Unsafe, match="outside the package"):
        Package(zipped({**members(BOOK), name: "x"}))


@pytest.mark.parametrize("name", ["xl/workbook.xml", "XL/Workbook.xml", "xl\\workbook.xml", "/xl/workbook.xml"])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_part_that_is_there_twice_is_refused(name: str) -> None:
    members_ = [Member(n, pack([d])) for n, d in members(BOOK).items()]
    with pytest.raises(Unsafe, match="twice"):
        Package(write_zip([*members_, Member(name, pack([b"<x/>"]))]))


def test_members_that_lie_over_each_other_are_refused() -> None:
    data = bytearray(BOOK)
    with zipfile.ZipFile(io.BytesIO(BOOK)) as zf:
        first, second = zf.infolist()[:2]
    entry = data.rfind(second.filename.encode()) - 46
    while (
        data[entry : entry + 4] != b"PK\1\2"
        or data[entry + 46 : entry + 46 + len(second.filename)] != second.filename.encode()
    ):
        entry = data.rfind(b"PK\1\2", 0, entry)
    struct.pack_into("<L", data, entry + 42, first.header_offset)
    with pytest.raises((Unsafe, NotAWorkbook)):
        Package(bytes(data))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_refused(encoding: str) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "lol"><!ENTITY b "&a;&a;">]><workbook>&b;</workbook>'
    xml = f'<?xml version="1.0" encoding="{encoding}"?>{bomb}'.encode(encoding)
    with pytest.raises(Unsafe, match="document type"):
        Book(Package(zipped({**members(BOOK), "xl/workbook.xml": xml})))


def test_a_foreign_file_is_not_pulled_in(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    xml = f'<!DOCTYPE x [<!ENTITY a SYSTEM "{secret.as_uri()}">]><workbook>&a;</workbook>'
    with pytest.raises(Unsafe):
        Book(Package(zipped({**members(BOOK), "xl/workbook.xml": xml})))


def test_a_signed_package_is_left_alone() -> None:
    signed = zipped({**members(BOOK), "_xmlsignatures/origin.sigs": ""})
    with pytest.raises(Locked, match="digitally signed"):
        Package(signed)


@given(cut=st.integers(0, len(BOOK) - 1))
def test_a_file_cut_anywhere_gives_a_clear_error(cut: int) -> None:
    with pytest.raises(NotAWorkbook):
        Package(BOOK[:cut])


@given(at=st.integers(0, len(BOOK) - 1), byte=st.integers(0, 255))
def test_a_damaged_byte_never_crashes(at: int, byte: int) -> None:
    data = BOOK[:at] + bytes([byte]) + BOOK[at + 1 :]
    try:
        package = Package(data)
        Book(package).marked()
        package.taken_names()
        package.rewritten({})
    except PipesheetError:
        pass
