"""URLs of people, below /o/<organisation>/."""

from django.urls import path

from directory import identity_views, views
from directory.imports import views as imports

app_name = "directory"
urlpatterns = [
    path("people/", views.people, name="people"),
    path("me/", identity_views.me, name="me"),
    path("settings/members/<int:member_id>/person/", identity_views.member_person, name="member-person"),
    path("people/new/", views.person_new, name="person-new"),
    path("people/import/", imports.people_start, name="people-import"),
    path("people/import/template.csv", imports.people_template, name="people-import-template"),
    path("people/import/<uuid:pk>/", imports.people_check, name="people-import-check"),
]
