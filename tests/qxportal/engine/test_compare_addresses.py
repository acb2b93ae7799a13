"""Mail addresses as people paste them: cleaned or refused by row, and one person however his is spelt."""

from importlib import import_module

import pytest
from django.apps import apps
from django.db import connections

from qxportal.engine.models import Person, User
from qxportal.engine.models.mailboxes import AddressError, clean, key, skeleton
from qxportal.engine.people import confidential, person_user_links
from tests.qxportal.engine.conftest import Caller
from tests.support.engine_fixture import Engine

WHO = "FirstName,LastName,Email"


@pytest.mark.parametrize(
    ("pasted", "kept"),
    [
        ("mailto:ann@t.example", "ann@t.example"),
        ("MAILTO:ann@t.example?subject=Hello", "ann@t.example"),
        ("Ann Lee <ann@t.example>", "ann@t.example"),
        ('"Lee, Ann" <ann@t.example>;', "ann@t.example"),
        ("<ann@t.example>", "ann@t.example"),
        ("'ann@t.example'", "ann@t.example"),
        ("\u200bann@t.example", "ann@t.example"),
        ("\ufeffann@t\u00ad.example\u2060", "ann@t.example"),
        ("\u202aann@t.example\u202c", "ann@t.example"),
        ("\u00a0ann@t.example\u00a0", "ann@t.example"),
        ("jose\u0301@t.example", "jos\u00e9@t.example"),
        ("ann@mu\u0308ller.example", "ann@m\u00fcller.example"),
        ("ann@M\u00dcLLER.example", "ann@m\u00fcller.example"),
        ("ann@stra\u00dfe.example", "ann@stra\u00dfe.example"),
        ("ann@xn--mller-kva.example", "ann@xn--mller-kva.example"),
        ("ann@t.example.", "ann@t.example"),
        ("o'neil@t.example", "o'neil@t.example"),
        ("Ann.Lee+360@T.example", "Ann.Lee+360@T.example"),
    ],
)
def test_what_stands_around_an_address_goes(pasted: str, kept: str):
    assert clean(pasted) == kept
    assert clean(kept) == kept


