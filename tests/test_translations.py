"""Everything that people read can be translated, in whole sentences."""

import re
from functools import cache
from pathlib import Path

import pytest

from tests.sentences import code, templates
from tests.sentences.rules import Found, Message, counts_without_plural, names_the_service, of_message

ROOT = Path(__file__).parent.parent
APPS = ("qxportal", "directory", "surveys", "assessments")
UNREAD_CODE = {"migrations", "failpoints.py"}  # nobody reads what they say
API_TEXTS = "qxportal/engine/library/"  # what the engine's API answers is English
NAMING = "qxportal/accounts/service.py"  # the one place that knows the service by its name
WIDTH = 140


@cache
def all_templates() -> list[Path]:
    """Every template of the site, the mails and the reports."""
    homes = [ROOT / "templates", *(ROOT / "qxportal/engine").rglob("templates")]
    return sorted(path for home in homes for path in home.rglob("*") if path.suffix in (".html", ".txt"))


@cache
def all_code() -> list[Path]:
    """Every module that may say something to people."""
    found = (path for app in APPS for path in (ROOT / app).rglob("*.py"))
    return sorted(path for path in found if not UNREAD_CODE & {*path.parts})


@cache
def readings() -> list[templates.Reading | code.Reading]:
    """What was found in each of them."""
    made: list[templates.Reading | code.Reading] = [
        templates.read(_name(path), path.read_text()) for path in all_templates()
    ]
    return made + [code.read(_name(path), path.read_text()) for path in all_code()]


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def unfit_words() -> list[Found]:
    """Texts that cannot be translated as they are."""
    found = [each for reading in readings() for each in reading.wrong if not each.path.startswith(API_TEXTS)]
    return found + [each for reading in readings() for message in reading.messages for each in of_message(message)]


def spelled_service() -> list[Found]:
    """Sentences that spell what an organisation may call by its own name."""
    return [
        Found(reading.path, line, "names the service", text)
        for reading in readings()
        for line, text in reading.words
        if reading.path != NAMING and names_the_service(text) and (" " in text or text.istitle())
        if "\n" not in text  # regular expressions and SQL have several lines
    ]


def long_lines() -> list[Found]:
    """Lines of templates that do not fit."""
    return [
        Found(_name(path), number, f"{len(line)} characters", line[:60])
        for path in all_templates()
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if len(line) > WIDTH
    ]


def test_all_words_can_be_translated() -> None:
    assert list(map(str, unfit_words())) == []


def test_sentences_leave_the_name_of_the_service_open() -> None:
    assert list(map(str, spelled_service())) == []


def test_lines_of_templates_fit() -> None:
    assert list(map(str, long_lines())) == []


def test_all_templates_and_code_are_read() -> None:
    assert len(all_templates()) > 100
    assert sum(len(reading.messages) for reading in readings()) > 1500


@pytest.mark.parametrize(
    ("source", "rules"),
    [
        ("<p>Hello</p>", ["untranslated"]),
        ('<a title="Open it">{% icon "x" %}</a>', ["untranslated"]),
        ('<body data-words-failed="It failed">', ["untranslated"]),
        ('{% include "a.html" with heading="No people" %}', ["untranslated"]),
        ('{% column "Name" %}', ["untranslated"]),
        ('{{ name|default:"nobody here" }}', ["untranslated"]),
        ("{{ n }} {% translate 'rows' %}", ["half a sentence"]),
        ("{% translate 'as of' %} {% ago when %}", ["half a sentence"]),
        ("{{ n }} <span class='sub'>{% translate 'of them' %}</span>", ["half a sentence"]),
        ("{% translate 'Read' %} {% if old %}{% translate '(old)' %}{% endif %}", ["half a sentence"] * 2),
        ("{% translate 'Role' %} ({{ role }})", ["half a sentence"]),
        ('<i aria-label="{{ name }} {% translate "left" %}">', ["half a sentence"]),
    ],
)
def test_unfit_words_of_templates_are_found(source: str, rules: list[str]) -> None:
    assert [each.rule for each in templates.read("a.html", f"{{% load i18n %}}{source}").wrong] == rules


