"""The directory: creating and removing persons."""

from hypothesis import strategies as st

from tests.qxportal.engine.sequences.machine import Machine, action, when
from tests.qxportal.engine.sequences.world import Person

NAMES = ("Mara Lindqvist", "Jonas Okafor", "Aisha Petrov", "Piotr Garcia", "Lena Novak", "Diego Schmidt")
MOST = 9


class People(Machine):
    """Rules about the directory."""

    @when(lambda self: len(self.world.persons) < MOST)
    @action(name=st.sampled_from(NAMES), external=st.booleans())
    def create_person(self, name: str, external: bool, data: st.DataObject) -> None:
        """A namesake's user name is taken while he is in the directory; an id for ever."""
        first, last = name.split()
        email = f"{first}.{last}@brand{self.number}.example".lower()
        known = [*self.world.persons, *self.world.gone_persons]
        taken = bool(known) and data.draw(st.integers(0, 9)) == 0
        public_id = self.one(data, known) if taken else self.new_id("P")
        namesake = any(person.user_name.lower() == email for person in self.world.persons.values())
        division = self.one(data, [None, *self.world.divisions])
        result = self.ask(
            "createPerson",
            "ETS1" if taken else "ETS2" if namesake else None,
            FirstName=first,
            LastName=last,
            Email=email,
            PersonID=public_id,
            External=int(external),
            touches=["persons"],
            **({"DivisionID": division} if division else {}),
        )
        if result:
            assert result == {"PersonID": public_id}
            made = Person(public_id, first, last, email, external, division=division)
            self.world.link_person(made)
            self.world.persons[public_id] = made

    @when(lambda self: len(self.world.persons) > 2)
    @action()
    def remove_from_directory(self, data: st.DataObject) -> None:
        """The person's parts in assessments stay as they are."""
        person = self.any_person(data)
        here = person in self.world.persons
        self.ask(
            "removePerson",
            None if here else "ESRV35|PersonID",
            PersonID=person,
            OrgStructureID=self.org_structure,
            touches=["persons"],
        )
        if here:
            del self.world.persons[person]
            self.world.gone_persons.append(person)

    @when(lambda self: self.world.persons)
    @action(name=st.sampled_from(NAMES), unit=st.sampled_from(["Sales", "Service", ""]))
    def update_person(self, name: str, unit: str, data: st.DataObject) -> None:
        """A linked user follows; an empty text takes a metadatum away; a user name stays."""
        chosen = self.any_person(data)
        person = self.world.persons.get(chosen)
        given = data.draw(st.sets(st.sampled_from(["FirstName", "LastName", "Email", "MetaData"])), label="given")
        first, last = name.split()
        values: dict[str, object] = {
            "FirstName": first,
            "LastName": last,
            "Email": f"{first}@brand{self.number}.example".lower(),
            "MetaData": {"Unit": unit},
        }
        sent = {key: value for key, value in values.items() if key in given}
        self.ask(
            "updatePerson",
            None if person else "ESRV35|PersonID",
            PersonID=chosen,
            touches=["persons", "surveys"],
            **sent,
        )
        if person is None:
            return
        user = self.world.users.get(person.user or "")
        for key, field in (("FirstName", "first_name"), ("LastName", "last_name"), ("Email", "email")):
            if key in sent:
                for one in (person, user):
                    if one is not None:
                        setattr(one, field, sent[key])
        if "MetaData" in sent:
            person.metadata = {**person.metadata, "Unit": unit} if unit else {}

    @action(names=st.dictionaries(st.sampled_from(["Photo", "FirstName", "Email"]), st.booleans()), edit=st.booleans())
    def set_user_data_fields(self, names: dict[str, bool], edit: bool, data: st.DataObject) -> None:
        """Settings are put over those that there are."""
        own = {"Shirt size": {"Type": "MultipleChoice", "Choices": ["S", "M", "L"], "CanEdit": edit}}
        self.world.shown |= names
        self.world.own |= own
        result = self.ask("setUserDataFields", DefaultSettings=names, OptionalSettings=own)
        assert (result["DefaultSettings"] or {}) == self.world.shown
        assert {key: {rule: field[rule] for rule in own[key]} for key, field in result["OptionalSettings"].items()} == (
            self.world.own
        )

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
        listed = self.ask("getPersons", IncludeMetaData=1)["Persons"]
        assert [
            (
                one["PersonID"],
                one["FirstName"],
                one["LastName"],
                one["Email"],
                one["UserName"],
                one["UserID"],
                one["DivisionID"],
                bool(one["External"]),
                one["MetaData"] or {},
            )
            for one in listed
        ] == [
            (
                one.id,
                one.first_name,
                one.last_name,
                one.email,
                one.user_name,
                one.user,
                one.division,
                one.external,
                one.metadata,
            )
            for one in self.world.persons.values()
        ]
