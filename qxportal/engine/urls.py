"""The engine's addresses."""

from django.urls import path

from qxportal.engine.requests.views import api, broken, elsewhere, unreadable
from qxportal.threesixty.catalogue import API_PATH

urlpatterns = [path(API_PATH.removeprefix("/"), api)]
handler400 = unreadable
handler404 = elsewhere
handler500 = broken
