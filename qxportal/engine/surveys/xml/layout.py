"""The three layouts of getSurvey, of which the version of the API picks one."""

from dataclasses import dataclass

from qxportal.threesixty.catalogue import version_number


@dataclass(frozen=True)
class Layout:
    """How to write a survey."""

    language: str
    field_types: bool  # since 2.2: embedded data with its types, in the flow too
    by_display: bool  # since 2.3: choices in the order in which they are shown; before, by their ids
    compound: bool  # since 2.3: the questions inside a question
    validation: bool  # since 2.3: more than whether an answer is forced
    logic: bool  # ExportLogic


def layout(version: str, language: str, *, logic: bool) -> Layout:
    """The newest layout that a version knows."""
    new, newest = (version_number(version) >= version_number(since) for since in ("2.2", "2.3"))
    return Layout(language, field_types=new, by_display=newest, compound=newest, validation=newest, logic=logic)
