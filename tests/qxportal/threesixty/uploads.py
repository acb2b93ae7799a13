"""Calls that send a file, and ids of an assessment and a person as the documentation writes them."""

from qxportal.threesixty.calls.library import UploadLibraryGraphic
from qxportal.threesixty.calls.persons import ImportPersons
from qxportal.threesixty.calls.responses import ImportResponses
from qxportal.threesixty.calls.surveys import ImportSurvey, ImportSurveyTranslations
from qxportal.threesixty.enums import ImportType

TS, P = "TS_8sLqH2mTz0aXc41", "P_3kd92mXq0PzLw7b"

UPLOAD = ImportPersons(
    type=ImportType.SUBJECTS,
    assessment_id=TS,
    file_contents="FirstName,LastName,Email\r\nZoë,Berg,z@acme.example\r\n",
    clean_import=False,
    clear_relationships=False,
    update_responses=False,
)

FILES = [
    (UPLOAD, "table.csv", "text/csv"),
    (ImportResponses(assessment_id=TS, file_contents="SubjectUniqueIdentifier\r\nP_1\r\n"), "table.csv", "text/csv"),
    (ImportSurvey(name="Leadership", file_contents=b"{}"), "survey.qsf", "application/json"),
    (ImportSurveyTranslations(survey_id="SV_1", file_contents="Question,DE\r\n"), "table.csv", "text/csv"),
    (
        UploadLibraryGraphic(library_id="UR_1", description="Logo", file_contents=b"\x89PNG\r\n"),
        "graphic.png",
        "image/png",
    ),
]
