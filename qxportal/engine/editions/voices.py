"""One voice per person: of two forms by the same one only one is shown, whatever happened to his row in the directory.

Two rows of the directory are the same person when they have one address or one key of the organisation's; not when
both are in the directory now, or have different keys: then two people share a mailbox.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.crypto import salted_hmac

from qxportal.engine.models import Person, Series, Voice


@dataclass(frozen=True, slots=True)
class Speaker:
    """What tells a form's evaluator from others."""

    form: str  # public id of the evaluation
    person_id: str
    email: str
    identifier: str
    present: bool  # in the directory

    @classmethod
    def of(cls, form: str, person: Person) -> "Speaker":
        """The evaluator of a form."""
        return cls(form, person.public_id, person.email_key, person.unique_identifier, person.removed_at is None)

    def same(self, other: "Speaker") -> bool:
        """Whether both are the same person."""
        if self.person_id == other.person_id or (self.identifier and self.identifier == other.identifier):
            return True
        if self.email != other.email or (self.identifier and other.identifier):
            return False
        return not (self.present and other.present)


def heard(speakers: Sequence[Speaker], known: Sequence[Voice], series: Series) -> frozenset[str]:
    """The forms that are heard: those that spoke before, then the later ones of people who did not."""
    forms = {speaker.form: speaker for speaker in speakers}
    spoke = [forms[voice.form] for voice in known if voice.form in forms]
    lost = [voice for voice in known if voice.form not in forms]  # their forms were removed, they were heard
    accepted = list(spoke)
    for speaker in speakers:
        if speaker in accepted or any(speaker.same(other) for other in accepted):
            continue
        if not any(_was(series, speaker, voice, speakers) for voice in lost):
            accepted.append(speaker)
    return frozenset(speaker.form for speaker in accepted)


def voice(series: Series, speaker: Speaker) -> Voice:
    """The row of a rater who is heard for the first time."""
    return Voice(
        series=series,
        form=speaker.form,
        person=_digest(series, "person", speaker.person_id),
        mailbox=_digest(series, "mailbox", speaker.email),
        identifier=_digest(series, "identifier", speaker.identifier) if speaker.identifier else "",
    )


def _was(series: Series, speaker: Speaker, spoke: Voice, all_of_them: Iterable[Speaker]) -> bool:
    """Whether the rater of a deleted evaluation was this person."""
    if spoke.person == _digest(series, "person", speaker.person_id):
        return True
    identifier = _digest(series, "identifier", speaker.identifier) if speaker.identifier else ""
    if identifier and spoke.identifier:
        return identifier == spoke.identifier
    if spoke.mailbox != _digest(series, "mailbox", speaker.email):
        return False
    others = (one for one in all_of_them if one.present and one.email == speaker.email and one is not speaker)
    return not any(spoke.person == _digest(series, "person", one.person_id) for one in others)


def _digest(series: Series, kind: str, text: str) -> str:
    key = f"{series.assessment_key}|{series.person_key}|{text}"
    return salted_hmac(f"qxportal.engine.editions.{kind}", key, algorithm="sha256").hexdigest()
