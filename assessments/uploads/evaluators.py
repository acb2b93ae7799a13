"""Importing evaluators into an assessment: a row per relationship, or a row per subject with columns of evaluators."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.models import Assessment
from assessments.selectors import relationships_of
from directory.imports.fields import EMAIL, EXTERNAL, FIRST_NAME, LAST_NAME, UNIQUE_ID, Field, Fields, guess, squeezed
from directory.imports.screens import Import, OptionsForm, Titles
from directory.imports.templates import AS_XLSX
from directory.models import Upload
from qxportal.ledger.plans.sources import CLEAR, FIELD, PART, SourceRow, Value
from qxportal.threesixty.relationships import DIRECT_REPORT, MANAGER, PEER, SELF
from qxportal.ui.labels import RELATIONSHIPS
from qxportal.ui.stored_messages import gettext_stored

KIND = "evaluators"
EVALUATORS = "evaluators:"  # begins the field of a column with people in one relationship
SUBJECT_EMAIL = Field(
    "subject_email",
    gettext_lazy("Subject’s e-mail address"),
    (
        "subjectemail",
        "subjectemailaddress",
        "subjectsemail",
        "emailsubject",
        "feedbackrecipientemail",
        "emailfeedbackempfanger",
    ),
)
SUBJECT_ID = Field(
    "subject_unique_id",
    gettext_lazy("Subject’s unique identifier"),
    ("subjectuniqueidentifier", "subjectuniqueid", "subjectid", "subjectexternaldatareference", "feedbackrecipientid"),
)
RELATIONSHIP = Field(
    "relationship",
    gettext_lazy("Relationship"),
    ("relationship", "relation", "relationshiptosubject", "role", "beziehung", "perspektive"),
)
KNOWN_AS = {
    SELF: ("self", "selbst", "selbsteinschatzung"),
    MANAGER: (
        "manager",
        "managers",
        "supervisor",
        "boss",
        "linemanager",
        "vorgesetzter",
        "vorgesetzte",
        "fuhrungskraft",
        "fuhrungskrafte",
        "manageremail",
    ),
    PEER: ("peer", "peers", "colleague", "colleagues", "kollege", "kollegen", "kollegin", "kolleginnen", "peeremail"),
    DIRECT_REPORT: (
        "directreport",
        "directreports",
        "report",
        "reports",
        "subordinate",
        "subordinates",
        "mitarbeiter",
        "mitarbeitende",
        "mitarbeiterin",
        "unterstellte",
        "directreportemail",
    ),
}
BETWEEN = re.compile(r"[;\n|]+")
COMMAS = re.compile(r",(?=[^,]*@)")  # between addresses; a name may have one
AFTER_BRACKETS = re.compile(r"(?<=>)\s*,")
BRACKETS = re.compile(r".*<([^<>]+)>\s*", re.DOTALL)
LONG_TEMPLATE = (
    ("SubjectEmail", "Email", "FirstName", "LastName", "Relationship"),
    ("anna.example@company.example", "ben.sample@company.example", "Ben", "Sample", "Manager"),
    ("anna.example@company.example", "cleo.other@company.example", "Cleo", "Other", "Peer"),
)
WIDE_TEMPLATE = (
    ("SubjectEmail", "Manager", "Peers", "Direct reports"),
    ("anna.example@firm.example", "ben.sample@firm.example", "cleo.other@firm.example; dan@firm.example", ""),
    ("ben.sample@company.example", "", "eve.fourth@company.example", "anna.example@company.example"),
)


class EvaluatorOptions(OptionsForm):
    """Whether people become subjects by the file."""

    add_subjects = forms.BooleanField(
        label=gettext_lazy("Add people as subjects who are not subjects yet"), required=False, initial=True
    )
    retype = forms.BooleanField(
        label=gettext_lazy("Change the relationship of evaluators if the file gives another one"),
        required=False,
        help_text=gettext_lazy("Otherwise these rows are refused. Answers that were given stay with the evaluation."),
    )
    remove_others = forms.BooleanField(
        label=gettext_lazy("Remove evaluators of these subjects who are not in the file"),
        required=False,
        help_text=gettext_lazy(
            "Only evaluators of subjects in the file. Who has begun to answer stays, and so do self-evaluations; the "
            "preview names each."
        ),
    )
    clear_relationships = forms.BooleanField(
        label=gettext_lazy("Clear all relationships, then ask the evaluators in the file"),
        required=False,
        help_text=gettext_lazy(
            "Removes every evaluator of this assessment who has not begun, and the manager of every person in the "
            "directory. Self-evaluations and answers stay. The preview counts and names each."
        ),
    )

    def clean_clear_relationships(self) -> bool:
        """Alone: it removes the others, too."""
        clear = bool(self.cleaned_data["clear_relationships"])
        if clear and self.cleaned_data.get("remove_others"):
            raise forms.ValidationError(_("This also removes evaluators who are not in the file. Choose only one."))
        return clear


def evaluators_import(assessment: Assessment) -> Import:
    """The import of an assessment's evaluators."""
    where = (assessment.org.slug, assessment.pk)
    names = relationships_of(assessment)
    template = reverse("assessments:evaluators-import-template", args=where)
    return Import(
        kind=KIND,
        target=assessment.vendor_id,
        fields=fields_of(names),
        options=EvaluatorOptions,
        heading=_("Import evaluators"),
        subheading=_("A row for each evaluator of a subject, or a row for each subject with a column for each group."),
        start=reverse("assessments:evaluators-import", args=where),
        check=lambda upload: reverse("assessments:evaluators-import-check", args=(*where, upload.pk)),
        templates=(
            (_("Template: a row per evaluator (XLSX)"), f"{template}?{AS_XLSX}"),
            (_("Template: a row per subject (XLSX)"), f"{template}?shape=wide&{AS_XLSX}"),
            (_("Template: a row per evaluator (CSV)"), template),
            (_("Template: a row per subject (CSV)"), f"{template}?shape=wide"),
        ),
        back=reverse("assessments:evaluations", args=where),
        back_words=assessment.name,
        title=lambda upload: _title(upload, assessment),
        guess=guess_columns,
        rows=lambda rows, titles: one_by_one(rows, titles, names),
    )


