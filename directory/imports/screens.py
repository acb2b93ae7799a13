"""The screens of an import: the file, then its reading and columns, then the plan's preview."""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from directory.imports import uploads
from directory.imports.columns import ColumnsForm
from directory.imports.fields import Fields, guess
from directory.imports.forms import ReadingForm, UploadForm
from directory.imports.memory import remember, remembered
from directory.imports.questions import Question, questions
from directory.imports.source import import_rows
from directory.models import Upload
from qxportal.accounts.access import MemberRequest
from qxportal.accounts.models import Member, Organisation
from qxportal.core.tables.problems import TableProblem
from qxportal.core.tables.reading import Description, Reading
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.forms import intent_of
from qxportal.ledger.models import Plan
from qxportal.ledger.plans.make import make_plan
from qxportal.ledger.plans.sources import SourceRow
from qxportal.ui.stored_messages import Message

Titles = Mapping[str, str]  # column names by field


@dataclass(frozen=True, kw_only=True)
class Import:
    """An import: its fields, its options, and the pages around it."""

    kind: str  # of the plan
    fields: Fields
    options: type["OptionsForm"]
    heading: str
    subheading: str
    start: str  # URL of the first screen
    check: Callable[[Upload], str]  # URL of the second screen
    templates: tuple[tuple[str, str], ...]  # template files: their names and URLs
    others: tuple[tuple[str, str], ...] = ()  # imports that may be meant instead: their names and URLs
    back: str  # of the page from which it was opened
    back_words: str
    title: Callable[[Upload], Message]  # of the plan
    guess: Callable[[Fields, Sequence[str], Sequence[Sequence[str]]], dict[int, str]] = guess
    target: str = ""  # vendor id of the assessment
    rows: Callable[[Iterator[SourceRow], Titles], Iterator[SourceRow]] | None = None  # makes the plan's rows
    plans: str = ""  # kind of its plans, if different
    then: Callable[[Plan], str] | None = None  # URL of the next page, if not the plan's


