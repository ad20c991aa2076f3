"""Formulas in Excel's words and in Calc's; and what keeps our operations fit for LibreOffice's own Python."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import pipesheet.calc
from pipesheet.calc.formulas import from_calc, to_calc

THERE = Path(pipesheet.calc.__file__).parent

SAME_BOTH_WAYS = {
    "=SUM(A1,B2)": "=SUM(A1;B2)",
    '=IF(A1="a,b;c",1,2)': '=IF(A1="a,b;c";1;2)',
    "=Deals!A1+'It''s 2'!$B$2": "=$Deals.A1+$'It''s 2'.$B$2",
    "='Deals, lost'!A1": "=$'Deals, lost'.A1",
    "=SUM(Deals!A:C,Deals!1:3)": "=SUM($Deals.A:C;$Deals.1:3)",
    "=SUM({1,2;3,4})": "=SUM({1;2|3;4})",
    "=SUM(T[Amount],T[[#This Row],[a, b]])": "=SUM(T[Amount];T[[#This Row];[a, b]])",
    "=ROWS(T[[#All],[Close date]:[Amount]])": "=ROWS(T[[#All];[Close date]:[Amount]])",
    "=COUNTA(T[It''s (a), b])": "=COUNTA(T[It''s (a), b])",
    "=STDEV.S(A1:A3)*1.5": "=STDEV.S(A1:A3)*1.5",
    "=IFERROR(#REF!,#N/A)": "=IFERROR(#REF!;#N/A)",
    "=SUM(A1:C3 B2:D4)": "=SUM(A1:C3!B2:D4)",
    '=HYPERLINK("#\'Deals\'!K7","Acme; Ltd")': '=HYPERLINK("#\'Deals\'!K7";"Acme; Ltd")',
}
FOR_CALC_ONLY = {
    "=T[@Amount]": "=T[[#This Row];[Amount]]",
    "=T[@[Close date]]": "=T[[#This Row];[Close date]]",
    "=T[@]": "=T[[#This Row]]",
    "=T[#Headers]": "=T[[#Headers]]",
    "=IF(TRUE,FALSE,TRUE())": "=IF(TRUE();FALSE();TRUE())",
    "=_xlfn.XLOOKUP(A1,B:B,C:C)": "=XLOOKUP(A1;B:B;C:C)",
    "=_xlfn._xlws.FILTER(A1:A3,1)": "=FILTER(A1:A3;1)",
    "=Q4.2026!A1": "=$'Q4.2026'.A1",
}
FROM_CALC_ONLY = {
    "=COM.SUN.STAR.SHEET.ADDIN.ANALYSIS.GETEOMONTH(A1;0)": "=EOMONTH(A1,0)",
    "=SUM(A1:A2~B1:B2)": "=SUM(A1:A2,B1:B2)",
    "=Deals.A1": "=Deals!A1",
}


@pytest.mark.parametrize(("excel", "calc"), SAME_BOTH_WAYS.items())
def test_a_formula_goes_over_and_comes_back(excel: str, calc: str) -> None:
    assert (to_calc(excel), from_calc(calc)) == (calc, excel)


@pytest.mark.parametrize(("excel", "calc"), FOR_CALC_ONLY.items())
def test_excels_short_forms_are_said_at_length(excel: str, calc: str) -> None:
    assert to_calc(excel) == calc


@pytest.mark.parametrize(("calc", "excel"), FROM_CALC_ONLY.items())
def test_calcs_own_forms_are_said_as_excel_says_them(calc: str, excel: str) -> None:
    assert from_calc(calc) == excel


@pytest.mark.parametrize("path", sorted(THERE.glob("office*.py")), ids=lambda path: path.name)
def test_what_runs_inside_libreoffice_reads_in_its_python(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"), feature_version=(3, 7))
    named = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    named |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    ours = {name for name in named if name.startswith("pipesheet.")}
    assert all(name.startswith("pipesheet.calc.office") for name in ours)
    assert {name.split(".")[0] for name in named - ours} <= set(sys.stdlib_module_names) | {"uno", "unohelper"}


def test_the_engine_loads_neither_xlwings_nor_uno() -> None:
    code = "import sys, pipesheet.calc.engine; sys.exit(' '.join({'xlwings', 'uno'} & set(sys.modules)) or 0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
