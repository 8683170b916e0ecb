"""The units of systemd are sound, their walls hold what they say, and their settings are ours."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]

from intake import config
from tests.servers import programs

DEPLOY = config.ROOT / "deploy"
UNITS = DEPLOY / "systemd"
OF_THE_PROXY = {"INTAKE_HOSTS", "INTAKE_BEHIND"}
BOUNDED = {"CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID", "NET_BIND_SERVICE"}
RECIPIENT = "age1" + "q" * 58
EXPOSED = 16  # tenths; systemd calls 2.0 and less OK


@pytest.fixture
def analyze() -> Path:
    """Return the program that checks units."""
    return programs.require("systemd")


def test_every_unit_is_sound(analyze: Path) -> None:
    units = sorted(str(path) for path in UNITS.glob("*.*") if path.suffix in {".service", ".timer"})
    assert len(units) == 7
    done = subprocess.run([str(analyze), "verify", "--man=no", *units], capture_output=True, text=True, check=False)
    # Nothing is installed in /opt on the machine that tests.
    complaints = [line for line in done.stderr.splitlines() if "flask is not executable" not in line]
    assert complaints == []


@pytest.mark.parametrize("unit", ["serve", "web", "letters", "mailbox", "backup", "alarms"])
def test_the_walls_of_every_unit_are_thick(analyze: Path, unit: str, tmp_path: Path) -> None:
    shutil.copytree(UNITS, tmp_path / "etc" / "systemd" / "system")
    options = (f"--root={tmp_path}", "--offline=yes", f"--threshold={EXPOSED}")
    command = [str(analyze), *options, "security", f"intake-{unit}.service"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_settings_to_fill_in_are_ours_and_suffice() -> None:
    text = (DEPLOY / "intake.env").read_text()
    offered = dict(re.findall(r"^#?(INTAKE_\w+)=(.*)$", text, re.MULTILINE))
    recipients = dict.fromkeys(("INTAKE_RESCUE_RECIPIENT", "INTAKE_BACKUP_RECIPIENT"), RECIPIENT)
    settings = config.load({**offered, **recipients})
    assert not settings.trial
    assert settings.second_way is not None
    assert settings.backups.by_itself
    walls = (UNITS / "intake-.service.d" / "walls.conf").read_text()
    assert f"ReadWritePaths=-{settings.backups.folder}\n" in walls, "the walls let backups out"
    assert str(settings.backups.folder) in (config.ROOT / "docs" / "operate.md").read_text()


def test_the_settings_of_the_containers_are_ours_and_suffice() -> None:
    text = (DEPLOY / "container" / "compose.yaml").read_text()
    told = dict(re.findall(r"^ +(INTAKE_\w+): (.+)$", text, re.MULTILINE))
    settings = config.load({name: _filled(value) for name, value in told.items() if name not in OF_THE_PROXY})
    assert not settings.trial
    assert settings.files.store is not None
    assert settings.database_url.startswith("postgresql")


def _filled(value: str) -> str:
    """Return a setting of the containers with something in its gaps."""
    gaps = {"PUBLIC_HOST": "intake.example.org", "RESCUE_RECIPIENT": RECIPIENT, "MAIL_URL": "smtps://a:b@c.example"}
    return re.sub(r"\$\{(\w+):\?\}", lambda gap: gaps.get(gap[1], "x" * 32), value)


def test_commands_name_files_that_there_are() -> None:
    for path in (*UNITS.glob("*.service"), DEPLOY / "intake"):
        for verb in re.findall(r"--app wsgi ([a-z ]+)", path.read_text()):
            assert verb.split()[0] in {"serve", "web", "outbox", "backup"}, path.name
    assert (config.ROOT / "docs" / "operate.md").is_file()


def test_every_container_has_walls_and_says_how_it_is() -> None:
    services = yaml.safe_load((DEPLOY / "container" / "compose.yaml").read_text())["services"]
    assert {name for name, service in services.items() if "ports" in service} == {"proxy"}
    for name, service in services.items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name
        assert service["mem_limit"] == service["memswap_limit"], f"{name} may swap"
        assert name == "bucket" or "healthcheck" in service, name
        assert set(service.get("cap_add", [])) <= BOUNDED, name
        for setting, value in service["environment"].items() if "environment" in service else ():
            assert "PASSWORD" not in setting or re.fullmatch(r"\$\{\w+:\?\}", value), f"{name} has a password of ours"


def test_the_image_copies_what_runs_and_no_more() -> None:
    text = (DEPLOY / "container" / "Containerfile").read_text()
    copied = {word for line in re.findall(r"^COPY (.+)$", text, re.MULTILINE) for word in line.split()[:-1]}
    assert copied == {"requirements.txt", "Makefile", "wsgi.py", "templates", "intake"}
    assert all((config.ROOT / name).exists() for name in copied)
    assert text.index("USER intake") < text.index("\nCMD"), "it does not run as root"
