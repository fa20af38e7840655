"""The portal's settings: all from the environment, each variable described in docs/settings.md."""

import sys
from pathlib import Path
from typing import Any

import dj_database_url
from celery.schedules import crontab
from django.core.exceptions import ImproperlyConfigured

from exporter import inaturalist
from portal import environment, reports, task_names

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = environment.folder("LEAFLINE_DATA", "var")
LAKE_DIR = environment.lake("LEAFLINE_LAKE", DATA_DIR / "lake")
DATA_DIR.mkdir(parents=True, exist_ok=True)

DEBUG = environment.flag("LEAFLINE_DEBUG", default=False)
SECRET_KEY = environment.text("LEAFLINE_SECRET_KEY", "only-for-development" if DEBUG else "")
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "LEAFLINE_SECRET_KEY is not set: give it 50 or more random characters, or set LEAFLINE_DEBUG=1."
    )
ALLOWED_HOSTS = environment.words("LEAFLINE_ALLOWED_HOSTS", "127.0.0.1,localhost")
CSRF_TRUSTED_ORIGINS = environment.words("LEAFLINE_CSRF_TRUSTED_ORIGINS")
#: An address where people reach whoever runs this portal; shown in the footer.
CONTACT = environment.text("LEAFLINE_CONTACT")
#: Whether to pull from iNaturalist, from where, and which taxa besides those near the line.
PULL = environment.flag("LEAFLINE_PULL", default=False)
API_URL = environment.text("LEAFLINE_API_URL", inaturalist.API)
#: Where iNaturalist's openly licensed photos lie, for pages to show; empty where they shall show none.
PHOTO_URL = environment.site("LEAFLINE_PHOTO_URL", inaturalist.OPEN_DATA)
#: Who may choose in the portal what is loaded from iNaturalist.
LOADS = environment.choice("LEAFLINE_LOADS", "staff", ("STAFF", "MEMBERS", "OFF"))
WATCHED_TAXA = environment.ids("LEAFLINE_WATCHED_TAXA")
#: For how many days what hotspots were learned by serves; 0: each refresh learns anew.
LEARN_DAYS = environment.number("LEAFLINE_LEARN_DAYS", 7, low=0, high=365)
#: What a snapshot is trained by: a config, the Python that has TensorFlow, and in how many parts wrong
#: labels are looked for. Without a config training is done elsewhere.
TRAIN_CONFIG = environment.text("LEAFLINE_TRAIN_CONFIG")
TRAINER = environment.text("LEAFLINE_TRAINER", sys.executable)
TRAIN_FOLDS = environment.number("LEAFLINE_TRAIN_FOLDS", 5, low=0, high=20)
if TRAIN_FOLDS == 1:
    raise ImproperlyConfigured("LEAFLINE_TRAIN_FOLDS is '1': set it to 0, or to 2 to 20.")
#: Where `manage.py demo` serves.
PORT = environment.number("PORT", 8000, low=1, high=65535)

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.sitemaps",
    "django.contrib.humanize",
    "corsheaders",
    "drf_spectacular",
    "portal.lake",
    "portal.taxa",
    "portal.refresh",
    "portal.sync",
    "portal.api",
    "portal.training",
    "portal.versions",
    "portal.hotspots",
    "portal.batches",
    "portal.cutoffs",
    "portal.blitzes",
    "portal.effects",
    "portal.notices",
    "portal.loads",
    "portal.policy",
    "portal.accounts",
    "portal.interests",
    "demo",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "portal.middleware.capped_bodies",
    "corsheaders.middleware.CorsMiddleware",
    "portal.api.middleware.conditional_reads",
    "portal.middleware.content_security_policy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "portal.middleware.PageCompression",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "portal.languages.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "portal.middleware.percentages",
    "portal.faults.PassingFaults",
]
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "libraries": {
                "frame": "portal.tags.frame",
                "numbers": "portal.tags.numbers",
                "places": "portal.tags.places",
                "inaturalist": "portal.tags.inaturalist",
            },
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# Database: SQLite unless DATABASE_URL names a PostgreSQL.
try:
    DATABASES = {
        "default": dj_database_url.parse(
            environment.text("DATABASE_URL", f"sqlite:///{DATA_DIR / 'leafline.sqlite3'}"),
            conn_max_age=60,
            conn_health_checks=True,
        )
    }
except ValueError:
    raise ImproperlyConfigured(
        "DATABASE_URL cannot be read: write it as postgresql://USER:PASSWORD@HOST:5432/NAME."
    ) from None
