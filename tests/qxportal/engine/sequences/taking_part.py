"""Who takes part in an assessment, who evaluates whom, and how far everybody is."""

from collections import Counter

from hypothesis import strategies as st

from qxportal.engine.assessments import answering
from qxportal.engine.assessments.answering import Given
from qxportal.engine.models import Evaluation
from tests.qxportal.engine.sequences.machine import Machine, action, people, when
from tests.qxportal.engine.sequences.reviews import CUSTOM, UNKNOWN
from tests.qxportal.engine.sequences.world import OPEN, SELF, Form, Review

PAIR = "ParticipantUniqueIdentifier,SubjectUniqueIdentifier,Relationship"


class TakingPart(Machine):
    """Rules about participants and evaluations."""

    @when(lambda self: self.world.reviews)
    @action(often=3, external=st.booleans(), force=st.booleans())
    def add_person(self, external: bool, force: bool, data: st.DataObject) -> None:
        """As a subject, or as an external; who takes part already stays what he is unless forced."""
        chosen, review = self.any_review(data)
        person = self.any_person(data)
        refusal = None
        if review is None:
            refusal = UNKNOWN
        elif person not in self.world.persons:
            refusal = "ESRV35|PersonID"
        elif not (external or review.has_subjects):
            refusal = "ESRV35|External"
        self.ask(
            "addPerson",
            refusal,
            ThreeSixtyID=chosen,
            PersonID=person,
            External=int(external),
            ForceUpdate=int(force),
            touches=[people(chosen)],
        )
        if review is None or refusal:
            return
        part = review.parts.get(person)
        if part is None or not part.here:
            review.enlist(person, subject=not external, external=external)
            review.parts[person].external = external
        elif force:
            part.external = external
            part.is_subject = part.is_subject or not external
            if part.is_subject:
                review.ask_self([person])

    @when(lambda self: self.world.reviews)
    @action(often=3, everything=st.booleans())
    def remove_person(self, everything: bool, data: st.DataObject) -> None:
        """What was begun stays as history; what the person gave may go too."""
        chosen, review = self.any_review(data)
        person = self.any_person(data)
        here = review is not None and person in review.here
        refusal = UNKNOWN if review is None else None if here else "ESRV35|PersonID"
        self.ask(
            "removePerson",
            refusal,
            ThreeSixtyID=chosen,
            PersonID=person,
            RemoveEvaluations=int(everything),
            touches=["surveys", people(chosen)],
        )
        if review and not refusal:
            review.withdraw([person], with_evaluations=everything)

    @when(lambda self: self.world.reviews and self.world.persons)
    @action(often=3, clean=st.booleans())
    def import_people(self, clean: bool, data: st.DataObject) -> None:
        """One line makes a subject, or a participant; a clean import takes the others out."""
        review = self.one(data, list(self.world.reviews.values()))
        person = self.world.persons[self.one(data, list(self.world.persons))]
        kind = self.one(data, ["Subjects", "Participants", "Directory"])
        usual = "Subjects" if review.has_subjects else "Participants"
        refusal = None if kind in (usual, "Directory") else "ESRV35|Type"
        line = f"{person.first_name},{person.last_name},{person.email},{person.id}"
        self.ask(
            "importPersons",
            refusal,
            ThreeSixtyID=review.id,
            Type=kind,
            CleanImport=int(clean),
            FileContents=f"FirstName,LastName,Email,UniqueIdentifier\r\n{line}\r\n",
            touches=["persons", people(review.id)],
        )
        if refusal:
            return
        review.enlist(person.id, subject=review.has_subjects, external=person.external)
        if clean:
            others = review.subjects if review.has_subjects else review.here
            review.withdraw(one for one in others if one != person.id)

    @when(lambda self: any(review.subjects for review in self.world.reviews.values()))
    @action(often=3, relationship=st.sampled_from(["Peer", "Peer", "Manager", "DirectReport", SELF, *CUSTOM]))
    def import_evaluator(self, relationship: str, data: st.DataObject) -> None:
        """One line makes a pair, changes what was not finished, or is ignored."""
        review = self.one(data, [review for review in self.world.reviews.values() if review.subjects])
        subject, evaluator = self.one(data, review.subjects), self.any_person(data)
        result = self.ask(
            "importPersons",
            ThreeSixtyID=review.id,
            Type="Evaluators",
            touches=["persons", people(review.id)],
            FileContents=f"{PAIR}\r\n{evaluator},{subject},{relationship}\r\n",
        )
        takes = self._takes_pair(review, subject, evaluator, relationship)
        assert (result["Count"], result["IgnoredCount"]) == ((1, 0) if takes else (0, 1)), result
        if takes:
            review.enlist(evaluator, subject=False, external=self.world.persons[evaluator].external)
            form = review.forms.setdefault((subject, evaluator), Form(relationship))
            form.relationship = relationship

    def _takes_pair(self, review: Review, subject: str, evaluator: str, relationship: str) -> bool:
        if subject not in self.world.persons or evaluator not in self.world.persons:
            return False
        if review.parts[subject].status == "Done" or relationship in set(CUSTOM) - set(review.relationships):
            return False
        if (relationship == SELF) != (subject == evaluator):
            return False
        known = review.forms.get((subject, evaluator))
        return known is None or known.relationship == relationship or known.status in OPEN

    @when(lambda self: self.world.reviews)
    @action(often=3, status=st.sampled_from(["Done", "Waiting"]), sessions=st.booleans())
    def set_subject_status(self, status: str, sessions: bool, data: st.DataObject) -> None:
        """A round that is done has its report ready; one that is open again has not."""
        chosen, review = self.any_review(data)
        among = review.subjects if review and review.subjects else [self.any_person(data)]
        person = self.one(data, among)
        refusal = UNKNOWN if review is None else None if person in review.subjects else "ESRV35|SubjectID"
        self.ask(
            "setSubjectStatus",
            refusal,
            ThreeSixtyID=chosen,
            SubjectID=person,
            Status=status,
            CloseSessions=int(sessions),
            touches=["surveys", people(chosen)],
        )
        if review is None or refusal:
            return
        part, done = review.parts[person], status == "Done"
        if done and sessions:
            review.close_sessions(person)
        if part.status != status:
            part.status, part.ready = status, done

    @when(lambda self: any(review.forms for review in self.world.reviews.values()))
    @action(often=3, step=st.sampled_from(["begin", "finish", "decline"]))
    def an_evaluator_acts(self, step: str, data: st.DataObject) -> None:
        """Not a request: somebody answers, where the form is open to him."""
        review = self.one(data, [review for review in self.world.reviews.values() if review.forms])
        pair = self.one(data, list(review.forms))
        form = review.forms[pair]
        possible = self.world.may_answer(review, pair)
        if step == "decline":
            possible = possible and bool(review.options["DeclineEvaluations"])
        assert self.engine.run(_act, review.id, pair, step) == possible
        if possible:
            form.status = {"begin": "InProgress", "finish": "Completed", "decline": "Declined"}[step]
            form.begun = form.begun or step != "decline"
            self.touched.update(["surveys", people(review.id)])

    def everything(self) -> list[str]:
        """With the people of every assessment."""
        return [*super().everything(), *map(people, self.world.reviews)]

    def compare(self, name: str) -> None:
        """The status of subjects and evaluations agrees."""
        super().compare(name)
        for review in self.world.reviews.values():
            if name == people(review.id):
                self._compare_people(review)

    def _compare_people(self, review: Review) -> None:
        subjects = self.rows("getSubjectStatus", ThreeSixtyID=review.id)
        received = Counter(subject for subject, _ in review.forms)
        completed = Counter(subject for (subject, _), form in review.forms.items() if form.status == "Completed")
        assert {
            one["UniqueIdentifier"]: (
                one["Status"],
                one["ReportStatus"],
                int(one["EvaluationsReceived"]),
                int(one["EvaluationsCompleted"]),
            )
            for one in subjects
        } == {
            person: (
                review.parts[person].status,
                "Ready" if review.parts[person].ready else "NotReady",
                received[person],
                completed[person],
            )
            for person in review.subjects
        }
        assert len(subjects) == len(review.subjects)
        forms = self.rows("getEvaluationStatus", ThreeSixtyID=review.id)
        assert {
            (one["SubjectUniqueIdentifier"], one["ParticipantUniqueIdentifier"]): (one["Relationship"], one["Status"])
            for one in forms
        } == {pair: (form.relationship, form.status) for pair, form in review.forms.items()}
        assert len(forms) == len(review.forms)


def _act(review: str, pair: tuple[str, str], step: str) -> bool:
    """Answer or decline a form as its evaluator would; tells whether he could."""
    form = Evaluation.objects.select_related("assessment__survey").get(
        assessment__public_id=review, subject__person__public_id=pair[0], evaluator__public_id=pair[1]
    )
    try:
        if step == "decline":
            answering.decline(form)
        else:
            question = form.assessment.survey.questions.all()[0]
            answering.save(form, {question: Given(value=4)}, finished=step == "finish")
    except answering.NotOpenError:
        return False
    return True
