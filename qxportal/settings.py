"""Settings: one file; what differs between machines comes from the environment."""

import os
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import dj_database_url
import dj_email_url
import structlog
from celery.schedules import crontab
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from environs import Env

from qxportal.core.environment import adopt_old_names
from qxportal.mail import return_paths
from qxportal.mail.mailbox_address import mailbox_address
from qxportal.private import keep_private
from qxportal.redaction import redact_event
from qxportal.threesixty.hosts import engine_hosts

adopt_old_names(os.environ)
env = Env()
keep_private()

BASE_DIR = Path(__file__).resolve().parent.parent
VAR = env.path("QXP_VAR", default=BASE_DIR / "var").resolve()
TESTS = env.bool("QXP_TESTS", default=False)
PROCESS = env.str("QXP_PROCESS", default="portal")  # "portal", "engine" or "site", the engine's pages

# -- addresses and secrets

PORTAL_URL = env.str("QXP_URL", default="http://127.0.0.1:8000")
HTTPS = urlsplit(PORTAL_URL).scheme == "https"
ALLOWED_HOSTS = env.list("QXP_ALLOWED_HOSTS", default=[urlsplit(PORTAL_URL).hostname, "127.0.0.1", "localhost"])
CSRF_TRUSTED_ORIGINS = [PORTAL_URL]
SECRET_KEY = env.str("QXP_SECRET_KEY", default="") or (VAR / "secret_key").read_text().strip()
KEYS = env.path("QXP_KEYS", default=VAR / "keys")  # the key ring that seals credentials
if PROCESS != "portal":  # processes that serve readers never hold the keys of credentials
    KEYS = env.path("QXP_ENGINE_KEYS", default=VAR / "engine-keys")  # the ring that seals printed reports
INSTANCE = env.path("QXP_INSTANCE", default=VAR / "instance")  # the file that tells this installation from its copies
ENGINE_INSTANCE = env.path("QXP_ENGINE_INSTANCE", default=VAR / "engine-instance")  # as INSTANCE, of the engine
EDITIONS = env.path("QXP_EDITIONS", default=VAR / "editions")  # the file that tells a restored engine what was given
DEBUG = env.bool("QXP_DEBUG", default=False)
BEHIND_PROXY = env.bool("QXP_BEHIND_PROXY", default=False)  # every request comes through a proxy of ours
ENGINE_ALLOWED = env.bool("QXP_ENGINE_ALLOWED", default=False)  # may a credential point at an engine on this machine?
ENGINE_HOSTS = engine_hosts(env.list("QXP_ENGINE_HOSTS", default=[]))  # engines elsewhere, by name, always with TLS
ENGINE_CA = env.str("QXP_ENGINE_CA", default="")  # file of the authorities of their certificates; empty: the usual ones
ENGINE_BEHIND_PROXY = env.bool("QXP_ENGINE_BEHIND_PROXY", default=False)  # is the caller the last of X-Forwarded-For?
ENGINE_PRINTING_NICE = env.int("QXP_ENGINE_PRINTING_NICE", default=19)  # how far printing gives way to answering
ENGINE_PRINTING_IDLE = env.int("QXP_ENGINE_PRINTING_IDLE", default=60)  # seconds: a printer without work ends
ENGINE_REFUSALS = env.int("QXP_ENGINE_REFUSALS", default=100)  # of callers who did not sign in, per address and minute
SITE_URL = env.str("QXP_SITE_URL", default="http://127.0.0.1:8002")  # of the pages for people outside HR
SITE_HTTPS = urlsplit(SITE_URL).scheme == "https"
SITE_COOKIE = "__Host-visitor" if SITE_HTTPS else f"visitor-{urlsplit(SITE_URL).port or 80}"
VENDOR_DOMAIN = "qualtrics.com"

# -- applications

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_structlog",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "qxportal.engine",
    "qxportal.ui",
    "qxportal.security",
    "qxportal.accounts",
    "qxportal.ledger",
    "directory",
    "surveys",
    "assessments",
    "qxportal.setup",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "qxportal.accounts.middleware.body_size",  # before what reads forms
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "qxportal.accounts.callers.RequestLog",
    "qxportal.accounts.middleware.page_defaults",
]
ROOT_URLCONF = "qxportal.urls"
if PROCESS == "engine":
    INSTALLED_APPS = ["qxportal.ui", "qxportal.security", "qxportal.engine"]
    MIDDLEWARE = ["qxportal.engine.http.middleware.headers"]
    ROOT_URLCONF = "qxportal.engine.urls"
