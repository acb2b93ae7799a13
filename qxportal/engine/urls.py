"""The engine's addresses."""

from django.urls import path

from qxportal.engine.requests.views import api, broken, elsewhere, unreadable

PATH = "/WRAPI/ThreeSixty/api.php"

urlpatterns = [path(PATH.removeprefix("/"), api)]
handler400 = unreadable
handler404 = elsewhere
handler500 = broken