@pytest.mark.parametrize(
    "pasted",
    [
        "ann",
        "ann@",
        "@t.example",
        "ann@t.example bo@t.example",
        "ann@t.example;bo@t.example",
        "ann@@t.example",
        "ann@t..example",
        "ann@.example",
        "ann@-t.ex\u00e4mple",
        "ann@xn--a.example",
        "ann@\u2603\u200d.example",
        "an n@t.example",
        "an\u00a0n@t.example",
        f"ann@{'a' * 64}.example",
        f"{'a' * 250}@t.example",
        "\u200b",
        "mailto:",
    ],
)
def test_what_is_no_address_is_refused_with_a_reason(pasted: str):
    with pytest.raises(AddressError, match=r".+\.$"):
        clean(pasted)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("\u0130pek@t.example", "\u0130PEK@T.EXAMPLE"),
        ("\u039d\u0399\u039a\u039f\u03a3@t.example", "\u03bd\u03b9\u03ba\u03bf\u03c2@t.example"),
        ("ann@m\u00fcller.example", "ann@XN--MLLER-KVA.example"),
        ("jose\u0301@t.example", "JOS\u00c9@t.example"),
        ("ann@t.example", "ann@t\u200b.example"),
        ("ann@t.example#brand", "Ann@T.example#Brand"),
    ],
)
def test_two_spellings_have_one_key(one: str, other: str):
    assert key(one) == key(other) == key(key(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [("ann@stra\u00dfe.example", "ann@strasse.example"), ("\u0131@t.example", "i@t.example"), ("a@b.c", "a@b.d")],
)
def test_different_mailboxes_have_different_keys(one: str, other: str):
    assert key(one) != key(other)


def test_twins_have_one_skeleton():
    assert skeleton("\u0430nn\u0430@t.example") == skeleton("anna@t.example") == "anna@t.example"
    assert skeleton("anna@t.\u0435xample") == skeleton("anna@t.example")


ODD = (
    "\u0130pek@t.example",
    "\u039d\u0399\u039a\u039f\u03a3@t.example",
    "stra\u00dfe@t.example",
    "ann@m\u00fcller.example",
)


@pytest.mark.parametrize("by_id", ["0", "1"])
def test_the_same_file_works_twice(call: Caller, by_id: str):
    lines = [f"Ann,Lee,{address},X{number}" for number, address in enumerate(ODD)]
    file = "\r\n".join([f"{WHO},UniqueIdentifier", *lines, ""])

    first, second = (call.result("importPersons", FileContents=file, UseUniquePersonID=by_id) for _ in range(2))

    assert (first["Count"], first["Ignored"]) == (4, [])
    assert second == first
    assert len(call.result("getPersons")["Persons"]) == 4


def test_other_spellings_name_the_same_person(engine: Engine, call: Caller):
    niko = engine.person("Niko", "Lee", email="\u03bd\u03b9\u03ba\u03bf\u03c2@m\u00fcller.example")
    spellings = (
        "\u039d\u0399\u039a\u039f\u03a3@M\u00dcLLER.example",
        "\u03bd\u03b9\u03ba\u03bf\u03c3@xn--mller-kva.example",
    )

    for spelling in spellings:
        done = call.result("importPersons", FileContents=f"{WHO}\r\nNiko,Berg,{spelling}\r\n")
        assert list(done["Persons"]) == [niko.public_id]
        given = {"FirstName": "N", "LastName": "L", "Email": "other@t.example", "UserName": spelling}
        assert call.refused("createPerson", **given) == (400, "ETS2")


def test_a_row_is_cleaned_or_refused_alone(call: Caller):
    rows = (
        "Ann,Lee,mailto:ann@t.example",
        "Bo,Ek,bo@-x.ex\u00e4mple",
        "Cy,Fox,Cy Fox <cy@t.example>",
        "Di,Ray,di@t\u00ad.example",
    )

    done = call.result("importPersons", FileContents="\r\n".join([WHO, *rows, ""]))

    assert sorted(done["Persons"].values()) == ["ann@t.example", "cy@t.example", "di@t.example"]
    ((line,),) = (done["Ignored"],)
    assert line["Row"] == 3 and "IDNA 2008" in line["Reason"]


def test_a_manager_is_found_however_his_address_is_pasted(engine: Engine, call: Caller):
    boss = engine.person("Boss", "Lee", email="boss@m\u00fcller.example")
    file = f"{WHO},ManagerEmail\r\nAnn,Lee,ann@t.example,Boss <mailto:BOSS@xn--mller-kva.example>\r\n"

    call.result("importPersons", FileContents=file)

    assert engine.run(lambda: Person.objects.get(email="ann@t.example").manager_id) == boss.pk


@pytest.mark.parametrize("first", ["anna@t.example", "\u0430nna@t.example"])
def test_a_twin_that_looks_alike_is_named(engine: Engine, call: Caller, first: str):
    second = "\u0430nna@t.example" if first.isascii() else "anna@t.example"
    if first.isascii():
        engine.person("Anna", "Lee", email=first)
        rows = [f"Anna,Poe,{second}"]
    else:
        rows = [f"Anna,Lee,{first}", f"Anna,Poe,{second}"]

    done = call.result("importPersons", FileContents="\r\n".join([WHO, *rows, ""]))

    (line,) = done["Ignored"]
    assert line["Row"] == len(rows) + 1
    assert "looks like the address of Anna Lee" in line["Reason"]
    assert "U+0430 CYRILLIC SMALL LETTER A" in line["Reason"]


@pytest.mark.parametrize(
    ("known", "new"),
    [
        ("\u0430nna@t.example", "anna@t.example"),
        ("\u0430nna@t.example", "\u0430nn\u0430@t.example"),
        ("anna@t\u0435st.example", "anna@test.example"),
    ],
)
def test_a_new_address_is_compared_with_strange_ones_in_the_directory(
    engine: Engine, call: Caller, known: str, new: str
):
    engine.person("Anna", "Lee", email=known)

    done = call.result("importPersons", FileContents=f"{WHO}\r\nAnna,Poe,{new}\r\nEve,Poe,eve@t.example\r\n")

    assert done["Count"] == 1
    (line,) = done["Ignored"]
    assert "looks like the address of Anna Lee" in line["Reason"]


def test_one_mailbox_with_two_identifiers_is_told_so(call: Caller):
    file = f"{WHO},UniqueIdentifier\r\nPam,Vee,pam@t.example,U1\r\nPam,Vee,pam@t.example,U2\r\n"

    done = call.result("importPersons", FileContents=file)
    ((line,),) = (done["Ignored"],)
    assert line["Row"] == 3
    assert "Row 2 has pam@t.example with the unique identifier U1, this row with U2" in line["Reason"]

    done = call.result("importPersons", FileContents=file, UseUniquePersonID=1)
    ((line,),) = (done["Ignored"],)
    assert "The address pam@t.example is the user name of Pam Vee (U1)" in line["Reason"]


def test_single_requests_clean_addresses_too(engine: Engine, call: Caller):
    made = call.result("createPerson", FirstName="Ann", LastName="Lee", Email="Ann Lee <ann\u200b@t.example>")
    (ann,) = call.result("getPersons")["Persons"]
    assert (ann["Email"], ann["UserName"]) == ("ann@t.example", "ann@t.example")

    call.result("updatePerson", PersonID=made["PersonID"], Email="mailto:ann@m\u00fcller.example")
    assert call.result("getPersons")["Persons"][0]["Email"] == "ann@m\u00fcller.example"
    found = call.result("importPersons", FileContents=f"{WHO}\r\nAnn,Lee,ann@xn--mller-kva.example\r\n")
    assert list(found["Persons"]) == [made["PersonID"]]

    for request_name, given in (("createPerson", {"FirstName": "A", "LastName": "B"}), ("updatePerson", made)):
        assert call.refused(request_name, **given, Email="ann@-x.ex\u00e4mple") == (400, "ESRV35|Email")


def test_rows_from_before_there_were_keys_get_theirs(engine: Engine):
    """Two user names that only now count as one stay two rows; the second is found by its id alone."""
    fill = import_module(MIGRATION).fill

    def old_rows() -> list[tuple[str, str, str]]:
        with connections["engine"].schema_editor() as editor:
            constraint = next(one for one in Person._meta.constraints if one.name == "one_person_per_user_name")
            editor.remove_constraint(Person, constraint)
        try:
            people = [
                engine_person(name)
                for name in ("\u03bd\u03b9\u03ba\u03bf\u03c3@t.example", "\u03bd\u03b9\u03ba\u03bf\u03c2@t.example")
            ]
            Person.objects.update(email_key="", user_name_key="")
            with connections["engine"].schema_editor() as editor:
                fill(apps, editor)
        finally:
            with connections["engine"].schema_editor() as editor:
                editor.add_constraint(Person, constraint)
        found = Person.objects.filter(pk__in=people).order_by("pk")
        return list(found.values_list("email_key", "user_name_key", "public_id"))

    def engine_person(name: str) -> int:
        return Person.objects.create(
            org_structure=engine.brand.org_structures.get(),
            position=0,
            first_name="N",
            last_name="L",
            email=name,
            user_name=name,
        ).pk

    first, second = engine.run(old_rows)
    assert first[:2] == ("\u03bd\u03b9\u03ba\u03bf\u03c3@t.example",) * 2
    assert second[:2] == (first[0], f"{first[0]} {second[2]}")
    assert engine.run(lambda: set(User.objects.values_list("user_name_key", flat=True))) == {
        engine.api_user.user_name.lower()
    }


MIGRATION = "qxportal.engine.migrations.0010_compare_addresses_in_one_way"


def test_nobody_escapes_being_himself_by_another_spelling(engine: Engine):
    """What is kept from the subject himself is kept from all spellings of his address."""
    user = engine.make_api_user("niko", brand_admin=False)
    changes = person_user_links.keyed({"email": "\u03bd\u03b9\u03ba\u03bf\u03c2@t.example"})
    engine.run(User.objects.filter(pk=user.row.pk).update, **changes)
    himself = engine.person("Niko", "Lee", email="\u039d\u0399\u039a\u039f\u03a3@T.example", user_name="n-17")

    assert engine.run(lambda: confidential.own_person_ids(User.objects.get(pk=user.row.pk))) == {himself.pk}
