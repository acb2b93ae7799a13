"""Files of people as spreadsheets and HR systems save them: encodings, separators, titles, spellings of headers."""

import time
from typing import Any

import pytest
import requests

from qxportal.engine.http.errors import Invalid
from qxportal.engine.importing.encodings import encoding_of
from qxportal.engine.models import Assessment, Person
from tests.qxportal.engine.conftest import Caller, Rows
from tests.support.case_files import case
from tests.support.engine_fixture import Engine

WHO = "FirstName,LastName,Email"


@pytest.fixture
def load(call: Caller) -> Any:
    """Imports the bytes of a file into the directory and gives the answer's Result, or the words of the refusal."""

    def send(file: bytes, **parameters: str) -> Any:
        answer: requests.Response = call.upload("importPersons", file, **parameters)
        assert answer.status_code in (200, 400), answer.text
        return answer.json()["Result"] or answer.json()["Meta"]["ErrorMessage"]

    return send


@pytest.fixture
def people(engine: Engine) -> Any:
    """Everybody in the directory, as tuples of columns."""

    def read(*columns: str) -> list[tuple[Any, ...]]:
        return engine.run(lambda: list(Person.objects.filter(removed_at=None).order_by("pk").values_list(*columns)))

    return read


NAMES = ("first_name", "last_name", "email", "unique_identifier", "metadata")


@pytest.mark.parametrize(
    ("name", "who"),
    [
        ("04_excel_unicode_text_utf16_tab.txt", ("Åsa", "Öberg", "asa@t.example", "0007", {})),
        ("05_excel_semicolon_cp1252.csv", ("Zoë", "Müller", "zoe@t.example", "", {"Team": "R&D"})),
        ("05c_cp1252_comma.csv", ("Zoë", "Müller", "zoe@t.example", "", {"Team": "R&D"})),
        ("12_headers_spaced_and_cased.csv", ("Ray", "Bee", "ray@t.example", "X1", {})),
        ("13_header_twice_empty.csv", ("Sam", "Gee", "sam@t.example", "", {})),
        ("14_tsv.tsv", ("Tia,Jay", "Jay", "tia@t.example", "", {})),
    ],
)
def test_every_cell_of_a_saved_file_is_right(load: Any, people: Any, name: str, who: tuple[Any, ...]):
    assert load(case(f"people/{name}"))["IgnoredCount"] == 0
    assert people(*NAMES) == [who]


def test_files_of_the_current_product_are_taken_cell_by_cell(load: Any, people: Any):
    assert load(case("people/01_q360_subjects_bom_crlf.csv"))["Count"] == 3
    agnes, jose, juergen = people(*NAMES)
    assert agnes[:4] == ("Ágnes", "Nővér", "agnes.nover@t.example", "000123")
    assert agnes[4] == {
        "Language": "EN",
        "Office": "Wien, 1. Bezirk",
        "Phone": "+43 1 234 5678",
        "HireDate": "2019-03-01",
    }
    assert (jose[3], jose[4]["Phone"]) == ("000045", "0034915550100")
    assert (juergen[1], juergen[3]) == ("Größe", "00A7")


def test_old_line_ends_two_logins_and_quotes_are_as_they_were(load: Any, people: Any):
    assert load(case("people/15_cr_only_mac.csv"))["Count"] == 2
    assert load(case("people/11_q360_example_metadata_headers.csv"))["Count"] == 2
    assert people("email", "unique_identifier", "user_name")[2:] == [
        ("pam@t.example", "U1", "pam#brand"),
        ("pam@t.example", "U2", "pam2#brand"),
    ]
    assert "near row 3" in load(case("people/17_quote_inside.csv"))
    assert len(people("pk")) == 4


@pytest.mark.parametrize(
    ("name", "missing", "words"),
    [
        ("06_bamboohr_report.csv", "Email", ("Employee #", "Work Email", "commas")),
        ("08b_workday_no_title.csv", "FirstName", ("Legal Name - First Name",)),
        ("09_personio.csv", "FirstName", ("Vorname", "E-Mail", "semicolons")),
    ],
)
def test_reports_of_hr_systems_are_told_what_they_lack(load: Any, name: str, missing: str, words: tuple[str, ...]):
    refusal = load(case(f"people/{name}"))

    assert f"The header has no column {missing}." in refusal
    assert all(word in refusal for word in words), refusal


TABLE = "FirstName,LastName,Email,Team\r\nZoë,Ødegård,zoe@t.example,Møre\r\nJosé,O’Neil,jose@t.example,R&D\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("said", [False, True])
def test_encodings_and_separators_are_found(load: Any, people: Any, encoding: str, separator: str, said: bool):
    text = (f"sep={separator}\r\n" if said else "") + TABLE.replace(",", separator)

    assert load(text.encode(encoding)) | {"Persons": 0} == {"Count": 2, "IgnoredCount": 0, "Ignored": [], "Persons": 0}

    assert people("first_name", "last_name", "metadata") == [
        ("Zoë", "Ødegård", {"Team": "Møre"}),
        ("José", "O’Neil", {"Team": "R&D"}),
    ]


