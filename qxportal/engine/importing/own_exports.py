"""Exports of this server imported again: their columns about an assessment are no metadata of persons.

Titles are squeezed: small letters without blanks. `Status` alone is a column that many HR systems have, so it is left
out only beside the others of its table.
"""

from collections.abc import Collection, Sequence

SUBJECTS = {"evaluationsreceived", "evaluationscompleted", "reportstatus"}
EVALUATIONS = {"subjectuniqueidentifier", "participantuniqueidentifier", "unsolicited", "status"}
PERSONS = {"personid"}
SIDES = ("Subject ", "Evaluator ")
KEYS = {
    "externaldatareference",
    "subjectexternaldatareference",
    "evaluatorexternaldatareference",
}  # kept as ids already
OF = (
    (SUBJECTS, SUBJECTS | {"status"} | KEYS),
    (EVALUATIONS, EVALUATIONS | {"subjectfirstname", "subjectlastname", "startdate", "enddate"} | KEYS),
    (PERSONS, {"userid", "divisionid", "external", "metadata"} | KEYS),
)
ALWAYS = SUBJECTS | KEYS
RESPONSES = {"responseid", "threesixtyid"}  # of getLegacyResponseData, whose other columns are answers


def unkept(titles: Sequence[str]) -> Collection[str]:
    """The columns among these that are not about a person."""
    there = set(titles)
    if there >= RESPONSES:
        return there
    found = set(ALWAYS)
    for marks, columns in OF:
        if there >= marks:
            found |= columns
    if there >= EVALUATIONS:
        found |= {title for title in there if title.startswith("qid") and title[3:4].isdigit()}
    return found


def metadata_key(title: str, titles: Sequence[str]) -> str:
    """The metadata key of a column; empty for the subject's columns in a table of evaluations, which are not kept."""
    if not set(titles) >= EVALUATIONS:
        return title
    about, by = SIDES
    return "" if title.startswith(about) else title.removeprefix(by)
