"""User data fields: the fields in the latest response, and a form to add or change one."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from assessments.request_fields import LinesField
from directory.user_data_fields import REQUEST, known_fields, read_fields, set_field, show_default
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.capabilities import version_has
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.forms import intent_of
from qxportal.ledger.selectors import changes, unsettled
from qxportal.threesixty.calls.persons import SetUserDataFields


class FieldForm(forms.Form):
    """One field of people’s details."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    required = forms.BooleanField(
        label=gettext_lazy("Required"),
        required=False,
        help_text=gettext_lazy("New people are refused without it, except external people."),
    )
    can_edit = forms.BooleanField(label=gettext_lazy("People may change their own"), required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        choices = LinesField(label=gettext_lazy("Choices"), required=False)
        choices.help_text = gettext_lazy("One per line. Leave empty for any text.")
        self.fields["choices"] = choices
        self.order_fields(["name", "choices", "required", "can_edit"])


@require_http_methods(["GET", "POST"])
@member_of_org(Role.ADMIN)
def fields(request: MemberRequest, org: Organisation) -> HttpResponse:
    """The fields as last reported; also adds or changes one, or reads all."""
    setting = request.method == "POST" and "set" in request.POST
    form = FieldForm(request.POST if setting else None)
    problem = ""
    if request.method == "POST" and (not setting or form.is_valid()):
        by, intent = request.member, intent_of(request.POST)
        try:
            if setting:
                set_field(org, by=by, intent=intent, **form.cleaned_data)
            elif "default" in request.POST:
                shown = "shown" in request.POST
                show_default(org, by=by, name=request.POST["default"][:100], shown=shown, intent=intent)
            else:
                read_fields(org, by=by, intent=intent)
        except ActionRefused as refusal:
            problem = str(refusal)
        else:
            messages.success(request, _("Recorded. The fields are shown once the survey service has answered."))
            return redirect("assessments:user-data-fields", org.slug)
    last = known_fields(org)
    told = last.result["fields"] if last else {"default": {}, "optional": {}}
    context = {
        "form": form,
        "problem": problem,
        "last": last,
        "default": list(told["default"].items()),
        "optional": [(name, setting) for name, setting in told["optional"].items() if isinstance(setting, dict)],
        "offered": version_has(org, SetUserDataFields),
        "open_changes": unsettled(changes(request.member).filter(request=REQUEST)),
    }
    failed = bool(problem or form.errors)
    return render(request, "directory/user_data_fields.html", context, status=422 if failed else 200)
