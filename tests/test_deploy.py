"""The files of an installation name what is there, and agree with each other."""

import configparser
import re
import shlex
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

DEPLOY = Path(__file__).parent.parent / "deploy"
COMPOSE = (DEPLOY.parent / "compose.yaml").read_text()
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
PORTS = {"web": 8000, "engine": 8001, "site": 8002}
BIN = "/opt/qxportal/.venv/bin/"


def section(path: Path, name: str) -> dict[str, list[str]]:
    """The settings of a section, each with all its values."""
    found: dict[str, list[str]] = {}
    inside = ""
    for line in path.read_text().splitlines():
        if heading := re.fullmatch(r"\[(\w+)\]", line):
            inside = heading[1]
        elif inside == name and "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_units_run_what_is_there(unit: Path) -> None:
    service = section(unit, "Service")

    assert (service["User"], service["EnvironmentFile"]) == (["qxportal"], ["/etc/qxportal/portal.env"])
    assert (service["UMask"], service["ProtectSystem"]) == (["0077"], ["strict"])
    [program, *words] = shlex.split(service["ExecStart"][0])
    assert program.startswith(BIN)
    if program == f"{BIN}python":
        assert words[0] == "manage.py"
        command = load_command_class(get_commands()[words[1]], words[1])
        command.create_parser("manage.py", words[1]).parse_args(words[2:])
    else:
        assert find_spec(program.removeprefix(BIN)) is not None
        for module in re.findall(r"[\w.]+(?=:\w+)|(?<=python:)[\w.]+", " ".join(words)):
            assert module == "python" or find_spec(module) is not None, module


@pytest.mark.parametrize("unit", sorted((DEPLOY / "systemd").iterdir()), ids=lambda path: path.name)
def test_units_are_whole(unit: Path) -> None:
    parsed = configparser.ConfigParser(strict=False, interpolation=None)
    parsed.read(unit)

    assert parsed["Unit"]["Description"].startswith("QX Portal: ")
    if unit.suffix == ".timer":
        assert unit.with_suffix(".service").exists()
    elif parsed["Service"].get("Type") != "oneshot":
        assert "Restart=always" in unit.read_text()
        assert parsed["Install"]["WantedBy"] == "multi-user.target"


@pytest.mark.parametrize("name", ["nginx.conf", "Caddyfile"])
def test_proxies_lead_to_each_process(name: str) -> None:
    text = (DEPLOY / "proxy" / name).read_text()

    assert sorted(map(int, re.findall(r"127\.0\.0\.1:([0-9]+)", text))) == sorted(PORTS.values())
    hosts = re.findall(r"^(?:    server_name )?([a-z]+\.example\.com)\b", text, re.MULTILINE)
    assert len(set(hosts)) == len(PORTS)
    assert text.count("{") == text.count("}")


def test_ports_are_the_same_everywhere() -> None:
    engine = (DEPLOY / "systemd/qxportal-engine.service").read_text()
    site = (DEPLOY / "systemd/qxportal-site.service").read_text()

    assert f"--port {PORTS['engine']} " in engine
    assert f"127.0.0.1:{PORTS['site']}" in site
    assert f"127.0.0.1:{PORTS['web']}:8000" in COMPOSE
    assert f"127.0.0.1:{PORTS['site']}:8000" in COMPOSE
    assert f"--port {PORTS['engine']} " in COMPOSE


def test_containers_keep_what_must_outlive_them() -> None:
    kept = set(re.findall(r"^    QXP_(?:KEYS|REPORTS|INSTANCE|EDITIONS): (/\w+)", COMPOSE, re.MULTILINE))
    mounted = set(re.findall(r"\"\w+:(/\w+)\"", COMPOSE))

    assert kept == {"/keys", "/reports"}
    assert kept <= mounted
    for service in re.findall(r"^  (\w+):$", COMPOSE.partition("services:")[2], re.MULTILINE):
        assert re.fullmatch(r"web|worker|beat|engine|site|post|postgres|valkey", service)