@pytest.mark.parametrize(
    "source",
    [
        "<p>{% translate 'Nothing here.' %} {% translate 'Try again.' %}</p>",
        "<dt>{% translate 'Token' %}</dt><dd>{{ token }}</dd>",
        "<p>{% translate 'Role:' %} {{ role }}</p>{% translate 'Role' %}: {{ role }}",
        "{{ problem }} <a>{% translate 'Details' %}</a>",
        "{% ago when as then %}{% blocktranslate %}Released {{ then }}{% endblocktranslate %}",
        "{% if a %}{% translate 'Yes' %}{% else %}{% translate 'No' %}{% endif %}",
        "{{ name }} · {% translate 'none yet' %}",
        "{% blocktranslate with n=1 %}{{ n }} of many{% endblocktranslate %}",
        '{% include "a.html" with heading=_("No people") picture="users" %}',
        "<title>QX Portal</title><code>manage.py keys</code>",
        "{# A comment. #}<script>let words = 1</script>",
    ],
)
def test_fit_words_of_templates_pass(source: str) -> None:
    assert templates.read("a.html", f"{{% load i18n %}}{source}").wrong == []


@pytest.mark.parametrize(
    ("source", "rules"),
    [
        ('messages.error(request, "It failed badly.")', ["untranslated"]),
        ('messages.error(request, f"{who} is gone")', ["untranslated"]),
        ('raise ValidationError("No such day.")', ["untranslated"]),
        ('form.add_error("name", "Too long for us")', ["untranslated"]),
        ('forms.CharField(label="Name")', ["untranslated"]),
        ('Badge("good", "check", "done")', ["untranslated"]),
        ('class Kind(TextChoices):\n    A = "a", "Assessment"', ["untranslated"]),
        ('_(f"{n} rows")', ["built from pieces"]),
        ('_("One" + name)', ["built from pieces"]),
        ('_("%s rows".format(n))', ["built from pieces"]),
        ('words = _("Read.") + " " + more', ["half a sentence"]),
        ("f'{name}: {_(\"none\")}'", ["half a sentence"]),
        ("from django.utils.translation import gettext as _now", ["messages that are not collected"]),
    ],
)
def test_unfit_words_of_code_are_found(source: str, rules: list[str]) -> None:
    assert [each.rule for each in code.read("a.py", source).wrong] == rules


@pytest.mark.parametrize(
    "source",
    [
        'messages.error(request, _("It failed badly."))',
        'raise ValidationError(str(problem), code="no such day")',
        'class Kind(TextChoices):\n    A = "a", _("Assessment")',
        'words = "".join([_("Read."), _("Kept.")])',
        'log.info("read", label="")',
        "from django.utils.translation import gettext as _, ngettext",
    ],
)
def test_fit_words_of_code_pass(source: str) -> None:
    assert code.read("a.py", source).wrong == []


@pytest.mark.parametrize(
    ("text", "counted", "unfit"),
    [
        ("%(n)s evaluators were added.", False, True),
        ("%(n)s more rows", False, True),
        ("%(n)s evaluators were added.", True, False),
        ("%(done)s of %(total)s", False, False),
        ("Edition %(n)s is shown", False, False),
        ("%(n)s less", False, False),
    ],
)
def test_counts_need_a_plural(text: str, *, counted: bool, unfit: bool) -> None:
    assert counts_without_plural(Message("a", 1, text, counted=counted)) is unfit


def test_placeholders_need_a_name() -> None:
    assert [each.rule for each in of_message(Message("a", 1, "%s of 100 %%"))] == ["placeholder without a name"]


@pytest.mark.parametrize(
    ("text", "spelled"),
    [("Vendor host", True), ("by Qualtrics", True), ("eu.qualtrics.com", False), ("vendor_id", False)],
)
def test_name_of_the_service_is_found(text: str, *, spelled: bool) -> None:
    assert names_the_service(text) is spelled


def test_messages_of_templates_are_read() -> None:
    source = "{% blocktranslate trimmed count n=n %}\n{{ n }} row\n{% plural %}\n{{ n }} rows{% endblocktranslate %}"

    found = templates.read("a.html", source).messages

    assert [(each.text, each.counted) for each in found] == [("%(n)s row", True), ("%(n)s rows", True)]


def test_german_has_one_word_for_the_administrators_of_a_brand() -> None:
    found = 0
    for path in (ROOT / "qxportal").glob("**/de/LC_MESSAGES/django.po"):
        for words, german in re.findall(r'^msgid "(.*)"\nmsgstr "(.*)"$', path.read_text(), re.MULTILINE):
            assert not re.search("Markenadmin|Administrator(en)? der (Marke|Brand)", german), german
            if "brand administrator" in words:
                assert "Brand-Administrator" in german, german
                found += 1
    assert found > 5