if PROCESS == "site":
    INSTALLED_APPS = ["django.contrib.staticfiles", "csp", "qxportal.ui", "qxportal.security", "qxportal.engine"]
    MIDDLEWARE = [
        "django.middleware.security.SecurityMiddleware",
        "csp.middleware.CSPMiddleware",
        "whitenoise.middleware.WhiteNoiseMiddleware",
        "django.middleware.locale.LocaleMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
        "qxportal.engine.site.middleware.page_defaults",
    ]
    ROOT_URLCONF = "qxportal.engine.site.root_urls"
    ALLOWED_HOSTS = [urlsplit(SITE_URL).hostname, "127.0.0.1", "localhost"]
    CSRF_TRUSTED_ORIGINS = [SITE_URL]
    HTTPS = SITE_HTTPS
    LANGUAGE_COOKIE_NAME = "site-language"
WSGI_APPLICATION = "qxportal.wsgi.application"
APPEND_SLASH = True

UNCACHED_LOADERS = [  # a saved template shows at once
    "django.template.loaders.filesystem.Loader",
    "django.template.loaders.app_directories.Loader",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": not DEBUG,
        "OPTIONS": {
            **({"loaders": UNCACHED_LOADERS} if DEBUG else {}),
            "context_processors": [
                "django.template.context_processors.request",
                "csp.context_processors.nonce",
            ]
            if PROCESS == "site"
            else [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "qxportal.accounts.context.navigation",
            ],
            "builtins": ["qxportal.ui.templatetags.portal"],
        },
    }
]

# -- databases, cache, queue

DATABASE_URL = env.str("QXP_DATABASE_URL", default="postgresql://portal@localhost/portal")
DATABASES = {
    alias: dj_database_url.parse(url, engine="qxportal.core.postgresql", conn_max_age=60, conn_health_checks=True)
    for alias, url in (
        ("default", DATABASE_URL),
        ("engine", env.str("QXP_ENGINE_DATABASE_URL", default=f"{DATABASE_URL}_engine")),
    )
}
DATABASE_ROUTERS = ["qxportal.routers.EngineRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

BROKER_URL = env.str("QXP_BROKER_URL", default="redis://localhost:6379/0")
BROKER_ADDRESS = BROKER_URL.replace("redis+socket://", "unix://")  # as its own client reads it
CACHES = {"default": {"BACKEND": "qxportal.accounts.remembered.Remembered"}}  # sign-in must not need the broker

CELERY_BROKER_URL = BROKER_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = "portal"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_timeout": 5,
    "socket_connect_timeout": 5,
    "max_retries": 1,
}
CELERY_TASK_PUBLISH_RETRY = False  # the sweeper sends it again; requests must not wait for a broker that is away
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "qxportal.beat:Scheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 30  # seconds after which it looks at the clock at the latest
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR / "beat")
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "qxportal.ledger.tasks.sweep", "schedule": env.float("QXP_SWEEP_SECONDS", default=15.0)},
    "sync-organisations": {
        "task": "assessments.tasks.sync_due_organisations",
        "schedule": env.float("QXP_SYNC_TICK_SECONDS", default=60.0),
    },
    "mail": {"task": "qxportal.accounts.tasks.send_mails", "schedule": 60.0},
    "surveys-in-use": {"task": "assessments.tasks.watch_surveys", "schedule": 600.0},
    "timetables": {"task": "assessments.tasks.run_timetables", "schedule": 60.0},
    # Once a day, see ledger/jobs/daily.py; asked each hour, so that what was missed is made up for.
    "tidy": {"task": "qxportal.ledger.tasks.tidy", "schedule": crontab(minute="17")},
    "forget-uploads": {"task": "directory.tasks.forget_uploads", "schedule": crontab(minute="7")},
    "purge-gone": {"task": "assessments.tasks.purge_gone", "schedule": crontab(minute="37")},
}
JOB_QUIET = env.timedelta("QXP_JOB_QUIET", default=timedelta(minutes=20))  # without progress: ledger/jobs/watchdog.py
JOB_LONGEST = env.timedelta("QXP_JOB_LONGEST", default=timedelta(hours=4))  # one attempt, whatever progress it shows
JOB_GRACE = env.timedelta("QXP_JOB_GRACE", default=timedelta(seconds=30))  # for what was interrupted, to end
SYNC_EVERY = env.timedelta("QXP_SYNC_EVERY", default=timedelta(minutes=15))  # one organisation, before jitter
GONE_KEEP = env.timedelta("QXP_GONE_KEEP", default=timedelta(days=30))  # mirrored rows that the vendor no longer lists
JOBS_KEEP = env.timedelta("QXP_JOBS_KEEP", default=timedelta(days=90))  # jobs that have ended, with their items
HISTORY_KEEP = env.timedelta("QXP_HISTORY_KEEP", default=timedelta(days=730))  # what mirrored rows said earlier