if DATABASES["default"]["ENGINE"] not in ("django.db.backends.sqlite3", "django.db.backends.postgresql"):
    raise ImproperlyConfigured("DATABASE_URL must start with postgresql:// or sqlite:///.")
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A writer waits for another instead of failing half-way; readers never wait.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    # PostgreSQL would compile what it expects to take long: a tenth of a second for a page's query of 20 ms.
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("options", "-c jit=off")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Language and time
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("es", "Español")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["portal.formats"]
#: A reader's own choice stays for a year.
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_HTTPONLY = True
TIME_ZONE = "UTC"
USE_TZ = True

# Static files, served by WhiteNoise with names that carry their digest
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG

# Security. HTTPS is the rule; a machine of one's own may do without.
HTTPS = environment.flag("LEAFLINE_HTTPS", default=not DEBUG)
SECURE_SSL_REDIRECT = HTTPS
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = environment.number("LEAFLINE_HSTS_SECONDS", 2_592_000, low=0, high=63_072_000) * HTTPS
BEHIND_PROXY = environment.flag("LEAFLINE_BEHIND_PROXY", default=False)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
#: Whether HSTS covers subdomains and browsers' preload lists is for the owner of the domain to say.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
#: Sessions know whose they are, so that one person's can be ended.
SESSION_ENGINE = "portal.accounts.sessions"
AUTHENTICATION_BACKENDS = ["portal.accounts.backends.OneLookBackend"]
#: Whether anybody may make an account.
SIGN_UP = environment.flag("LEAFLINE_SIGN_UP", default=True)
#: How long the link of a mail for a new password is good, in seconds.
PASSWORD_RESET_TIMEOUT = 3600
LOGIN_URL = "accounts:sign_in"
LOGIN_REDIRECT_URL = "arrive"
LOGOUT_REDIRECT_URL = "home"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# The API: see portal/api. Any page anywhere may read what is public; none may send a token.
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_SCHEMA_CLASS": "portal.api.schema.Schema",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.1",
    "TITLE": "Leafline",
    "VERSION": "1.0.0",
    "DESCRIPTION": "Which taxa are classes of iNaturalist's computer-vision model, which will be in the next,"
    " how far the others are from the line, and why.",
    "LICENSE": {"name": "MIT", "identifier": "MIT"},
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "StatusEnum": "portal.taxa.models.Status",
        "KindEnum": "portal.hotspots.models.Kind",
        "RunStateEnum": "portal.training.models.Run.State",
        "CutoffStateEnum": "portal.cutoffs.states.State",
        "BlitzStateEnum": "portal.blitzes.states.State",
    },
}
CORS_ALLOW_ALL_ORIGINS = True
CORS_URLS_REGEX = r"^/api/(v1/(?!training-runs/)|schema/)"
CORS_ALLOW_METHODS = ["GET", "HEAD", "OPTIONS"]
CORS_ALLOW_HEADERS = ["accept", "if-modified-since", "if-none-match"]
CORS_EXPOSE_HEADERS = [
    "ETag",
    "Link",
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "Retry-After",
]
API_PER_MINUTE_ADDRESS = environment.number("LEAFLINE_API_PER_MINUTE", 600, low=1, high=10_000_000)
API_PER_MINUTE_TOKEN = environment.number("LEAFLINE_API_PER_MINUTE_TOKEN", 6000, low=1, high=10_000_000)

#: Who reads the measurements from another machine.
METRICS_TOKEN = environment.text("LEAFLINE_METRICS_TOKEN")
#: The largest body of a request, but for results of training, which have their own cap. No page takes files.
LARGEST_BODY = 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = LARGEST_BODY
FILE_UPLOAD_HANDLERS = ["portal.middleware.NoFiles"]

# Counters of requests: in each process, or shared by all in Redis
_CACHE_URL = environment.text("LEAFLINE_CACHE_URL")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": _CACHE_URL}
    if _CACHE_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 100_000}}
}

# Signing in with iNaturalist, where it knows this portal
INAT_URL = environment.text("LEAFLINE_INAT_URL", inaturalist.SITE).rstrip("/")
INAT_CLIENT_ID = environment.text("LEAFLINE_INAT_CLIENT_ID")
INAT_CLIENT_SECRET = environment.text("LEAFLINE_INAT_CLIENT_SECRET")

