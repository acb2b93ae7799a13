"""QX Portal: 360-degree assessments over the ThreeSixty API."""

from qxportal.celery import app as celery_app

__all__ = ["celery_app"]
