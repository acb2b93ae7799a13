"""Requests as data: the body of a call."""

from collections.abc import Mapping
from urllib.parse import urlencode

from urllib3.fields import RequestField
from urllib3.filepost import encode_multipart_formdata

from qxportal.threesixty.calls.base import Call, File
from qxportal.threesixty.catalogue import OLDEST
from qxportal.threesixty.errors import Rejected, gettext_noop
from qxportal.threesixty.secret import Secret


def request_body(
    call: Call[object], *, user: str, token: Secret, version: str, request: str, format: str | None = None
) -> tuple[str, bytes]:
    """Content type and body of a POST: a form, or multipart if the call has files. The only place with secrets."""
    spoken = {"Request": request, "User": user}
    spoken |= {"Password": token.reveal()} if version == OLDEST else {"Token": token.reveal(), "Version": version}
    wanted = format or call.format()
    if wanted:
        spoken["Format"] = "XML" if version == OLDEST and wanted == "JSON" else wanted
    try:
        # the catalogue uses the request's own name, not the credential's name for it
        fields = [*spoken.items(), *call.parameters(call.request_for(version))]
        files = call.files()
        if not files:
            return "application/x-www-form-urlencoded", urlencode(fields).encode()
        return _multipart(fields, files)
    except UnicodeEncodeError:
        raise Rejected(gettext_noop("A value contains a character that cannot be sent."), code="encoding") from None
    except ValueError as problem:
        raise Rejected(gettext_noop("A value cannot be sent."), code="encoding", details=str(problem)) from None


class _Part(RequestField):
    """A part with backslash-quoted names: servers do not decode the %22 that urllib3 writes."""

    def _render_part(self, name: str, value: str | bytes) -> str:
        text = value.decode() if isinstance(value, bytes) else value
        text = text.replace("\\", "\\\\").replace('"', '\\"').replace("\r", " ").replace("\n", " ")
        return f'{name}="{text}"'


def _multipart(fields: list[tuple[str, str]], files: Mapping[str, File]) -> tuple[str, bytes]:
    parts = [_Part.from_tuples(name, value) for name, value in fields]
    parts += [_Part.from_tuples(name, (file.name, file.content, file.type)) for name, file in files.items()]
    body, content_type = encode_multipart_formdata(parts)
    return content_type, body
