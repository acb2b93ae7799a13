"""Users and divisions, and the persons that users are."""

from hypothesis import strategies as st

from tests.qxportal.engine.sequences.machine import Machine, action, when
from tests.qxportal.engine.sequences.people import NAMES
from tests.qxportal.engine.sequences.world import Library, User

MOST = 5
UNKNOWN = "ESRV35|UserID"
DIVISIONS = ("Sales", "Service", "Finance")


class Accounts(Machine):
    """Rules about users and divisions."""

    @action(name=st.sampled_from(DIVISIONS))
    def create_division(self, name: str, data: st.DataObject) -> None:
        """A name is there once in a brand, an id once on the server."""
        known = list(self.world.divisions)
        taken = bool(known) and data.draw(st.integers(0, 4)) == 0
        public_id = self.one(data, known) if taken else self.new_id("DV")
        twice = name in self.world.divisions.values()
        made = self.ask(
            "createDivision", "ETS1" if taken else "ESRV35|Name" if twice else None, Name=name, DivisionID=public_id
        )
        if made:
            assert made == public_id
            self.world.divisions[public_id] = name

    @when(lambda self: len(self.world.users) < MOST)
    @action(name=st.sampled_from(NAMES), with_brand=st.booleans())
    def create_user(self, name: str, with_brand: bool, data: st.DataObject) -> None:
        """A namesake in the directory who is nobody's user yet becomes that of the new one."""
        first, last = name.split()
        email = f"{first}.{last}@{self.brand.name}.example".lower()
        user_name = f"{email}#{self.brand.name}" if with_brand else email
        taken = self._taken(user_name)
        division = self.one(data, [None, *self.world.divisions])
        made = self.ask(
            "createUser",
            "ETS2" if taken else None,
            NewUsername=user_name,
            NewPassword="correct horse battery",
            FirstName=first,
            LastName=last,
            Email=email,
            Organization=self.brand.name,
            Type="UT_STANDARD",
            touches=["users", "persons"],
            **({"DivisionID": division} if division else {}),
        )
        if made:
            user = User(made["UserID"], user_name, first, last, email, division)
            self.world.link_user(user)
            self.world.users[user.id] = user
            self.world.libraries[user.id] = Library()

    def _taken(self, user_name: str, but: str = "") -> bool:
        return any(user.user_name.lower() == user_name.lower() for user in self.world.users.values() if user.id != but)

    @action(name=st.sampled_from(NAMES))
    def update_user(self, name: str, data: st.DataObject) -> None:
        """A linked person follows in names and address."""
        chosen = self.maybe_gone(data, list(self.world.users), self.world.gone_users)
        user = self.world.users.get(chosen)
        first, last = name.split()
        given = data.draw(st.sets(st.sampled_from(["FirstName", "LastName", "Email"])), label="given")
        email = f"{last}@{self.brand.name}.example".lower()
        values = {"FirstName": first, "LastName": last, "Email": email}
        sent = {key: value for key, value in values.items() if key in given}
        division = self.one(data, [None, *self.world.divisions])
        self.ask(
            "updateUser",
            None if user else UNKNOWN,
            UserID=chosen,
            touches=["users", "persons", "surveys"],
            **sent,
            **({"Division": division} if division else {}),
        )
        if user is None:
            return
        user.division = division or user.division
        for one in (user, self.world.person_of(user.id)):
            if one is not None:
                one.first_name = sent.get("FirstName", one.first_name)
                one.last_name = sent.get("LastName", one.last_name)
                one.email = sent.get("Email", one.email)

    @when(lambda self: len(self.world.users) > 1)
    @action(often=2, name=st.sampled_from(NAMES), as_address=st.booleans())
    def change_user_name(self, name: str, as_address: bool, data: st.DataObject) -> None:
        """Users and, in the directory, persons have different names."""
        others = [user for user in self.world.users.values() if user.id != self.user.user_id]
        user = self.one(data, others)
        new = f"{name.replace(' ', '.')}@{self.brand.name}.example".lower()
        person = self.world.person_of(user.id)
        clash = person is not None and any(
            one.user_name.lower() == new for one in self.world.persons.values() if one is not person
        )
        taken = self._taken(new, but=user.id) or clash
        self.ask(
            "changeUserName",
            "ETS2" if taken else None,
            OldUserName=user.user_name,
            NewUserName=new,
            UserNameIsEmail=int(as_address),
            touches=["users", "persons"],
        )
        if taken:
            return
        user.user_name = new
        if person is not None:
            person.user_name = new
        if as_address:
            for one in (user, person):
                if one is not None:
                    one.email = new

    @action()
    def delete_user(self, data: st.DataObject) -> None:
        """Not oneself, and nobody who owns something; a linked person stays and is nobody's user."""
        chosen = self.maybe_gone(data, list(self.world.users), self.world.gone_users)
        owners = {survey.owner for survey in self.world.surveys.values()} | {
            review.owner for review in self.world.reviews.values()
        }
        refusal = None
        if chosen not in self.world.users:
            refusal = UNKNOWN
        elif chosen == self.user.user_id:
            refusal = "ETS11"
        elif chosen in owners:
            refusal = "ETS10"
        self.ask("deleteUser", refusal, UserID=chosen, touches=["users", "persons"])
        if refusal:
            return
        person = self.world.person_of(chosen)
        if person is not None:
            person.user = None
        del self.world.users[chosen], self.world.libraries[chosen]
        self.world.gone_users.append(chosen)
        self.ask("getLibraryMessages", "ESRV35|LibraryID", LibraryID=chosen)

    def everything(self) -> list[str]:
        """With the users, of the brand and of each division."""
        return [*super().everything(), "users", *self.world.divisions]

    def compare(self, name: str) -> None:
        """The brand's users with what they own, and those of a division."""
        super().compare(name)
        users = self.world.users.values()
        if name in self.world.divisions:
            assert self.ask("getUserIDs", Division=name) == [user.id for user in users if user.division == name]
        if name != "users":
            return
        owned = [[one for one in self.world.surveys.values() if one.owner == user.id] for user in users]
        counted = self.ask("getUserIDs", IncludeUserStats=1)
        assert [(one["UserID"], int(one["TotalSurveys"]), int(one["ActiveSurveys"])) for one in counted] == [
            (user.id, len(surveys), sum(survey.active for survey in surveys))
            for user, surveys in zip(users, owned, strict=True)
        ]