def test_a_mark_of_the_other_byte_order_is_understood(load: Any, people: Any):
    load(b"\xfe\xff" + TABLE.encode("utf-16-be"))
    assert people("first_name") == [("Zoë",), ("José",)]


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("FirstName,LastName,Email\nВася,Петров,v@t.example\n".encode("cp1251"), "no UTF-8"),
        ("FirstName,LastName,Email\nLech,Wałęsa,l@t.example\n".encode("cp1250"), "'Wa³êsa'"),
        ("FirstName,LastName,Email\nJosé,Ruiz,j@t.example\n".encode("mac_roman"), "'JosŽ'"),
        ("FirstName,LastName,Email\nÉlan,Müller,e@t.example\n".encode("cp850"), "neither UTF-8 nor UTF-16"),
        ("FirstName,LastName,Email\n王,伟,w@t.example\n".encode("gbk"), "no UTF-8"),
        ("FirstName,LastName,Email\n田中,太郎,t@t.example\n".encode("shift_jis"), "UTF-8"),
        ("FirstName,LastName,Email\na,b,c@t.example\n".encode("utf-32"), "UTF-32"),
        (b"\xff\xfe" + b"F\0i", "UTF-16 and is none"),
        (b"FirstName^LastName^Email\nA^B^c@t.example\n", "one column"),
        (b"PK\x03\x04\x14\0\x06\0", "a workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "a workbook"),
        (b"\xef\xbb\xbf\n<html><table><tr><td>FirstName</td></tr></table></html>", "a web page"),
        (b"sep=^\nFirstName;Nachname;Email\n", "semicolons"),
    ],
)
def test_what_cannot_be_read_is_told_by_encoding_or_separator(load: Any, file: bytes, words: str):
    refusal = load(file)
    assert isinstance(refusal, str) and words in refusal, refusal


CENTRAL = (
    "Jiří Dvořák|Šárka Němcová|Petr Černý|Ernő Szűcs|Péter Erdős|Łukasz Wójcik|Anna Stańczyk|Ioan Brătianu|Mihai Ştefan"
)
TURKISH = "Işıl Yıldırım|Çağrı Şahin|İbrahim Öztürk|Ayşe Güneş|Oğuz Doğan|AYŞE YILDIRIM"
WESTERN = (
    "François L’Écuyer|Œdipe Cœur|FRANÇOISE BŒUF|Brûlé Croûzet|Mª José Núñez|Técnico 1º|3ºizq 2ªplanta|João Conceição|"
    "Irmã Avelãs|Lluçà Mònica|Èva Josuè|Niccolò Gesù|Jürgen Größe|Søren Sandøe|Øyvind Bøie|Høgadóttir Jógvan|"
    "Eyþór Ýmir|Sigþrúður Daði|Nýbýlavegur Guðný|Tõnu Rõõmus|Päivi Žižek|Gökçe Tunç|Fañch Têtu|"
    "Mìcheal Dùghlas|Zelený Novotný"
)


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        *(("cp1250", name) for name in CENTRAL.split("|")),
        *(("cp1254", name) for name in TURKISH.split("|")),
        ("cp1257", "Šarūnas Žukauskas"),
        ("cp1257", "Jānis Bērziņš"),
    ],
)
def test_names_of_other_windows_encodings_are_refused(encoding: str, name: str):
    first, last = name.split()
    with pytest.raises(Invalid, match="is in another encoding"):
        encoding_of(f"{WHO}\r\n{first},{last},a@t.example\r\n".encode(encoding))


@pytest.mark.parametrize("name", WESTERN.split("|"))
def test_western_names_are_taken_as_such(name: str):
    assert encoding_of(f"{WHO}\r\n{name.replace(' ', ',')},a@t.example\r\n".encode("cp1252")) == "cp1252"


def test_a_long_word_is_judged_quickly():
    started = time.thread_time()
    encoding_of(("aì" * 300_000).encode("cp1252"))
    assert time.thread_time() - started < 5


def test_titles_above_and_a_second_header_below_are_no_people(load: Any, people: Any):
    head = "Report,,\r\nCreated 2026-05-01,,\r\n,,\r\n"
    second = 'First Name,Last Name,E-Mail\r\n"{""ImportId"":""firstName""}",,\r\n'

    done = load(f"{head}{WHO}\r\n{second}Ada,Lee,ada@t.example\r\nBo,Ek,nowhere\r\n".encode())

    assert people("email") == [("ada@t.example",)]
    assert done["Ignored"] == [{"Row": 8, "Reason": "nowhere is no mail address."}]


