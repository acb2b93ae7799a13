"""Pages of the import of people."""

import uuid

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_GET, require_http_methods

from directory.imports.people import EXAMPLES, TEMPLATE, people_import
from directory.imports.screens import check_page, start_page
from directory.imports.templates import template_file
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def people_start(request: MemberRequest, org: Organisation) -> HttpResponse:
    """Upload a file of people, or paste cells."""
    return start_page(request, org, people_import(org))


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def people_check(request: MemberRequest, org: Organisation, pk: uuid.UUID) -> HttpResponse:
    """Choose columns and options, and continue to the preview."""
    return check_page(request, org, people_import(org), pk)


@require_GET
@member_of_org(Role.EDITOR)
def people_template(request: MemberRequest, org: Organisation) -> HttpResponseBase:
    """A template with the right columns and two invented people."""
    return template_file(request, "people-template", TEMPLATE, EXAMPLES)