# -- how a credential is used: see accounts/rate_limit.py and threesixty/client/pool.py

CALLS_AT_ONCE = env.int("QXP_CALLS_AT_ONCE", default=10)
CALLS_PER_MINUTE = env.int("QXP_CALLS_PER_MINUTE", default=6_000)
CALLS_PER_RUN = env.int("QXP_CALLS_PER_RUN", default=20_000)
RETRY_SECONDS = env.float("QXP_RETRY_SECONDS", default=1.0)  # before the first retry, at most; then doubled each time
BREAKER_AFTER = env.int("QXP_BREAKER_AFTER", default=5)  # failures in a row
BREAKER_SECONDS = env.float("QXP_BREAKER_SECONDS", default=60.0)  # doubled each time it does not help

# -- sign-in

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("name", "email")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "qxportal.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # an address is proven by the invitation link that was mailed to it
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # nobody gets mail from a portal they do not know
ACCOUNT_EMAIL_NOTIFICATIONS = True  # about a changed password or second factor
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGIN_ON_PASSWORD_RESET = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
ACCOUNT_RATE_LIMITS = {"login_failed": "5/15m/key,20/m/ip", "login": None, "reset_password": "5/h/key,20/m/ip"}
MFA_ADAPTER = "qxportal.accounts.second_factor.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "QX Portal"
MFA_ALLOW_UNVERIFIED_EMAIL = True  # the invitation proved the address; allauth knows of it once a password was changed
MFA_TOTP_TOLERANCE = 1  # a clock may be half a minute off
PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
INVITATION_DAYS = 7

SESSION_COOKIE_AGE = 12 * 3600  # the longest a session lives, however busy
SESSION_IDLE = env.timedelta("QXP_SESSION_IDLE", default=timedelta(minutes=30))
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
PORT = urlsplit(SITE_URL if PROCESS == "site" else PORTAL_URL).port or 80  # browsers share cookies among ports
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else f"session-{PORT}"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else f"csrf-{PORT}"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True

# -- browser security

SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 365 * 86400 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_REDIRECT_EXEMPT = [r"^health/$"]  # a load balancer asks from within
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024
BODY_MAX = 52 * 1024 * 1024  # a file of 50 MB and the form around it; deploy/proxy lets as much through
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000 if PROCESS == "portal" else 2_000  # a selection over one page may name thousands
DATA_UPLOAD_MAX_NUMBER_FILES = 2

# -- files, mail, language

STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [BASE_DIR / "qxportal" / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if TESTS or DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if env.bool("QXP_COMPRESS_STATIC", default=True)  # takes seconds, and gains nothing on one machine
        else "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = TESTS or DEBUG
FILE_UPLOAD_PERMISSIONS = 0o600  # of collected static files, too
REPORTS_ROOT = env.path("QXP_REPORTS", default=VAR / "reports")  # fetched PDFs, sealed

EMAIL_URL = dj_email_url.parse(env.str("QXP_EMAIL_URL", default="file:"))
EMAIL_BACKEND = EMAIL_URL["EMAIL_BACKEND"]
EMAIL_FILE_PATH = EMAIL_URL["EMAIL_FILE_PATH"] or str(VAR / "mail")
EMAIL_HOST, EMAIL_PORT = EMAIL_URL["EMAIL_HOST"], EMAIL_URL["EMAIL_PORT"]
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = EMAIL_URL["EMAIL_HOST_USER"], EMAIL_URL["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS, EMAIL_USE_SSL = EMAIL_URL["EMAIL_USE_TLS"], EMAIL_URL["EMAIL_USE_SSL"]
DEFAULT_FROM_EMAIL = env.str("QXP_MAIL_FROM", default="QX Portal <portal@localhost>")
EMAIL_TIMEOUT = 10
MAILBOX = env.bool("QXP_MAILBOX", default=False)  # a page with the mails in EMAIL_FILE_PATH, for the demo
MAIL_ONLY_TO = env.str("QXP_MAIL_ONLY_TO", default="")  # all mail goes to this address instead
MAIL_BOUNCES = env.str("QXP_MAIL_BOUNCES", default="")  # envelope senders are made of it; empty: DEFAULT_FROM_EMAIL
if MAIL_BOUNCES and not return_paths.is_base(MAIL_BOUNCES):
    raise ImproperlyConfigured("QXP_MAIL_BOUNCES is a short address such as bounces@example.org.")
try:  # where delivery reports are read; see mail/mailbox_address.py
    MAIL_BOUNCES_MAILBOX = mailbox_address(env.str("QXP_MAIL_BOUNCES_URL", default=""))
except ValueError as problem:
    raise ImproperlyConfigured(f"QXP_MAIL_BOUNCES_URL: {problem}") from None
if MAIL_BOUNCES_MAILBOX and not MAIL_BOUNCES:
    raise ImproperlyConfigured("QXP_MAIL_BOUNCES_URL needs QXP_MAIL_BOUNCES: the address whose mail arrives there.")
MAIL_BOUNCES_CA = env.str("QXP_MAIL_BOUNCES_CA", default="")  # file of the authorities of its certificate
MAIL_BOUNCES_TOKEN = env.str("QXP_MAIL_BOUNCES_TOKEN", default="")  # file with an access token, instead of a password

PORTAL_LANGUAGES = [("en", "English"), ("de", "Deutsch")]  # each by its own name
SITE_LANGUAGES = [*PORTAL_LANGUAGES, ("fr", "Français"), ("es", "Español")]  # of all that people outside HR read
LANGUAGES = PORTAL_LANGUAGES if PROCESS == "portal" else SITE_LANGUAGES
LANGUAGE_CODE = env.str("QXP_LANGUAGE", default="en") if PROCESS != "engine" else "en"  # the API speaks English
if LANGUAGE_CODE not in dict(LANGUAGES):
    raise ImproperlyConfigured(f"QXP_LANGUAGE is {LANGUAGE_CODE}. Possible: {', '.join(dict(LANGUAGES))}.")
LOCALE_PATHS = [BASE_DIR / "qxportal" / "locale"]
if PROCESS != "portal":  # where both have a message, the engine's own is meant
    LOCALE_PATHS.insert(0, BASE_DIR / "qxportal" / "engine" / "locale")
USE_I18N = USE_TZ = True
TIME_ZONE = "UTC"
ENGINE_TIME_ZONE = ZoneInfo(env.str("QXP_ENGINE_TIME_ZONE", default="UTC")).key  # of brands that have none of their own

# -- logs

LOG_LEVEL = env.str("QXP_LOG_LEVEL", default="INFO")
DJANGO_STRUCTLOG_COMMAND_LOGGING_ENABLED = False
DJANGO_STRUCTLOG_TRUST_UPSTREAM_REQUEST_ID = BEHIND_PROXY
DJANGO_STRUCTLOG_TRUST_UPSTREAM_CORRELATION_ID = BEHIND_PROXY
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.filter_by_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "lines": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                redact_event,
                structlog.processors.JSONRenderer(),
            ],
            "foreign_pre_chain": [
                structlog.contextvars.merge_contextvars,
                structlog.stdlib.add_logger_name,
                structlog.stdlib.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
            ],
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "django.request": {"level": "ERROR" if PROCESS == "engine" else LOG_LEVEL},  # the engine has its table of calls
        "django_structlog": {"level": "WARNING"},
        "flufl.bounce": {"level": "CRITICAL"},  # what it cannot read is left to a person, who reads no traceback
        "fontTools": {"level": "WARNING"},
        "imapclient": {"level": "WARNING"},  # below it every line that is sent and received
        "weasyprint": {"level": "ERROR"},
    },
}

# -- changes whose outcome is unknown: how long to look before sending again or asking a person

VERIFY_FIRST = env.timedelta("QXP_VERIFY_FIRST", default=timedelta(seconds=2))
VERIFY_EVERY = env.timedelta("QXP_VERIFY_EVERY", default=timedelta(minutes=5))
VERIFY_TIMES = env.int("QXP_VERIFY_TIMES", default=3)
VERIFY_SPAN = env.timedelta("QXP_VERIFY_SPAN", default=timedelta(minutes=10))  # longer than a late execution may take
