"""The directory: creating and removing persons."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.qxportal.engine.sequences.machine import Machine
from tests.qxportal.engine.sequences.world import Person

NAMES = ("Mara Lindqvist", "Jonas Okafor", "Aisha Petrov", "Piotr Garcia", "Lena Novak", "Diego Schmidt")
MOST = 9


class People(Machine):
    """Rules about the directory."""

    @precondition(lambda self: len(self.world.persons) < MOST)
    @rule(name=st.sampled_from(NAMES), external=st.booleans(), data=st.data())
    def create_person(self, name: str, external: bool, data: st.DataObject) -> None:
        """A namesake's user name is taken while he is in the directory; an id for ever."""
        first, last = name.split()
        email = f"{first}.{last}@brand{self.number}.example".lower()
        known = [*self.world.persons, *self.world.gone_persons]
        taken = bool(known) and data.draw(st.integers(0, 9)) == 0
        public_id = self.one(data, known) if taken else self.new_id("P")
        namesake = any(person.email == email for person in self.world.persons.values())
        result = self.ask(
            "createPerson",
            "ETS1" if taken else "ETS2" if namesake else None,
            FirstName=first, LastName=last, Email=email, PersonID=public_id, External=int(external),
            touches=["persons"],
        )  # fmt: skip
        if result:
            assert result == {"PersonID": public_id}
            self.world.persons[public_id] = Person(public_id, first, last, email, external)

    @precondition(lambda self: len(self.world.persons) > 2)
    @rule(data=st.data())
    def remove_from_directory(self, data: st.DataObject) -> None:
        """The person's parts in assessments stay as they are."""
        person = self.any_person(data)
        here = person in self.world.persons
        self.ask(
            "removePerson",
            None if here else "ESRV35|PersonID",
            PersonID=person, OrgStructureID=self.org_structure, touches=["persons"],
        )  # fmt: skip
        if here:
            del self.world.persons[person]
            self.world.gone_persons.append(person)

    @property
    def org_structure(self) -> str:
        """The id of the brand's directory."""
        found: str = self.engine.run(lambda: self.brand.org_structures.get().public_id)
        return found

    def everything(self) -> list[str]:
        """With the directory."""
        return [*super().everything(), "persons"]

    def compare(self, name: str) -> None:
        """The directory lists its people in the order in which they came."""
        super().compare(name)
        if name != "persons":
            return
        listed = self.ask("getPersons")["Persons"]
        assert [
            (one["PersonID"], one["FirstName"], one["LastName"], one["Email"], bool(one["External"])) for one in listed
        ] == [(one.id, one.first_name, one.last_name, one.email, one.external) for one in self.world.persons.values()]
