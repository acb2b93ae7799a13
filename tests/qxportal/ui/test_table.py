"""The one component for lists: a table with headings and rows."""

from django.template import engines
from django.utils.safestring import mark_safe

HEAD = "{% column _('Name') %}{% column _('Select') 'tick' hidden=True %}"


def drawn(tag, **context):
    """What the template of a list gives."""
    return engines["django"].from_string(f"{{% load i18n %}}{tag}{HEAD}{{% endtable %}}").render(context)


def test_table_draws_each_row_by_its_template():
    found = drawn(
        '{% table caption=_("People") rows=people row="components/problem.html" name="problem" css="is-long" %}',
        people=["<Anna>", "Ben"],
    )

    assert '<div class="table-wrap is-long">' in found
    assert '<caption class="visually-hidden">People</caption>' in found
    assert (
        '<th scope="col">Name</th><th scope="col" class="tick"><span class="visually-hidden">Select</span></th>'
        in found
    )
    assert "&lt;Anna&gt;" in found
    assert found.index("Anna") < found.index("Ben")


def test_table_takes_rows_that_are_drawn_already():
    found = drawn("{% table caption=caption body=rows %}", caption="<All>", rows=mark_safe("<tr><td>Anna</td></tr>"))

    assert "<tbody><tr><td>Anna</td></tr></tbody>" in found
    assert "&lt;All&gt;" in found
