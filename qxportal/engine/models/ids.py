"""Public ids as the API writes them: a prefix, an underscore, fifteen alphanumerics."""

import re

from qxportal.threesixty.ids import LENGTH, new_id


def well_formed(value: str, prefix: str) -> bool:
    """Whether a caller may choose `value` as an id; known samples of the vendor's ids are shorter than ours."""
    return re.fullmatch(rf"{prefix}_[A-Za-z0-9]{{11,{LENGTH}}}", value, re.ASCII) is not None


def division_id() -> str:
    """Id of a division."""
    return new_id("DV")


def org_structure_id() -> str:
    """Id of a directory."""
    return new_id("OS")


def user_id() -> str:
    """Id of an API user."""
    return new_id("UR")


def person_id() -> str:
    """Id of a person."""
    return new_id("P")


def survey_id() -> str:
    """Id of a survey."""
    return new_id("SV")


def assessment_id() -> str:
    """Id of an assessment."""
    return new_id("TS")


def response_id() -> str:
    """Id of one evaluator's form about one subject."""
    return new_id("R")


def report_id() -> str:
    """Id of a report definition."""
    return new_id("RP")


def action_plan_id() -> str:
    """Id of a subject's action plan."""
    return new_id("AP")


def report_access_id() -> str:
    """Id of an access to a report on the site."""
    return new_id("RA")


def data_source_id() -> str:
    """Id of a table of predefined report figures."""
    return new_id("DS")


def group_id() -> str:
    """Id of a group of users."""
    return new_id("GR")


def message_id() -> str:
    """Id of a library message."""
    return new_id("MS")


def graphic_id() -> str:
    """Id of a library graphic."""
    return new_id("IM")


def panel_id() -> str:
    """Id of a panel."""
    return new_id("ML")


def quota_id() -> str:
    """Id of a quota."""
    return new_id("QO")


def response_set_id() -> str:
    """Id of a response set."""
    return new_id("RS")


def subgroup_id() -> str:
    """Id of a subgroup of responses."""
    return new_id("SG")


def block_id() -> str:
    """Id of a block of questions."""
    return new_id("BL")


def mailing_id() -> str:
    """Id of a mailing."""
    return new_id("EMD")


def mail_id() -> str:
    """Id of a mail."""
    return new_id("EM")
