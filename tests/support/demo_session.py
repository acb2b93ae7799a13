"""A signed-in session of a demo's member, written to its database, as the sign-in form takes seconds each time."""

import secrets
import time
from datetime import timedelta
from urllib.parse import urlsplit

import psycopg
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.sessions.backends.db import SessionStore
from django.core import signing
from django.utils import timezone

from qxportal.accounts.models import User
from tests.support.demo_process import Demo


def session_cookie(demo: Demo, email: str) -> dict[str, str]:
    """Cookie of a new session of the user with that address, in Playwright's form."""
    portal, secret = demo.known()["portal"], (demo.var / "secret_key").read_text().strip()
    key, store, now = secrets.token_hex(16), SessionStore(), timezone.now()
    with psycopg.connect(host=str((demo.var / "run").resolve()), user="portal", dbname="portal") as database:
        row = database.execute("SELECT id, password FROM accounts_user WHERE email = %s", [email]).fetchone()
        assert row, f"the demo knows nobody at {email}"
        session = {
            SESSION_KEY: str(row[0]),
            BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
            HASH_SESSION_KEY: _authentication_hash(User(password=row[1]), secret),
            "account_authentication_methods": [{"method": "password", "at": time.time(), "email": email}],
            "account_authentication_methods_user": str(row[0]),
        }
        encoded = signing.dumps(session, key=secret, salt=store.key_salt, serializer=store.serializer, compress=True)
        database.execute("INSERT INTO django_session VALUES (%s, %s, %s)", [key, encoded, now + timedelta(hours=12)])
    return {"name": f"session-{urlsplit(portal).port}", "value": key, "url": portal}


def _authentication_hash(user: AbstractBaseUser, secret: str) -> str:
    return str(user._get_session_auth_hash(secret=secret))  # type: ignore[attr-defined]
