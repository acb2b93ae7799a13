"""The portal's addresses; everything of an organisation lies below /o/<its address>/."""

from django.urls import include, path

urlpatterns = [
    path("account/", include("allauth.urls")),
]
