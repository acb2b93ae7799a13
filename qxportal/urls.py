"""The portal's addresses; everything of an organisation lies below /o/<its address>/."""

from django.urls import include, path

from qxportal.health import health

urlpatterns = [
    path("health/", health, name="health"),
    path("account/", include("allauth.urls")),
]
