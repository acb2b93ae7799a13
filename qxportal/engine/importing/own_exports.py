"""Tables that this server gave itself, imported again: what they say of an assessment is no metadata of people.

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
    """Which of these columns say nothing of a person."""
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
    """The key under which a column is kept: in a table of evaluations the evaluator's are, the subject's are not."""
    if not set(titles) >= EVALUATIONS:
        return title
    about, by = SIDES
    return "" if title.startswith(about) else title.removeprefix(by)
