"""Redirects for brands on another server of this API: 302 for GET and 307 for POST.

User names end in their brand (`mail#brand`), so most calls are redirected before anything else is checked, which does
not reveal whether the user exists. A user name without a brand has to sign in first.
"""

from urllib.parse import urlsplit

from qxportal.core.postgresql.prepared import Prepared
from qxportal.engine.http.api_responses import ApiResponse
from qxportal.engine.http.request_parsing import Incoming, Way
from qxportal.engine.http.text import storable
from qxportal.engine.models import Brand, User

BRANDS_ELSEWHERE = Prepared(
    lambda values: Brand.objects.exclude(data_centre="").filter(name=values["name"]).order_by("pk")[:1], name=str
)
DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def move(brand: Brand, address: str) -> None:
    """Set a brand's server: a root address, or empty for this server; raises ValueError."""
    parts = urlsplit(address.rstrip("/"))
    if address and (parts.scheme not in DEFAULT_PORTS or not parts.hostname or parts.path or parts.query):
        raise ValueError("A root address such as https://eu.example.com is expected.")
    brand.data_centre = address.rstrip("/")
    brand.save(update_fields=["data_centre"])


def before_signing_in(incoming: Incoming) -> ApiResponse | None:
    """The redirect for a call whose user name has a brand on another server, else None."""
    user_name = incoming.values.get("User")
    if not isinstance(user_name, str) or "#" not in user_name or not storable(user_name):
        return None
    brand = BRANDS_ELSEWHERE.first(name=user_name.rpartition("#")[2])
    return _moved(brand.data_centre, incoming.way) if brand else None


def after_signing_in(incoming: Incoming, user: User) -> ApiResponse | None:
    """The redirect for a caller whose brand is on another server, else None."""
    return _moved(user.brand.data_centre, incoming.way) if user.brand.data_centre else None


def _moved(data_centre: str, way: Way) -> ApiResponse | None:
    """The redirect with the unchanged query; None if the call already came to that address."""
    parts = urlsplit(data_centre)
    own = parts.netloc.lower().removesuffix(DEFAULT_PORTS.get(parts.scheme, ":"))
    if own == way.host.lower().removesuffix(DEFAULT_PORTS.get(parts.scheme, ":")):
        return None
    target = data_centre.rstrip("/") + way.path + (f"?{way.query}" if way.query else "")
    return ApiResponse(302 if way.method == "GET" else 307, b"", "text/plain; charset=utf-8", {"Location": target})
