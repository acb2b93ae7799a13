"""The organisation's settings and its credential."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.commands import save_organisation
from qxportal.accounts.credentials import save_credential
from qxportal.accounts.forms import KEPT, CredentialForm, OrganisationForm
from qxportal.accounts.models import Credential, Organisation
from qxportal.accounts.roles import Role


@require_http_methods(["GET", "POST"])
@member_of_org(Role.ADMIN)
def organisation(request: MemberRequest, org: Organisation) -> HttpResponse:
    """Name, time zone, terms and pause of the organisation."""
    form = OrganisationForm(request.POST or None, org=org, by=request.member)
    if request.method == "POST" and form.is_valid():
        kept = {name: form.cleaned_data[name] for name in KEPT}
        save_organisation(org, by=request.member, **kept, terms=form.terms())
        messages.success(request, _("Settings saved."))
        return redirect("accounts:organisation", org.slug)
    return render(request, "accounts/organisation.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@member_of_org(Role.ADMIN)
def credential(request: MemberRequest, org: Organisation) -> HttpResponse:
    """Set host, user, version and token; the token is never shown."""
    known = Credential.objects.filter(org=org).first()
    initial = (
        {"host": known.host, "api_user": known.api_user, "version": known.version} if known else {"version": "2.5"}
    )
    form = CredentialForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            save_credential(org, by=request.member, **form.cleaned_data)
        except ValueError as problem:
            form.add_error("token", str(problem))
        else:
            messages.success(request, _("Credential saved. Now test the connection."))
            return redirect("accounts:credential", org.slug)
    return render(
        request, "accounts/credential.html", {"form": form, "credential": known}, status=422 if form.errors else 200
    )
