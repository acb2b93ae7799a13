"""Addresses of people, below /o/<organisation>/."""

from django.urls import path

from directory import views

app_name = "directory"
urlpatterns = [
    path("people/", views.people, name="people"),
    path("people/new/", views.person_new, name="person-new"),
]
