"""Pages of the imports into an assessment."""

import uuid

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_GET, require_http_methods

from assessments.uploads import leavers, participants
from assessments.uploads.evaluators import LONG_TEMPLATE, WIDE_TEMPLATE, evaluators_import
from assessments.uploads.participants import participants_import
from assessments.uploads.subjects import EXAMPLES, TEMPLATE, subjects_import
from assessments.views.context import find
from directory.imports.screens import check_page, start_page
from directory.imports.templates import template_file
from qxportal.accounts.access import MemberRequest, member_of_org
from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def subjects_start(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Upload a file of subjects, or paste cells."""
    return start_page(request, org, subjects_import(find(request.member, pk)))


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def subjects_check(request: MemberRequest, org: Organisation, pk: int, upload_pk: uuid.UUID) -> HttpResponse:
    """Choose columns and options, and go on to the preview."""
    return check_page(request, org, subjects_import(find(request.member, pk)), upload_pk)


@require_GET
@member_of_org(Role.EDITOR)
def subjects_template(request: MemberRequest, org: Organisation, pk: int) -> HttpResponseBase:
    """A file with the right columns and two invented subjects."""
    find(request.member, pk)
    return template_file(request, "subjects-template", TEMPLATE, EXAMPLES)


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def participants_start(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Upload a file of participants, or paste cells."""
    return start_page(request, org, participants_import(find(request.member, pk)))


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def participants_check(request: MemberRequest, org: Organisation, pk: int, upload_pk: uuid.UUID) -> HttpResponse:
    """Choose columns and options, and go on to the preview."""
    return check_page(request, org, participants_import(find(request.member, pk)), upload_pk)


@require_GET
@member_of_org(Role.EDITOR)
def participants_template(request: MemberRequest, org: Organisation, pk: int) -> HttpResponseBase:
    """A file with the right columns and two invented people."""
    find(request.member, pk)
    return template_file(request, "participants-template", participants.TEMPLATE, participants.EXAMPLES)


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def evaluators_start(request: MemberRequest, org: Organisation, pk: int) -> HttpResponse:
    """Upload a file of evaluators, or paste cells."""
    return start_page(request, org, evaluators_import(find(request.member, pk)))


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def evaluators_check(request: MemberRequest, org: Organisation, pk: int, upload_pk: uuid.UUID) -> HttpResponse:
    """Choose columns and options, and go on to the preview."""
    return check_page(request, org, evaluators_import(find(request.member, pk)), upload_pk)


@require_GET
@member_of_org(Role.EDITOR)
def evaluators_template(request: MemberRequest, org: Organisation, pk: int) -> HttpResponseBase:
    """A file with a row per evaluator, or with `?shape=wide` a row per subject."""
    find(request.member, pk)
    header, *examples = WIDE_TEMPLATE if request.GET.get("shape") == "wide" else LONG_TEMPLATE
    return template_file(request, "evaluators-template", header, examples)


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def leavers_start(request: MemberRequest, org: Organisation) -> HttpResponse:
    """Upload a list of leavers, or paste cells."""
    return start_page(request, org, leavers.leavers_import(org))


@require_http_methods(["GET", "POST"])
@member_of_org(Role.EDITOR)
def leavers_check(request: MemberRequest, org: Organisation, upload_pk: uuid.UUID) -> HttpResponse:
    """Choose columns and options, and go on to the preview."""
    return check_page(request, org, leavers.leavers_import(org), upload_pk)


@require_GET
@member_of_org(Role.EDITOR)
def leavers_template(request: MemberRequest, org: Organisation) -> HttpResponseBase:
    """A file with the right columns and two invented leavers."""
    return template_file(request, "leavers-template", leavers.TEMPLATE, leavers.EXAMPLES)
