"""The engine as a WSGI application."""

import os

from django.core.wsgi import get_wsgi_application

os.environ["QXP_PROCESS"] = "engine"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qxportal.settings")

application = get_wsgi_application()
