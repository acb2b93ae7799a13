"""URLs of the site's process."""

from django.urls import include, path

urlpatterns = [path("", include("qxportal.engine.site.urls"))]
