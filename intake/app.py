"""create_app(): settings, extensions, blueprints. It only wires."""

import os
import resource

from flask import Flask

from intake import extensions, i18n
from intake.cases import (
    adding_views,
    bundle_views,
    coding_views,
    contact_views,
    copy_views,
    detection,
    hold_views,
    label_views,
    letters_views,
    link_views,
    marking_views,
    preview_views,
    queue_views,
    reply_views,
    talk_views,
    verification_views,
    visits,
    work_views,
)
from intake.cases import component_views as components
from intake.cases import dashboard_views as dashboard
from intake.cases import ledger_views as ledger
from intake.cases import list_views as lists
from intake.cases import rotation_views as rotation
from intake.cases import search_views as search
from intake.cases import views as cases
from intake.cli import groups
from intake.complaint import canary_views
from intake.complaint import views as complaint
from intake.config import ROOT, Settings, from_environment, signing_key
from intake.desks import (
    alarm_board,
    alarm_views,
    away,
    metrics_views,
    people,
    promise_views,
    rescue_file,
    route_views,
    signing_views,
    times_views,
)
from intake.desks import views as desks
from intake.evidence import look_views
from intake.evidence import views as evidence
from intake.followup import file_views
from intake.followup import views as followup
from intake.members import account, certificate_views, letter_views, time_zones
from intake.members import views as members
from intake.outbox import deliver
from intake.post_settings import MAIL_PORTS
from intake.sealing import PASSWORD_COST, Cost
from intake.web import (
    access,
    choosing,
    errors,
    form_cookie,
    headers,
    health,
    inlined,
    prepared,
    security_txt,
    sites,
)
from intake.web.form_parser import LARGEST_BODY
from intake.web.spoken import SpokenEnvironment
from intake.web.uploads import SinkRequest

BLUEPRINTS = (
    complaint,
    followup,
    file_views,
    cases,
    adding_views,
    queue_views,
    talk_views,
    contact_views,
    coding_views,
    copy_views,
    bundle_views,
    lists,
    preview_views,
    reply_views,
    rotation,
    ledger,
    dashboard,
    components,
    work_views,
    verification_views,
    label_views,
    letters_views,
    link_views,
    hold_views,
    marking_views,
    search,
    canary_views,
    evidence,
    look_views,
    desks,
    promise_views,
    route_views,
    alarm_views,
    times_views,
    signing_views,
    away,
    people,
    members,
    account,
    letter_views,
    certificate_views,
    metrics_views,
    health,
    security_txt,
)
BROTLI_LEVEL = 5  # 11 takes forty times as long for half a kilobyte: see intake/web/prepared.py for what can pay it


def create_app(settings: Settings | None = None, *, password_cost: Cost = PASSWORD_COST) -> Flask:
    """Return the application.

    Args:
        settings: what to run with; by default what the environment says.
        password_cost: what deriving from a password costs; tests pay less.

    Raises:
        config.SettingError: a setting is wrong; one sentence that names it.
    """
    settings = settings or from_environment()
    os.umask(0o077)  # whatever this process writes is its owner's alone
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump would hold what is sealed on disk
    app = errors.QuietFlask("intake", template_folder=str(ROOT / "templates"), root_path=str(ROOT / "intake"))
    app.request_class = SinkRequest
    app.jinja_environment = SpokenEnvironment
    app.session_interface = form_cookie.FormCookie()
    app.config.update(_flask_settings(settings), PASSWORD_COST=password_cost)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    extensions.init(app)
    extensions.babel.init_app(app, locale_selector=i18n.preferred_locale)  # type: ignore[arg-type]  # it takes either
    deliver.init(app)
    headers.init(app)
    errors.init(app)
    inlined.register(app)
    prepared.init(app)
    i18n.register(app)
    choosing.init(app)
    app.jinja_env.globals.update(rescue_identity_lies_here=rescue_file.lies_here, alarm_banner_for=alarm_board.banner)
    app.jinja_env.globals.update(tongue=detection.name, tongues=detection.names)
    app.jinja_env.filters["zone_name"] = time_zones.said
    app.jinja_env.globals.update(visit_minutes=visits.MINUTES)
    for room in BLUEPRINTS:
        app.register_blueprint(room.blueprint)
    for group in groups():
        app.cli.add_command(group)
    sites.init(app, settings.public_url, settings.desk_url, settings.onion_url)
    access.check_every_route_is_marked(app)
    return app


