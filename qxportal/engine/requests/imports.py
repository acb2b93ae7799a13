"""The request that imports people from a file."""

from collections.abc import Callable, Mapping

from qxportal.engine.http.api_responses import php_map
from qxportal.engine.http.arguments import Arguments
from qxportal.engine.http.errors import Invalid, Missing
from qxportal.engine.importing.persons import Rules
from qxportal.engine.importing.run import Switches, import_file
from qxportal.engine.importing.sheet import Kind
from qxportal.engine.models import Assessment, OrgStructure, User
from qxportal.engine.people import access, confidential, user_data


def import_persons(user: User, arguments: Arguments) -> object:
    """Import people from a CSV file into the directory or an assessment."""
    file = arguments.upload()
    kind = _kind(arguments)
    org_structure, assessment = _where(user, arguments)
    if assessment is not None:
        kind = _kind_in(assessment, kind)
    elif kind is not Kind.DIRECTORY:
        raise Missing("ThreeSixtyID")
    switches = Switches(
        clean=arguments.flag("CleanImport"),
        clear_relationships=arguments.flag("ClearRelationships"),
        update_responses=arguments.flag("UpdateResponses"),
        keep_hierarchy=arguments.flag("NoHierarchyUpdate"),
    )
    rules = Rules(
        by_unique_id=arguments.flag("UseUniquePersonID"),
        fields=user_data.of(user.brand),
        users_too=user.is_brand_admin,
        own_ids=frozenset(confidential.own_person_ids(user)),
    )
    outcome = import_file(file, kind, org_structure, assessment, switches, rules)
    return {
        "Count": outcome.count,
        "IgnoredCount": len(outcome.ignored),
        "Persons": php_map(outcome.persons),
        "Ignored": [{"Row": row, "Reason": reason} for row, reason in sorted(outcome.ignored.items())],
    }


def _kind(arguments: Arguments) -> Kind:
    word = arguments.text("Type")
    if word not in list(Kind):
        raise Invalid("Type", f"Possible: {', '.join(Kind)}.")
    return Kind(word)


def _where(user: User, arguments: Arguments) -> tuple[OrgStructure, Assessment | None]:
    """The target directory, and the assessment if one is given."""
    directory_id, assessment_id = arguments.text("OrgStructureID"), arguments.text("ThreeSixtyID")
    if not assessment_id:
        access.require_brand_admin(user)
        return access.org_structure(user, directory_id), None
    assessment = access.assessment(user, assessment_id, lock=True)
    if directory_id not in ("", assessment.org_structure.public_id):
        raise Invalid("OrgStructureID", "The assessment has another organization structure.")
    return assessment.org_structure, assessment


def _kind_in(assessment: Assessment, kind: Kind) -> Kind:
    """The kind of import; in an assessment subjects, or participants if it has no subjects."""
    possible = [Kind.SUBJECTS, Kind.EVALUATORS] if assessment.has_subjects else [Kind.PARTICIPANTS]
    chosen = possible[0] if kind is Kind.DIRECTORY else kind
    if chosen not in possible:
        raise Invalid("Type", f"Possible in assessments of the type {assessment.type}: {', '.join(possible)}.")
    return chosen


HANDLERS: Mapping[str, Callable[[User, Arguments], object]] = {"importPersons": import_persons}
