"""The demo's page of all mail; only there where QXP_MAILBOX says so."""

from django.urls import path

from qxportal.demo import mailbox

urlpatterns = [path("", mailbox.mailbox, name="demo-mailbox")]
