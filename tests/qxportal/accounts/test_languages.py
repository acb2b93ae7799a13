"""Which language pages and mails are in."""

from django.core import mail

from qxportal.accounts.roles import Role


def html_lang(page):
    return page.content.decode().partition('<html lang="')[2].partition('"')[0]


def test_pages_follow_the_browser_until_a_language_is_chosen(member, org):
    browser = member(Role.ADMIN)

    assert html_lang(browser.get("/account/")) == "en"
    assert html_lang(browser.get("/account/", headers={"accept-language": "de-AT,de;q=0.9,en;q=0.5"})) == "de"

    browser.post("/account/", {"name": "Ada", "language": "de", "time_zone": "Europe/Vienna"})

    page = browser.get("/account/", headers={"accept-language": "en"})
    assert (html_lang(page), page.headers["Content-Language"]) == ("de", "de")
    assert html_lang(browser.get("/account/confirm-email/")) == "de"


def test_an_unknown_language_is_refused(member):
    page = member(Role.ADMIN).post("/account/", {"name": "Ada", "language": "tlh", "time_zone": "Europe/Vienna"})

    assert page.status_code == 422


def test_one_members_language_is_not_the_next_ones(member, org):
    german = member(Role.ADMIN)
    german.post("/account/", {"name": "Ada", "language": "de", "time_zone": "Europe/Vienna"})
    german.get("/account/")

    assert html_lang(member(Role.EDITOR).get("/account/")) == "en"


def test_invitations_are_in_the_organisations_language(member, org):
    org.language = "de"
    org.save()

    member(Role.ADMIN).post(
        f"/o/{org.slug}/settings/members/invite/", {"email": "neu@ashgrove.example", "role": "reader"}
    )

    assert [message.to for message in mail.outbox] == [["neu@ashgrove.example"]]