# Mail: into files unless there is a server to hand it to
SITE_URL = environment.text("LEAFLINE_URL", f"http://127.0.0.1:{PORT}").rstrip("/")
DEFAULT_FROM_EMAIL = environment.text("LEAFLINE_MAIL_FROM", "leafline@localhost")
EMAIL_HOST = environment.text("LEAFLINE_SMTP_HOST")
EMAIL_PORT = environment.number("LEAFLINE_SMTP_PORT", 587, low=1, high=65535)
EMAIL_HOST_USER = environment.text("LEAFLINE_SMTP_USER")
EMAIL_HOST_PASSWORD = environment.text("LEAFLINE_SMTP_PASSWORD")
EMAIL_USE_TLS = environment.flag("LEAFLINE_SMTP_TLS", default=True)
EMAIL_TIMEOUT = 20
EMAIL_FILE_PATH = DATA_DIR / "mail"
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'filebased'}.EmailBackend"

# Logging: to standard error, for whatever keeps the process
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {
        "handlers": ["stderr"],
        "level": environment.choice(
            "LEAFLINE_LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
        ),
    },
    "loggers": {"django": {"handlers": [], "propagate": True}},
}

# Reports of our own faults, off unless somebody names where they go
reports.start(environment.text("LEAFLINE_SENTRY_DSN"))

# Celery: see portal/celery.py
CELERY_BROKER_URL = environment.text("CELERY_BROKER_URL", "filesystem://localhost")
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
if CELERY_BROKER_URL.startswith("filesystem:"):
    _messages, _control = DATA_DIR / "broker" / "messages", DATA_DIR / "broker" / "control"
    _messages.mkdir(parents=True, exist_ok=True)
    _control.mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
        "data_folder_in": str(_messages),
        "data_folder_out": str(_messages),
        "control_folder": str(_control),
    }
    # Folders carry tasks, not the workers' chatter.
    CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
elif CELERY_BROKER_URL.startswith("redis"):
    # Redis gives a task that is not confirmed by then to another worker: later than any task may last.
    CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 7200}
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_SOFT_TIME_LIMIT = 3600
CELERY_TASK_TIME_LIMIT = 3660
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat-schedule")
#: A tick that no worker took before the next one comes is dropped: the next one does its work.
_TICK = environment.number("LEAFLINE_TICK_SECONDS", 60, low=1, high=60)
_EVERY_MINUTE = {"schedule": float(_TICK), "options": {"expires": _TICK - 5 if _TICK > 10 else _TICK}}
CELERY_BEAT_SCHEDULE = {
    "refresh": {"task": task_names.REFRESH, "schedule": crontab(hour=4, minute=17)},
    "resume": {"task": task_names.RESUME, **_EVERY_MINUTE},
    "resume-pull": {"task": task_names.RESUME_PULL, **_EVERY_MINUTE},
    # What follows a refresh, where the worker died before it: nothing, if it is done.
    "publish": {"task": task_names.PUBLISH, **_EVERY_MINUTE},
    "measure": {"task": task_names.MEASURE, **_EVERY_MINUTE},
    "measure-batches": {"task": task_names.MEASURE_BATCHES, **_EVERY_MINUTE},
    "advance": {"task": task_names.ADVANCE_CUTOFFS, **_EVERY_MINUTE},
    "cut": {"task": task_names.CUT, **_EVERY_MINUTE},
    "compare": {"task": task_names.COMPARE, **_EVERY_MINUTE},
    # Sent at once by whoever is asked for a link; here for what the broker or the mail server did not take.
    "mail-links": {"task": task_names.MAIL_LINKS, **_EVERY_MINUTE},
    "remove-sessions": {"task": task_names.REMOVE_SESSIONS, "schedule": crontab(hour=3, minute=41)},
    "advance-blitzes": {"task": task_names.ADVANCE_BLITZES, **_EVERY_MINUTE},
    "advance-batches": {"task": task_names.ADVANCE_BATCHES, **_EVERY_MINUTE},
    "deliver": {"task": task_names.DELIVER, **_EVERY_MINUTE},
    "advance-loads": {"task": task_names.ADVANCE_LOADS, **_EVERY_MINUTE},
    "count-effects": {"task": task_names.COUNT_EFFECTS, "schedule": crontab(minute=53)},
    "pull": {"task": task_names.PULL, "schedule": crontab(minute="7,37"), "options": {"expires": 1800}},
}
if TRAIN_CONFIG:
    CELERY_BEAT_SCHEDULE["train"] = {"task": task_names.TRAIN, **_EVERY_MINUTE}
