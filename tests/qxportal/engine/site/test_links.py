"""Personal links: whom they let in, what opens with them, and when they end."""

import pytest
from django.core import signing

from qxportal.engine.models import Person
from qxportal.engine.people import personal_links
from tests.support.processes import wait_for
from tests.support.site_fixture import words


def test_link_asks_for_the_address_before_it_shows_anything(round, link_of, visitor):
    browser = visitor()

    page = browser.get(link_of(round.ben, round.evaluation.public_id))

    assert page.url.endswith("/enter/")
    assert "Hello Ben" in words(page)
    for hidden in ("Berger", "Leadership", "Castle", round.ben.email):
        assert hidden not in page.text
    assert "Feedback on Anna Berger" in words(browser.submit(page, {"address": f" {round.ben.email.upper()} "}))


def test_scanner_gets_the_same_page_again_and_changes_nothing(engine, round, link_of, visitor):
    scanner = visitor()
    address = link_of(round.ben, round.evaluation.public_id)
    scanner.session.head(address, allow_redirects=True, timeout=30)
    page = scanner.get(address)
    for _time in range(3):
        page = scanner.submit(page, {})

    assert "Hello Ben" in words(page)
    assert page.status_code == 200
    assert scanner.get("/tasks/").url.rstrip("/") == scanner.url
    assert "Feedback on Anna" in words(visitor(round.ben, task=round.evaluation.public_id).get(round.path))


def test_link_is_in_no_further_address_and_no_referer(round, link_of, visitor):
    browser = visitor()
    address = link_of(round.ben)

    answer = browser.session.get(address, allow_redirects=False, timeout=30)

    assert answer.headers["Location"] == "/enter/"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer.headers["Cache-Control"]
    token = address.rstrip("/").rpartition("/")[2]
    assert token not in browser.get("/enter/").text


def test_link_stands_in_no_log_however_it_is_asked(round, link_of, visitor, site_log):
    browser, address = visitor(), link_of(round.ben)

    for method in ("GET", "HEAD", "POST", "DELETE", "OPTIONS"):
        browser.session.request(method, address, timeout=30)
    browser.get("/nowhere/")

    wait_for(lambda: "/nowhere/" in site_log.read_text(), "the log to be written")
    assert address.rstrip("/").rpartition("/")[2] not in site_log.read_text()
    assert ": /l/" in site_log.read_text()


@pytest.mark.parametrize("typed", ["ben\x00@marlstone.example", "x" * 100_000, "@", "ben@\u2028marlstone.example"])
def test_odd_addresses_are_only_wrong(round, link_of, visitor, typed):
    browser = visitor()

    assert browser.submit(browser.get(link_of(round.ben)), {"address": typed}).status_code == 422


@pytest.mark.parametrize("id", ["R_%00", "R_x", "%2e%2e", "R_" + "x" * 500])
def test_odd_ids_of_tasks_are_not_found(round, visitor, id):
    assert visitor(round.ben).get(f"/tasks/{id}/").status_code == 404


def test_link_opens_on_several_devices(round, visitor):
    assert {visitor(round.ben).get(round.path).status_code for _device in range(3)} == {200}


def test_wrong_addresses_are_refused_and_soon_not_looked_at(round, link_of, visitor):
    browser = visitor()
    page = browser.get(link_of(round.ben))

    pages = [browser.submit(page, {"address": f"ben{n}@marlstone.example"}) for n in range(6)]

    assert {page.status_code for page in pages} == {422}
    assert "not the address" in words(pages[0])
    assert "Too many attempts" in words(pages[-1])
    assert "Too many attempts" in words(browser.submit(page, {"address": round.ben.email}))


@pytest.mark.parametrize("how", ["revoked", "left", "expired", "cut", "another brand", "nonsense"])
def test_link_that_ended_says_the_same_to_everybody(engine, round, link_of, visitor, monkeypatch, how):
    address = link_of(round.ben)
    known = visitor(round.ben)
    if how == "revoked":
        engine.run(personal_links.end_links, round.ben)
    elif how == "left":
        engine.run(Person.objects.filter(pk=round.ben.pk).update, removed_at=round.ben.created_at)
    elif how == "cut":
        address = address[:-4] + "/"
    elif how == "nonsense":
        address = f"{visitor().url}/l/nonsense/"
    else:
        brand, pk, generation, task = signing.loads(address.rstrip("/").rpartition("/")[2], salt=personal_links.SALT)
        said = [engine.make_brand("fennmoor", "Fennmoor").pk if how == "another brand" else brand, pk, generation, task]
        signer = signing.TimestampSigner(salt=personal_links.SALT)
        if how == "expired":
            monkeypatch.setattr(signer, "timestamp", lambda: signing.b62_encode(1_600_000_000))
        address = f"{visitor().url}/l/{signer.sign_object(said)}/"

    page = visitor().get(address)

    assert page.status_code == 410
    assert "This link has expired or is incomplete" in words(page)
    if how in ("revoked", "left"):
        assert known.get("/tasks/").url.rstrip("/") == known.url


def test_who_came_in_by_an_earlier_address_is_signed_out(engine, call, round, link_of, visitor):
    mailed, stranger = link_of(round.ben, round.evaluation.public_id), visitor(round.ben)

    call.result("updatePerson", PersonID=round.ben.public_id, Email="ben.castle.2@marlstone.example")

    assert stranger.get(round.path).url.rstrip("/") == stranger.url
    assert visitor().get(mailed).status_code == 410
    assert "Feedback on Anna" in words(visitor(engine.refreshed(round.ben)).get(round.path))


def test_leaving_forgets_the_device(round, visitor):
    browser = visitor(round.ben)

    browser.submit(browser.get("/tasks/"), {}, action="leave")

    assert browser.get("/tasks/").url.rstrip("/") == browser.url


def test_nobody_opens_the_task_of_another(engine, round, visitor):
    stranger = engine.make_brand("fennmoor", "Fennmoor")
    carla = engine.person("Carla", "Dunn", brand=stranger)
    for person in (round.anna, carla):
        browser = visitor(person)
        for page in ("", "go-on/", "submit/", "copy/", "decline/", "pages/G1/"):
            assert browser.get(round.path + page).status_code == 404, page


def test_link_that_was_mailed_is_stored_nowhere(engine, round, link_of):
    from django.db import connections

    token = link_of(round.ben).rstrip("/").rpartition("/")[2]

    def found():
        with connections["engine"].cursor() as cursor:
            cursor.execute("SELECT to_jsonb(link)::text FROM engine_personallink AS link")
            return " ".join(row[0] for row in cursor.fetchall())

    assert token.split(":")[0] not in engine.run(found)


@pytest.mark.parametrize("token", ["%E2%98%83", "a%0d%0aSet-Cookie:%20a=b", "a" * 3000, "%00", "a;b=c"])
def test_a_link_that_never_was_opens_nothing(visitor, token):
    page = visitor().get(f"/l/{token}/")

    assert page.status_code == 410
