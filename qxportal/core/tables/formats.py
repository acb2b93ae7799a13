"""Detects a file's format from its contents; refuses unreadable ones with advice."""

import zipfile
from typing import BinaryIO

import olefile
from django.utils.translation import gettext_noop

from qxportal.core.tables.archive import DAMAGED, PASSWORD, UNREADABLE
from qxportal.core.tables.problems import TableProblem
from qxportal.core.tables.reading import Kind

LEGACY = gettext_noop("This is a workbook of Excel 97–2003 (.xls). Open it, save it as .xlsx and upload that.")
BINARY = gettext_noop("This is a binary workbook (.xlsb). Open it, save it as .xlsx and upload that.")
NUMBERS = gettext_noop("This is a table of Apple Numbers. Export it as Excel or CSV and upload that.")
PAGE = gettext_noop(
    "This is a web page, whatever its name says. Open it in a spreadsheet program, save it as .xlsx and upload that."
)
XML = gettext_noop("This is XML. Open it in a spreadsheet program, save it as .xlsx and upload that.")
OTHER = gettext_noop("“%(name)s” is not a table. Upload a CSV, XLSX or ODS file.")
OTHER_STARTS = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"{\\rtf", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"BZh")
SHOWN = 80


def kind_of(file: BinaryIO, name: str) -> Kind:
    """The format of a file; raises TableProblem for anything but a readable table."""
    file.seek(0)
    head = file.read(2_000)
    if head.startswith(b"PK"):
        return _kind_of_archive(file, name)
    if head.startswith(olefile.MAGIC):
        raise TableProblem(_words_for_ole(file, name), name=name[:SHOWN])
    if head.startswith(OTHER_STARTS):
        raise TableProblem(OTHER, name=name[:SHOWN])
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html", b"<table", b"<meta", b"<head")):
        raise TableProblem(PAGE)
    if start.startswith((b"<?xml", b"<workbook", b"<office:")):
        raise TableProblem(PAGE if b"<html" in start else XML)
    return "text"


def _kind_of_archive(file: BinaryIO, name: str) -> Kind:
    try:
        names = set(zipfile.ZipFile(file).namelist())
    except UNREADABLE:
        raise TableProblem(DAMAGED) from None
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "content.xml" in names and "mimetype" in names:
        return "ods"
    if "xl/workbook.bin" in names:
        raise TableProblem(BINARY)
    if any(part.startswith("Index/") and part.endswith(".iwa") for part in names):
        raise TableProblem(NUMBERS)
    raise TableProblem(OTHER, name=name[:SHOWN])


def _words_for_ole(file: BinaryIO, name: str) -> str:
    file.seek(0)
    try:
        parts = {parts[0].lower() for parts in olefile.OleFileIO(file).listdir()}
    except (OSError, ValueError, IndexError, TypeError):
        return DAMAGED
    if "encryptedpackage" in parts:
        return PASSWORD
    return LEGACY if parts & {"workbook", "book"} else OTHER
