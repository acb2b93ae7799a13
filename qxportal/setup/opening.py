"""Opening an organisation: what one command does, step by step, and finishes when it is run again."""

from django.utils.translation import gettext as _

from qxportal.accounts.models import Organisation
from qxportal.accounts.roles import Role
from qxportal.accounts.setting_up import CannotSetUp, Outcome, check, make_organisation, set_up_member
from qxportal.core.failpoints import failpoint
from qxportal.setup.connecting import AskToken, Say, check_connection, check_engine, connect, prepare


def open_organisation(
    name: str,
    slug: str,
    owner: str,
    *,
    time_zone: str,
    language: str,
    engine: str,
    say: Say,
    ask_token: AskToken,
    by_hand: bool,
    again: bool,
) -> Outcome:
    """Make the organisation, connect it to `engine` unless that is empty, and make its owner, who comes last.

    Everything that can be checked is checked before anything is made; raises CannotSetUp in words for the operator.
    """
    name, slug, address = check(name, slug, owner, time_zone=time_zone)
    root = check_engine(engine) if engine else ""
    if root:
        prepare(root, say)
    org, said = make_organisation(name, slug, time_zone=time_zone, language=language)
    say(said)
    failpoint("setup.organisation")
    if root:
        connect(org, root, language=language, say=say, ask_token=ask_token)
        check_connection(org, say)
    return set_up_member(org, address, Role.OWNER, by_hand=by_hand, again=again)


def connect_organisation(org: Organisation, *, engine: str, say: Say, ask_token: AskToken) -> None:
    """Connect an organisation that has no credential yet; the same steps, as often as one likes."""
    if org.archived_at is not None:
        raise CannotSetUp(
            _("%(org)s is archived. `organisation unarchive %(slug)s` opens it again.") % {"org": org, "slug": org.slug}
        )
    root = check_engine(engine)
    prepare(root, say)
    connect(org, root, language=org.language, say=say, ask_token=ask_token)
    check_connection(org, say)
