"""The site as a WSGI application, with the views of `probes`."""

from django.conf import settings

from qxportal.engine.site.wsgi import application as application

settings.ROOT_URLCONF = "tests.answering.probes"