class OptionsForm(forms.Form):
    """Options of an import."""

    alike_ids = forms.BooleanField(
        label=gettext_lazy(
            "Identifiers that differ only in capitals, blanks or invisible characters mean the same person"
        ),
        required=False,
        help_text=gettext_lazy(
            "Otherwise such rows are refused in the preview, each with the person who may be meant."
        ),
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, columns: Mapping[int, str], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.columns = set(columns.values())
        alike = self.fields.pop("alike_ids")
        if any(column.endswith("unique_id") for column in self.columns):
            self.fields["alike_ids"] = alike  # rendered below the import's own questions

    def options(self) -> dict[str, Any]:
        """The choices in the plan's form."""
        return {name: value for name, value in self.cleaned_data.items() if name != "alike_ids" or value}


def start_page(request: MemberRequest, org: Organisation, place: Import) -> HttpResponse:
    """Receive a file or pasted cells."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file, name = form.table()
        pasted = not form.cleaned_data["file"]
        try:
            upload, found = uploads.store(
                org, file, name, by=request.member, kind=place.kind, target=place.target, pasted=pasted
            )
        except TableProblem as problem:
            form.add_error("file" if request.FILES else "pasted", str(problem))
        else:
            _suggest(org, place, upload, found)
            return redirect(place.check(upload))
    waiting = uploads.waiting(request.member, place.kind, place.target).first()
    context = {"form": form, "place": place, "waiting": waiting, "waiting_url": place.check(waiting) if waiting else ""}
    return render(request, "directory/imports/start.html", context, status=422 if form.errors else 200)


def _suggest(org: Organisation, place: Import, upload: Upload, found: Description) -> None:
    """Preselect remembered fields, or those that names and values suggest."""
    known = remembered(org, place.kind, found.header)
    upload.options = {**upload.options, "remembered": known is not None}
    guessed = place.guess(place.fields, found.header, [row.cells for row in found.sample])
    _keep_columns(upload, guessed if known is None else known)


def _keep_columns(upload: Upload, columns: Mapping[int, str]) -> None:
    upload.columns = {str(column): field for column, field in columns.items()}
    upload.save(update_fields=["columns", "options"])


def check_page(request: MemberRequest, org: Organisation, place: Import, pk: uuid.UUID) -> HttpResponse:
    """Show the file's reading and columns; make a plan from all choices."""
    upload = get_object_or_404(Upload, org=org, kind=place.kind, target=place.target, pk=pk)
    if not uploads.waits_for(upload, request.member):
        messages.error(
            request, _("Another member uploaded this file, or it was uploaded more than a day ago. Upload it again.")
        )
        return redirect(place.start)
    found = uploads.described(upload)
    screen = Check(place, upload, found, request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return screen.render(request)
    try:
        if screen.read_anew():
            return redirect(place.check(upload))
    except TableProblem as problem:
        return screen.render(request, problem=str(problem))
    screen.keep()
    if {"read", "all"} & set(request.POST):
        return redirect(place.check(upload))
    if not screen.is_valid():
        return screen.render(request, wrong=True)
    try:
        plan = screen.make_plan(by=request.member)
    except (TableProblem, ActionRefused) as problem:
        return screen.render(request, problem=str(problem))
    return redirect(place.then(plan)) if place.then else redirect("ledger:plan", org.slug, plan.pk)


class Check:
    """The second screen: readings, columns and options, with the choices and their errors."""

    def __init__(self, place: Import, upload: Upload, found: Description, data: Any) -> None:
        self.place, self.upload, self.data = place, upload, data
        self._enter(found)

    def _enter(self, found: Description) -> None:
        self.found = found
        kept = {int(column): field for column, field in self.upload.columns.items()}
        self.reading = ReadingForm(self.data, found)
        self.columns = ColumnsForm(found, self.place.fields, kept, self.data)
        chosen = self.columns.chosen()
        self.options = self.place.options(self.data, columns=chosen, initial=self.upload.options.get("chosen"))
        self.questions: list[Question] = questions(
            found, self.columns, self.data, answered=self.upload.options.get("answers", {})
        )

    def read_anew(self) -> bool:
        """Read the file again if its reading was changed; returns whether the columns differ."""
        chosen: Reading | None = self.reading.chosen()
        if chosen is None:
            return False
        before = self.found.header
        found = uploads.describe_again(self.upload, chosen)
        self.keep()
        if [name for name in found.header if name] != [name for name in before if name and name in found.header]:
            _suggest(self.upload.org, self.place, self.upload, found)
            return True
        self._enter(found)
        return False

    def keep(self) -> None:
        """Store the choices, so that going back shows them."""
        if "all" in self.data:
            self.columns.all_as_other_data()
        answers = {each.name: each.given for each in self.questions if each.given}
        fields = {name: self.data.get(name, "") for name in self.options.fields}
        self.upload.options = {**self.upload.options, "answers": answers, "chosen": fields}
        _keep_columns(self.upload, self.columns.chosen())

    def is_valid(self) -> bool:
        """Whether a plan can be made; errors are shown beside each field."""
        checked = [each.is_valid() for each in self.questions]
        return all([*checked, self.columns.is_valid(), self.options.is_valid()])

    def make_plan(self, *, by: Member) -> Plan:
        """The plan with a line for every row; raises TableProblem if the file cannot be read to its end."""
        columns, upload = self.columns.chosen(), self.upload
        file = uploads.open_upload(upload)
        every = import_rows(file, upload.name, self.found, columns, self.place.fields)
        rows = every if self.place.rows is None else self.place.rows(every, self._titles())
        plan = make_plan(
            upload.org,
            self.place.plans or self.place.kind,
            rows,
            by=by,
            title=self.place.title(upload),
            source=self._source(),
            options=self.options.options(),
            assessment_id=self.place.target,
            plan_id=self._plan_id(columns),
        )
        remember(upload.org, self.place.kind, self.found.header, columns)
        return plan

    def _plan_id(self, columns: Mapping[int, str]) -> uuid.UUID | None:
        """The same form submitted twice gives the same id; other choices give another."""
        chosen = [self.found.reading.stored(), sorted(columns.items()), sorted(self.options.options().items())]
        intent = intent_of(self.data)
        return uuid.uuid5(intent, repr(chosen)) if intent else None

    def _source(self) -> dict[str, Any]:
        return {
            "from": "pasted" if self.upload.pasted else "file",
            "name": self.upload.name,
            "sha256": self.upload.sha256,
            "rows": self.found.row_count,
            "sheet": self.found.reading.sheet or "",
            "encoding": self.found.reading.encoding or "",
            "columns": [list(item) for item in self._titles().items()],  # in file order
            "again": self.place.check(self.upload),
        }

    def _titles(self) -> dict[str, str]:
        return {column.field: column.title for column in self.columns.columns if column.field}

    def render(self, request: MemberRequest, *, wrong: bool = False, problem: str = "") -> HttpResponse:
        """Render the screen."""
        context = {
            "place": self.place,
            "upload": self.upload,
            "found": self.found,
            "reading": self.reading,
            "columns": self.columns,
            "options": self.options,
            "questions": self.questions,
            "remembered": self.upload.options.get("remembered"),
            "problem": problem,
        }
        status = 422 if wrong or problem else 200
        return render(request, "directory/imports/check.html", context, status=status)
