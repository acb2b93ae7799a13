"""URLs of accounts: a user's own pages, and an organisation's settings."""

from django.urls import path

from qxportal.accounts.views import account, members, saved_views, settings

app_name = "accounts"

urlpatterns = [
    path("", account.start, name="start"),
    path("account/", account.profile, name="profile"),
    path("account/email/", account.closed, name="email-closed"),
    path("account/confirm-email/", account.closed, name="confirm-email-closed"),
    path("join/", account.accept, name="join"),
    path("join/<str:token>/", account.accept, name="accept"),
    path("o/<slug:org>/views/", saved_views.views, name="views"),
    path("o/<slug:org>/views/new/", saved_views.new, name="view-new"),
    path("o/<slug:org>/views/default/", saved_views.default, name="view-default"),
    path("o/<slug:org>/views/columns/", saved_views.columns, name="view-columns"),
    path("o/<slug:org>/views/<int:pk>/", saved_views.open_view, name="view"),
    path("o/<slug:org>/views/<int:pk>/edit/", saved_views.edit, name="view-edit"),
    path("o/<slug:org>/views/<int:pk>/update/", saved_views.update, name="view-update"),
    path("o/<slug:org>/views/<int:pk>/delete/", saved_views.delete, name="view-delete"),
    path("o/<slug:org>/settings/", settings.organisation, name="organisation"),
    path("o/<slug:org>/settings/credential/", settings.credential, name="credential"),
    path("o/<slug:org>/settings/members/", members.members, name="members"),
    path("o/<slug:org>/settings/members/invite/", members.invite, name="invite"),
    path("o/<slug:org>/settings/members/<int:member_id>/role/", members.set_role, name="set-role"),
    path("o/<slug:org>/settings/members/<int:member_id>/remove/", members.remove, name="remove-member"),
    path("o/<slug:org>/settings/invitations/<int:invitation_id>/resend/", members.resend, name="resend"),
    path("o/<slug:org>/settings/invitations/<int:invitation_id>/revoke/", members.revoke, name="revoke"),
]
