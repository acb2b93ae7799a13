"""A throw-away PostgreSQL and Valkey, started for the first test that needs them; a plugin of pytest.

Their addresses are set before Django reads its settings; `services_fixture` starts them.
"""

import atexit
import os

import pytest

from qxportal.core.environment import OLD_NAMES
from qxportal.embedded import Embedded
from tests.support.folders import QuickFolder

folder = QuickFolder()
folder.path.chmod(0o711)  # PostgreSQL may run under another account
(folder.path / "static").mkdir()
services = Embedded(folder.path, durable=False)
services.prepare()
atexit.register(services.stop)

for name in OLD_NAMES:  # what a developer has set for another program
    os.environ.pop(name, None)
os.environ.update(services.environment())
os.environ.update(
    QXP_VAR=str(folder.path),
    QXP_SECRET_KEY="tests-only-" + "k" * 50,
    QXP_URL="http://127.0.0.1:8000",
    QXP_ENGINE_ALLOWED="1",
    QXP_TESTS="1",
    QXP_RETRY_SECONDS="0.05",
    QXP_ENGINE_PRINTING_NICE="0",  # other tests keep the processors busy all the time
    QXP_ENGINE_PRINTING_IDLE="3600",  # a new printer takes longer than ten reports
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer the quick run."""
    parser.addoption(
        "--fast",
        action="store_true",
        help="only tests that start no service, process or browser, and take no seconds each",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave slow tests, and those that start something, out of a quick run."""
    if not config.getoption("--fast"):
        return
    left_out = {item for item in items if _takes_long(item)}
    config.hook.pytest_deselected(items=[item for item in items if item in left_out])
    items[:] = [item for item in items if item not in left_out]


def _takes_long(item: pytest.Item) -> bool:
    marked = any(item.get_closest_marker(name) for name in ("django_db", "browser", "processes", "long"))
    needs = set(getattr(item, "fixturenames", ())) & {"running_services", "django_db_setup", "db", "transactional_db"}
    return marked or bool(needs)
