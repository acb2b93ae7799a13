"""One voice per person: of two evaluations by the same person only one counts, also after changes in the directory.

Two directory rows are the same person if they share an address or the organisation's own key. With one address they
are two people who share a mailbox if both are in the directory now or have different keys.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.crypto import salted_hmac

from qxportal.engine.models import Person, Series, Voice


@dataclass(frozen=True, slots=True)
class Speaker:
    """The identifying facts about an evaluation's rater."""

    form: str  # public id of the evaluation
    person_id: str
    email: str
    identifier: str
    present: bool  # in the directory

    @classmethod
    def of(cls, form: str, person: Person) -> "Speaker":
        """The speaker for an evaluation (public id) and its evaluator."""
        return cls(form, person.public_id, person.email_key, person.unique_identifier, person.removed_at is None)

    def same(self, other: "Speaker") -> bool:
        """Whether both are the same person."""
        if self.person_id == other.person_id or (self.identifier and self.identifier == other.identifier):
            return True
        if self.email != other.email or (self.identifier and other.identifier):
            return False
        return not (self.present and other.present)


def heard(speakers: Sequence[Speaker], known: Sequence[Voice], series: Series) -> frozenset[str]:
    """Evaluations that count: those shown before, then one per person of the others, in the given order."""
    forms = {speaker.form: speaker for speaker in speakers}
    spoke = [forms[voice.form] for voice in known if voice.form in forms]
    lost = [voice for voice in known if voice.form not in forms]  # shown before, evaluation deleted since
    accepted = list(spoke)
    for speaker in speakers:
        if speaker in accepted or any(speaker.same(other) for other in accepted):
            continue
        if not any(_was(series, speaker, voice, speakers) for voice in lost):
            accepted.append(speaker)
    return frozenset(speaker.form for speaker in accepted)


def voice(series: Series, speaker: Speaker) -> Voice:
    """The unsaved Voice of a rater whose answers are shown for the first time."""
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
