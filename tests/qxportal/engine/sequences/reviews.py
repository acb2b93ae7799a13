"""Assessments as a whole: creating, running, changing and deleting them."""

from hypothesis import strategies as st

from qxportal.engine.assessments import workflow
from tests.qxportal.engine.sequences.machine import Machine, action, definition, people, shelf, when
from tests.qxportal.engine.sequences.world import Library, Review, Survey

CUSTOM = ("Mentor", "Customer", "Project lead")
UNKNOWN = "ESRV35|ThreeSixtyID"
MOST = 5
OPTIONS = st.fixed_dictionaries(
    {}, optional={"SelfEvaluation": st.booleans(), "DeclineEvaluations": st.booleans(), "MinimumEvaluators": st.just(4)}
)
RELATIONSHIPS = st.lists(st.sampled_from(CUSTOM), unique=True, max_size=3)


class Reviews(Machine):
    """Rules about assessments."""

    @when(lambda self: len(self.world.reviews) < MOST)
    @action(
        request=st.sampled_from(["createAssessment", "createThreeSixty"]),
        kind=st.sampled_from(["360", "360", "EE", "EmployeePulse"]),
        options=OPTIONS,
        relationships=RELATIONSHIPS,
    )
    def create(
        self, request: str, kind: str, options: dict[str, object], relationships: list[str], data: st.DataObject
    ) -> None:
        """With a form of its own or one that is there; a taken id is refused."""
        known = list(self.world.reviews)
        taken = bool(known) and data.draw(st.integers(0, 9)) == 0
        again = bool(self.world.gone_reviews) and data.draw(st.booleans(), label="an id of a deleted one")
        public_id = self.one(data, known) if taken else self.world.gone_reviews[-1] if again else self.new_id("TS")
        surveys = list(self.world.surveys)
        shared = bool(surveys) and data.draw(st.booleans(), label="a form that is there")
        given = {"SurveyID": self.one(data, surveys)} if shared else {}
        if request == "createAssessment":
            given["Type"] = kind
        owners = [self.user.user_id, *self.world.users, *self.world.divisions]
        if request == "createAssessment":
            owners.append(self.brand.name)
        given["OwnerID"] = owner = self.one(data, owners)
        name = f"Review {public_id[-4:]}"
        result = self.ask(
            request,
            "ETS1" if taken else None,
            Name=name,
            ThreeSixtyID=public_id,
            WorkFlowOptions=options,
            Relationships=relationships,
            **given,
            touches=["reviews", "surveys", definition(public_id), people(public_id), shelf(public_id)],
        )
        if not result:
            return
        assert result["ThreeSixtyID"] == public_id
        self.world.gone_reviews = [one for one in self.world.gone_reviews if one != public_id]
        if shared:
            assert result["SurveyID"] == given["SurveyID"]
        self.world.surveys.setdefault(result["SurveyID"], Survey(name, self.user.user_id))
        self.world.reviews[public_id] = Review(
            public_id,
            name,
            given.get("Type", "360"),
            owner,
            result["SurveyID"],
            {**workflow.DEFAULTS, **options},
            relationships,
        )
        self.world.libraries[public_id] = Library()

    @when(lambda self: self.world.reviews)
    @action()
    def activate(self, data: st.DataObject) -> None:
        """From any state, with a form that can be answered."""
        chosen, review = self.any_review(data)
        refusal = UNKNOWN if review is None else None if self.world.surveys[review.survey].open else "ETS3"
        self.ask("activateAssessment", refusal, ThreeSixtyID=chosen, touches=["reviews"])
        if review and not refusal:
            review.status = "Active"

    @when(lambda self: self.world.reviews)
    @action()
    def reopen(self, data: st.DataObject) -> None:
        """A draft was never open; the form must be one that can be answered."""
        chosen, review = self.any_review(data)
        able = review is not None and review.status != "Draft" and self.world.surveys[review.survey].open
        refusal = UNKNOWN if review is None else None if able else "ETS3"
        self.ask("reopenAssessment", refusal, ThreeSixtyID=chosen, touches=["reviews"])
        if review and not refusal:
            review.status = "Active"

    @when(lambda self: self.world.reviews)
    @action(often=2, sessions=st.booleans(), ready=st.booleans())
    def close(self, sessions: bool, ready: bool, data: st.DataObject) -> None:
        """Begun forms and reports go as the caller says."""
        chosen, review = self.any_review(data)
        refusal = UNKNOWN if review is None else "ETS3" if review.status == "Draft" else None
        touched = ["reviews", "surveys", people(chosen)] if review else []
        self.ask(
            "closeAssessment",
            refusal,
            ThreeSixtyID=chosen,
            CloseSessions=int(sessions),
            ReadyReports=int(ready),
            touches=touched,
        )
        if review is None or refusal:
            return
        review.status = "Closed"
        if sessions:
            review.close_sessions()
        if ready:
            for person in review.subjects:
                review.parts[person].ready = True

    @when(lambda self: self.world.reviews)
    @action(often=2, options=OPTIONS)
    def set_options(self, options: dict[str, object], data: st.DataObject) -> None:
        """Only the given ones change; self evaluations follow theirs."""
        chosen, review = self.any_review(data)
        self.ask(
            "updateAssessment",
            None if review else UNKNOWN,
            ThreeSixtyID=chosen,
            WorkFlowOptions=options,
            touches=[definition(chosen), people(chosen)],
        )
        if review is None:
            return
        before = review.options["SelfEvaluation"]
        review.options |= options
        if review.options["SelfEvaluation"] == before or not review.has_subjects:
            return
        if before:
            own = [pair for pair, form in review.forms.items() if form.relationship == "Self"]
            for pair in own:
                if review.forms[pair].status == "NotStarted":
                    del review.forms[pair]
        else:
            review.ask_self(person for person in review.subjects if review.parts[person].status == "Waiting")

    @when(lambda self: self.world.reviews)
    @action(often=2)
    def swap_form(self, data: st.DataObject) -> None:
        """The old form goes when nobody else has it; a form with answers stays."""
        chosen, review = self.any_review(data)
        survey = self.one(data, list(self.world.surveys))
        begun = review is not None and review.survey != survey and review.begun
        refusal = UNKNOWN if review is None else "ETS3" if begun else None
        self.ask(
            "updateAssessment",
            refusal,
            ThreeSixtyID=chosen,
            SurveyID=survey,
            touches=["reviews", "surveys"],
        )
        if review is None or refusal:
            return
        old, review.survey = review.survey, survey
        if all(other.survey != old for other in self.world.reviews.values()):
            del self.world.surveys[old]

    @when(lambda self: len(self.world.reviews) > 1)
    @action()
    def delete(self, data: st.DataObject) -> None:
        """All of it goes but the form."""
        chosen, review = self.any_review(data)
        self.ask("deleteAssessment", None if review else UNKNOWN, ThreeSixtyID=chosen, touches=["reviews", "surveys"])
        if review is None:
            return
        del self.world.reviews[chosen], self.world.libraries[chosen]
        self.world.gone_reviews.append(chosen)
        self.ask("getLibraryMessages", "ESRV35|LibraryID", LibraryID=chosen)

    @when(lambda self: self.world.reviews)
    @action(often=2, wished=st.lists(st.sampled_from([*CUSTOM, "Peer"]), max_size=4))
    def set_relationships(self, wished: list[str], data: st.DataObject) -> None:
        """One in use stays; a built-in one and the same twice are refused."""
        chosen, review = self.any_review(data)
        used = {form.relationship for form in review.forms.values()} if review else set()
        lost = review is not None and bool((set(review.relationships) - set(wished)) & used)
        bad = "Peer" in wished or len(set(wished)) < len(wished) or lost
        refusal = UNKNOWN if review is None else "ESRV35|jsonOfRelationships" if bad else None
        self.ask(
            "setCustomRelationships",
            refusal,
            ThreeSixtyID=chosen,
            jsonOfRelationships=wished,
            touches=[definition(chosen)],
        )
        if review and not refusal:
            review.relationships = wished

    @when(lambda self: self.world.reviews)
    @action(rows=st.integers(0, 3))
    def set_predefined_data(self, rows: int, data: st.DataObject) -> None:
        """New rows replace the old ones."""
        review = self.one(data, list(self.world.reviews.values()))
        (report,) = self.ask("getAssessment", ThreeSixtyID=review.id)["Reports"]
        given = [{"Competency": "Results", "Mean": 3.5}] * rows
        result = self.ask(
            "setPredefinedData",
            ReportID=report["ReportID"],
            DataSourceID=report["DataSources"][0]["DataSourceID"],
            PredefinedData=given,
            touches=[definition(review.id)],
        )
        shown = rows if self.world.surveys[review.survey].has_results else 0
        assert result == {"Success": True, "Rows": rows, "Shown": shown}
        review.rows = rows

    def everything(self) -> list[str]:
        """With the lists of assessments and of forms, and every definition."""
        return [*super().everything(), "reviews", "surveys", *map(definition, self.world.reviews)]

    def compare(self, name: str) -> None:
        """Every list and every definition agrees."""
        super().compare(name)
        if name == "reviews":
            listed = self.ask("getAssessments")["Assessments"]
            assert [
                (one["ThreeSixtyID"], one["Name"], one["Type"], one["Status"], one["OwnerID"], one["SurveyID"])
                for one in listed
            ] == [
                (one.id, one.name, one.type, one.status, one.owner, one.survey) for one in self.world.reviews.values()
            ]
        elif name == "surveys":
            self._compare_surveys()
        for review in self.world.reviews.values():
            if name == definition(review.id):
                self._compare_definition(review)

    def _compare_surveys(self) -> None:
        listed = self.ask("getSurveys")["Surveys"]
        assert [
            (
                one["SurveyID"],
                one["SurveyName"],
                one["SurveyStatus"],
                one["SurveyOwnerID"],
                one["UserFirstName"],
                one["UserLastName"],
                int(one.get("responses", 0)),
            )
            for one in listed
        ] == [
            (
                survey_id,
                survey.name,
                "Active" if survey.active else "Inactive",
                survey.owner,
                *self._names(survey.owner),
                self.world.responses(survey_id),
            )
            for survey_id, survey in self.world.surveys.items()
        ]

    def _names(self, owner: str) -> tuple[str, str]:
        user = self.world.users.get(owner)
        return (user.first_name, user.last_name) if user else ("", self.brand.title)

    def _compare_definition(self, review: Review) -> None:
        found = self.ask("getAssessment", ThreeSixtyID=review.id)
        assert found["WorkFlowOptions"] == review.options
        assert [one["Name"] for one in found["Relationships"]] == review.relationships
        assert (found["Status"], found["SurveyID"]) == (review.status, review.survey)
        assert found["Reports"][0]["DataSources"][0]["Rows"] == review.rows