@pytest.mark.parametrize(
    "header",
    [
        "first name,LAST NAME,E-Mail",
        "First_Name,Last-Name,e-mail address",
        "FIRSTNAME*,LASTNAME*,EMAIL*",
        "First\u00a0Name,Last Name\u200b,\ufeffEmail",
        '"First\nName",Last Name:,E-MAIL',
    ],
)
def test_headers_are_known_however_they_are_spelt(load: Any, people: Any, header: str):
    assert load(f"{header}\r\nAda,Lee,ada@t.example\r\n".encode())["Count"] == 1
    assert people("email", "metadata") == [("ada@t.example", {})]


@pytest.mark.parametrize(
    ("cell", "address"),
    [
        ("ｔａｒｏ＠ｔ．ｅｘａｍｐｌｅ", "taro@t.example"),
        ("mailto:b%2Bx@t.example?subject=Hi%20there", "b+x@t.example"),
        ("100%25@t.example", "100%25@t.example"),
    ],
)
def test_addresses_are_meant_as_they_look(load: Any, people: Any, cell: str, address: str):
    load(f"{WHO}\r\nAda,Lee,{cell}\r\n".encode())
    assert people("email") == [(address,)]


@pytest.mark.parametrize(
    ("cells", "who"),
    [
        ("\u200bAda,Lee\u202c,=1+1", ("Ada", "Lee", "=1+1")),
        ('\ufeffA\u00adda,"Van\r\nLee","=""0007"""', ("Ada", "Van Lee", "0007")),
        ("Ada\x0bEve,Lee,\u00a0\u200e00\u200b07\u00a0", ("Ada Eve", "Lee", "0007")),
        ("می\u200cنا,Lee,7", ("می\u200cنا", "Lee", "7")),
        ('"Ada", "Lee, Jr.", "0007"', ("Ada", "Lee, Jr.", "0007")),
    ],
)
def test_names_and_ids_have_nothing_that_nobody_sees(load: Any, people: Any, cells: str, who: tuple[str, ...]):
    load(f"Email,FirstName,LastName,Unique ID\r\na@t.example,{cells}\r\n".encode())
    assert people("first_name", "last_name", "unique_identifier") == [who]


def test_texts_of_metadata_are_no_formulas(load: Any, people: Any):
    load(f'{WHO},Staff no,Note\r\nAda,Lee,a@t.example,"=""0012""",=1+1\r\n'.encode())
    assert people("metadata") == [({"Staff no": "0012", "Note": "=1+1"},)]


def test_an_unmarked_file_with_little_latin_is_utf_16(load: Any, people: Any):
    load(("FirstName\tLastName\tEmail\r\n" + f"{'太郎' * 40}\t{'山田' * 40}\tt@t.example\r\n" * 40).encode("utf-16-le"))
    assert people("last_name") == [("山田" * 40,)]


def test_the_evaluators_of_the_classic_lists_are_known(engine: Engine, call: Caller, load: Any, rows: Rows):
    review: Assessment = engine.assessment("Leaders")
    which = {"ThreeSixtyID": review.public_id}
    load(case("people/01_q360_subjects_bom_crlf.csv"), Type="Subjects", **which)

    for name, count in (("02_q360_evaluators.csv", 3), ("03_classic_evaluators.csv", 3)):
        done = load(case(f"people/{name}"), Type="Evaluators", **which)
        assert (done["Count"], done["Ignored"]) == (count, [])

    told = rows(call("getEvaluationStatus", form="CSV", IncludeEvaluatorMetadata=1, **which))
    of = {(line["EvaluatorFirstName"], line["SubjectEmail"]): line for line in told}
    assert of["Tom", "jose@t.example"]["Relationship"] == "DirectReport"
    assert of["Olga", "agnes.nover@t.example"]["Relationship"] == "Manager"
    assert of["Li", "agnes.nover@t.example"]["Evaluator Office"] == "上海"


def test_our_own_tables_add_no_metadata_to_anybody(engine: Engine, call: Caller, load: Any, people: Any):
    review = engine.assessment("Leaders")
    mara, jonas = (engine.person(name, "Lee", metadata={"Team": "Blue"}) for name in ("Mara", "Jonas"))
    subject = engine.subject(review, mara)
    engine.evaluation(subject, jonas)
    which = {"ThreeSixtyID": review.public_id}
    everything = dict.fromkeys(
        ("IncludeEvaluationResponses", "IncludeEvaluatorMetadata", "IncludeSubjectMetadata"), "1"
    )
    before = people(*NAMES)

    subjects = call("getSubjectStatus", form="CSV", **which).content
    evaluations = call("getEvaluationStatus", form="CSV", **which, **everything).content

    assert load(subjects, Type="Subjects", **which)["Count"] == 1
    assert load(subjects)["Count"] == 1
    assert load(evaluations, Type="Evaluators", **which)["Count"] == 2
    assert people(*NAMES) == before


def test_a_status_of_the_hr_system_stays_metadata(load: Any, people: Any):
    load(f"{WHO},Status,StartDate\r\nAda,Lee,ada@t.example,Active,2020-01-01\r\n".encode())
    assert people("metadata") == [({"Status": "Active", "StartDate": "2020-01-01"},)]
