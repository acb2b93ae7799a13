"""Queries for members and invitations."""

from django.db.models import F, Prefetch, QuerySet

from qxportal.accounts.models import Invitation, Member, Organisation, PortalMail, User


def organisations_of(user: User) -> QuerySet[Member]:
    """The user's memberships of organisations that are not archived, the last used first."""
    return (
        Member.objects.filter(user=user, org__archived_at=None)
        .select_related("org")
        .order_by(F("last_seen_at").desc(nulls_last=True), "org__name")
    )


def archived_organisations_of(user: User) -> QuerySet[Organisation]:
    """The archived organisations of which the user is a member."""
    return Organisation.objects.filter(members__user=user, archived_at__isnull=False)


def members(org: Organisation) -> QuerySet[Member]:
    """The organisation's members, by name."""
    return Member.objects.filter(org=org).select_related("user", "org").order_by("user__name", "user__email")


def open_invitations(org: Organisation) -> QuerySet[Invitation]:
    """Open invitations with their mails, the newest first."""
    found = Invitation.objects.filter(org=org, accepted_at=None).select_related("invited_by", "org")
    return found.prefetch_related(Prefetch("mails", PortalMail.objects.order_by("-pk")))
