"""Surveys: switching, limiting and handing them over, and responses from files."""

import json

from hypothesis import strategies as st

from tests.qxportal.engine.sequences.machine import Machine, action, names_of, people, responses, when
from tests.qxportal.engine.sequences.reviews import CUSTOM
from tests.qxportal.engine.sequences.world import SELF, Form, Review, Survey

MOST = 6
LANGUAGES = ("DE", "FR")
TEXT = "1. How often does this person listen?\n\nNever\nSeldom\nSometimes\nOften\nAlways\n"
PAIR = "ParticipantUniqueIdentifier,SubjectUniqueIdentifier,Relationship,QID1"


class Forms(Machine):
    """Rules about surveys and whole responses."""

    @when(lambda self: len(self.world.surveys) < MOST)
    @action(active=st.booleans(), sound=st.booleans())
    def import_survey(self, active: bool, sound: bool, data: st.DataObject) -> None:
        """For a user or the whole brand; a bad file leaves nothing behind."""
        owner = self.one(data, [*self.world.users, self.brand.name, "UR_unknown00000000"])
        name = f"Form {len(self.world.surveys) + 1} of {self.number}"
        refusal = "ESRV35|OwnerID" if owner.startswith("UR_unknown") else None if sound else "ESRV35|FileContents"
        made = self.ask(
            "importSurvey",
            refusal,
            Name=name,
            OwnerID=owner,
            ImportFormat="TXT",
            Activate=int(active),
            FileContents=TEXT if sound else " ",
            touches=["surveys", "users"],
        )
        if made:
            self.world.surveys[made["SurveyID"]] = Survey(name, owner, active, has_results=False)

    @when(lambda self: self.world.surveys)
    @action(request=st.sampled_from(["activateSurvey", "deactivateSurvey"]))
    def switch_survey(self, request: str, data: st.DataObject) -> None:
        """Begun forms stay begun."""
        survey = self.one(data, list(self.world.surveys))
        self.ask(request, SurveyID=survey, touches=["surveys"])
        self.world.surveys[survey].active = request == "activateSurvey"

    @when(lambda self: self.world.surveys)
    @action(
        active=st.sampled_from([None, True, False]),
        sessions=st.sampled_from([None, True, False]),
        expired=st.sampled_from([None, True, False]),
    )
    def set_survey_options(
        self, active: bool | None, sessions: bool | None, expired: bool | None, data: st.DataObject
    ) -> None:
        """Only what is given changes; switching off records begun forms unless told otherwise."""
        survey_id = self.one(data, list(self.world.surveys))
        survey = self.world.surveys[survey_id]
        flags = {"Active": active, "CloseSessions": sessions, "Expiration": expired}
        given = {name: str(int(value)) for name, value in flags.items() if value is not None}
        if expired:
            given |= {"ExpirationEndDate": "2020-06-30 18:00:00"}
        concerned = [review for review in self.world.reviews.values() if review.survey == survey_id]
        self.ask(
            "setSurveyOptions",
            SurveyID=survey_id,
            **given,
            touches=["surveys", *(people(review.id) for review in concerned)],
        )
        survey.active = survey.active if active is None else active
        survey.expired = survey.expired if expired is None else expired
        if active is False and sessions is not False:
            for review in concerned:
                review.close_sessions()

    @when(lambda self: self.world.surveys)
    @action(renamed=st.booleans())
    def transfer_survey(self, renamed: bool, data: st.DataObject) -> None:
        """From its owner, who must be named, to anybody of the brand."""
        survey_id = self.one(data, list(self.world.surveys))
        survey = self.world.surveys[survey_id]
        owner = self.one(data, [*self.world.users, self.brand.name])
        receiver = self.one(data, list(self.world.users))
        name = f"Form of {self.world.users[receiver].first_name}"
        refusal = None if owner == survey.owner else "ESRV35|OwnerID"
        self.ask(
            "transferSurveyOwnership",
            refusal,
            SurveyID=survey_id,
            OwnerID=owner,
            NewOwnerID=receiver,
            touches=["surveys", "users"],
            **({"SurveyName": name} if renamed else {}),
        )
        if not refusal:
            survey.owner = receiver
            survey.name = name if renamed else survey.name

    @when(lambda self: self.world.surveys)
    @action(language=st.sampled_from(LANGUAGES), as_admin=st.booleans())
    def translate_survey(self, language: str, as_admin: bool, data: st.DataObject) -> None:
        """Languages are added to those that are there; somebody else's survey needs an administrator who says so."""
        survey_id = self.one(data, list(self.world.surveys))
        survey = self.world.surveys[survey_id]
        name = f"{survey.name} ({language})"
        refusal = None if as_admin or survey.owner == self.user.user_id else "ESRV3"
        self.ask(
            "importSurveyTranslations",
            refusal,
            SurveyID=survey_id,
            AsAdmin=int(as_admin),
            FileContents=f"ID,{language}\nSurveyName,{name}\n",
            touches=["surveys", names_of(survey_id)],
        )
        if not refusal:
            survey.names[language] = name

    @when(lambda self: self.world.reviews and self.world.persons)
    @action(
        often=2,
        relationship=st.sampled_from(["Peer", "Peer", "Manager", SELF, *CUSTOM]),
        point=st.sampled_from([1, 4, 5, 9]),
    )
    def import_response(self, relationship: str, point: int, data: st.DataObject) -> None:
        """One row: a form that nobody began becomes a response while its round is open; others refuse the file."""
        review = self.one(data, list(self.world.reviews.values()))
        evaluator = self.any_person(data)
        subject = self.one(data, [evaluator, *(review.subjects or [self.any_person(data)])])
        takes = point <= 5 and self._takes_response(review, subject, evaluator, relationship)
        self.ask(
            "importResponses",
            None if takes else "ESRV35|FileContents",
            ThreeSixtyID=review.id,
            FileContents=f"{PAIR}\r\n{evaluator},{subject},{relationship},{point}\r\n",
            touches=["surveys", people(review.id)],
        )
        if takes:
            review.enlist(evaluator, subject=False, external=self.world.persons[evaluator].external)
            review.forms[subject, evaluator] = Form(relationship, "Completed", begun=True)

    def _takes_response(self, review: Review, subject: str, evaluator: str, relationship: str) -> bool:
        if subject not in self.world.persons or evaluator not in self.world.persons or review.status == "Closed":
            return False
        if relationship in set(CUSTOM) - set(review.relationships) or (relationship == SELF) != (subject == evaluator):
            return False
        if review.has_subjects and (subject not in review.subjects or review.parts[subject].status == "Done"):
            return False
        if not review.has_subjects and subject != evaluator:
            return False
        known = review.forms.get((subject, evaluator))
        return known is None or known.status == "NotStarted"

    def everything(self) -> list[str]:
        """With the names of every survey, and the responses of those that somebody fills in."""
        used = dict.fromkeys(review.survey for review in self.world.reviews.values() if review.forms)
        return [*super().everything(), *map(names_of, self.world.surveys), *map(responses, used)]

    def compare(self, name: str) -> None:
        """The names in all languages; as many responses, finished and in progress, as there are forms."""
        super().compare(name)
        for survey in self.world.surveys:
            if name == names_of(survey):
                self._compare_names(survey)
            if name == responses(survey):
                for status, begun in (("Completed", "0"), ("InProgress", "1")):
                    answer = self.send("getLegacyResponseData", SurveyID=survey, ResponsesInProgress=begun)
                    assert len(json.loads(answer.text) or {}) == self.world.responses(survey, status)

    def _compare_names(self, survey: str) -> None:
        for language in LANGUAGES:
            name = self.world.surveys[survey].names.get(language)
            refusal = None if name else "ESRV35|Language"
            told = self.ask("getSurveyName", refusal, SurveyID=survey, Language=language)
            assert (told and told["SurveyName"]) == name