def _flask_settings(settings: Settings) -> dict[str, object]:
    return {
        "SETTINGS": settings,
        "INSTANCE": settings.instance,
        **_places(settings),
        "NEWSROOM_ADDRESS": settings.newsroom_address,
        "EXIT_URL": settings.exit_url,
        "DELETE_AFTER_DAYS": settings.delete_after_days,
        "KEEP_DAYS": settings.keep_days,
        "KEEP_WARNING_DAYS": settings.keep_warning_days,
        "REMINDER_ADDRESS": settings.reminder_address,
        "ANSWER_INBOUND": settings.incoming.answer,
        "FILES": settings.files,
        "BACKUPS": settings.backups,
        "METRICS_TOKEN": settings.metrics_token,
        "SECURITY_ADDRESS": settings.security_address,
        "SESSION_IDLE_MINUTES": settings.session_idle_minutes,
        "SESSION_HOURS": settings.session_hours,
        "SECRET_KEY": signing_key(settings),
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Strict",
        "MAX_CONTENT_LENGTH": LARGEST_BODY,
        "MAX_FORM_MEMORY_SIZE": LARGEST_BODY,
        "MAX_FORM_PARTS": 1000,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": _engine_options(settings.database_url),
        "WRITE_GATE": str(settings.instance / ".write-gate"),
        "WTF_I18N_ENABLED": False,  # every validator says its own words
        "WTF_CSRF_SSL_STRICT": False,  # the referrer is never sent, see headers
        "WTF_CSRF_TIME_LIMIT": None,  # a form that stood open all night must not lose its text
        "BABEL_DEFAULT_LOCALE": i18n.NEVER_SEEN_LANGUAGE,
        "COMPRESS_ALGORITHM": ["br", "gzip"],
        "COMPRESS_BR_LEVEL": BROTLI_LEVEL,
        "COMPRESS_MIN_SIZE": 200,
        "COMPRESS_STREAMS": False,  # what streams is sealed or compressed already
        **_mail_settings(settings),
    }


def _places(settings: Settings) -> dict[str, object]:
    return {
        "PUBLIC_URL": settings.public_url,
        "DESK_URL": settings.desk_url,
        "ONION_URL": settings.onion_url,
        "PROXIES": settings.proxies,
        "REDIS_URL": settings.redis_url,
    }


def _engine_options(database_url: str) -> dict[str, object]:
    options: dict[str, object] = {"hide_parameters": True, "pool_use_lifo": True}  # the last used knows most
    if database_url.startswith("sqlite"):
        options["module"] = extensions.sqlite_driver()
    else:
        options["pool_pre_ping"] = True
    return options


def _mail_settings(settings: Settings) -> dict[str, object]:
    mail = settings.mail
    return {
        "SEALED_LETTERS": settings.sealed_letters,
        "CANARY_HOURS": settings.canary_hours,
        "CANARY_URL": settings.canary_url,
        "CANARY_ADDRESS": settings.canary_address,
        "CANARY_INBOX": settings.canary_inbox,
        "ALARM_HOURS": settings.alarm_hours,
        "SECOND_WAY": settings.second_way,
        "TIME_ZONE": settings.time_zone,
        "MAIL": mail,
        "MAIL_SERVER": mail.host,
        "MAIL_PORT": mail.port or MAIL_PORTS["smtp"],
        "MAIL_USERNAME": mail.user,
        "MAIL_PASSWORD": mail.password,
        "MAIL_USE_SSL": mail.scheme == "smtps",
        "MAIL_USE_TLS": mail.scheme == "smtp+starttls",
        "MAIL_DEFAULT_SENDER": (settings.sender_name, settings.newsroom_address),
        "MAIL_CA_FILE": None,
        "RETURN_ADDRESS": settings.incoming.return_address,
    }
