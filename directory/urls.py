"""Addresses of people, below /o/<organisation>/."""

from django.urls import path

from directory import identity_views, views

app_name = "directory"
urlpatterns = [
    path("people/", views.people, name="people"),
    path("me/", identity_views.me, name="me"),
    path("settings/members/<int:member_id>/person/", identity_views.member_person, name="member-person"),
    path("people/new/", views.person_new, name="person-new"),
]