def fields_of(relationships: Sequence[str]) -> Fields:
    """Fields of columns in an assessment with these relationships."""
    groups = tuple(
        Field(
            EVALUATORS + name,
            _("Evaluators: %(name)s") % {"name": RELATIONSHIPS.get(name, name)},
            _names(name),
            many=True,
        )
        for name in relationships
    )
    single = (SUBJECT_EMAIL, SUBJECT_ID, EMAIL, UNIQUE_ID, FIRST_NAME, LAST_NAME, EXTERNAL, RELATIONSHIP)
    whom = ("relationship", *(field.name for field in groups))
    needs = {"email": ("relationship",), "unique_id": ("relationship",), "relationship": ("email", "unique_id")}
    return Fields(
        fields=(*single, *groups), one_of=(("subject_email", "subject_unique_id"), whom), needs=needs, other_data=False
    )


def _names(relationship: str) -> tuple[str, ...]:
    return KNOWN_AS.get(relationship, (squeezed(relationship), f"{squeezed(relationship)}s"))


def guess_columns(fields: Fields, header: Sequence[str], samples: Sequence[Sequence[str]]) -> dict[int, str]:
    """The fields of columns; in a file with a row per subject, an address or identifier alone is the subject's."""
    found = guess(fields, header, samples)
    wide = any(name.startswith(EVALUATORS) for name in found.values()) and "relationship" not in found.values()
    if not wide:
        return {place: name for place, name in found.items() if not name.startswith(EVALUATORS)}
    theirs = {"email": "subject_email", "unique_id": "subject_unique_id"}
    named = set(found.values())
    left_out = {"first_name", "last_name", *(name for name, subject in theirs.items() if subject in named)}
    return {place: theirs.get(name, name) for place, name in found.items() if name not in left_out}


def one_by_one(rows: Iterator[SourceRow], titles: Titles, relationships: Sequence[str]) -> Iterator[SourceRow]:
    """One row for each evaluator, whatever the file's layout; with the assessment's names of relationships."""
    known = {
        name: relationship for relationship in relationships for name in (squeezed(relationship), *_names(relationship))
    }
    for row in rows:
        groups = {
            name: value for name, value in row.values.items() if name.startswith(EVALUATORS) and value is not CLEAR
        }
        said = row.values.get("relationship")
        if said is not None:
            relationship = known.get(squeezed(said), said) if isinstance(said, str) else said
            row = SourceRow(row.row, {**_without_groups(row.values), "relationship": relationship}, row.problem)
            yield row
        elif row.problem or not groups:
            problem = row.problem or gettext_stored("The row names no evaluator.")
            yield SourceRow(row.row, _without_groups(row.values), problem)
        part = 0
        for name, value in ({} if row.problem else groups).items():
            for one in _of_group(row, name, str(value), titles.get(name, name)):
                part += 1
                yield SourceRow(one.row, {**one.values, PART: str(part)})


def _of_group(row: SourceRow, field: str, cell: str, title: str) -> Iterator[SourceRow]:
    """A row for each person that a cell names."""
    relationship = field.removeprefix(EVALUATORS)
    subject = {name: row.values[name] for name in ("subject_email", "subject_unique_id") if name in row.values}
    for text in people_in(cell):
        who = {"email" if "@" in text else "unique_id": text}
        yield SourceRow(row.row, {**subject, **who, "relationship": relationship, "column": title, FIELD: field})


def people_in(cell: str) -> list[str]:
    """The addresses or identifiers in a cell, each once: `Ann <ann@x.example>; bob@x.example`."""
    parts = [part for text in BETWEEN.split(cell) for part in (AFTER_BRACKETS if "<" in text else COMMAS).split(text)]
    found = [(BRACKETS.fullmatch(part) or [part, part])[1].strip(" ,\t") for part in parts]
    return list(dict.fromkeys(part for part in found if part))


def _without_groups(values: Mapping[str, Value]) -> dict[str, Value]:
    return {name: value for name, value in values.items() if not name.startswith(EVALUATORS)}


def _title(upload: Upload, assessment: Assessment) -> Any:
    return gettext_stored(
        "Import evaluators of “%(assessment)s” from “%(name)s”", assessment=assessment.name, name=upload.name
    )
