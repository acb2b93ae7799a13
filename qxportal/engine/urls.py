"""The engine's addresses."""

from django.urls import path

from qxportal.engine.views import api

PATH = "/WRAPI/ThreeSixty/api.php"

urlpatterns = [path(PATH.removeprefix("/"), api)]
