"""Help texts of the command and of each request, generated from the catalogue."""

from dataclasses import Field, fields
from textwrap import fill, indent, shorten
from typing import Any

from qxportal.threesixty.calls.base import encode
from qxportal.threesixty.calls.every import EVERY_CALL
from qxportal.threesixty.catalogue import CATALOGUE, ParamSpec, RequestSpec
from qxportal.threesixty.command.parameters import must_be_said

USAGE = """\
python -m qxportal.threesixty REQUEST [Name=value ...] [options]

Asks a ThreeSixty server one request and prints its answer, read and checked, as JSON.

  Name=value            a parameter by its documented name; flags are 0 or 1, lists have commas
  Name[key]=value       an entry of a map; Name[]=value an item of a list
  FileContents=@path    a file; NewPassword=@path as well, since others can see what is typed
  --format FORMAT       ask for XML, JSON, CSV or HTML where the request has it
  --raw                 print the answer byte for byte as it came
  --output FILE         write the answer to a file; a PDF needs it, or a pipe
  --yes                 do not ask before a request that changes something
  --help                this text, or with a request what it takes

Who asks comes from the environment:

  THREESIXTY_HOST       the data centre's host name, such as eu.qualtrics.com
  THREESIXTY_USER       the API user
  THREESIXTY_TOKEN      its token; or
  THREESIXTY_PASSWORD   its password, for the oldest protocol, which has no versions
  THREESIXTY_VERSION    the API's version, 2.5 when it is not set
  THREESIXTY_NAMES      by what other names the server knows requests: getPersons=getOrgPersons,getQuotas=getAllQuotas
  THREESIXTY_ENGINE=1   the host may be a server on this machine, such as http://127.0.0.1:8001
"""
SURE = {
    "documented": "the documentation has this name",
    "sibling-api": "the name is that of a sibling API",
    "inferred": "the name is inferred",
}


def usage() -> str:
    """Help of the command, with all requests by group."""
    groups = dict.fromkeys(spec.group for spec in CATALOGUE.values())
    lines = [USAGE]
    for group in groups:
        lines.append(f"{group}:")
        lines += [
            f"  {spec.name:26}{'* ' if spec.mutates else '  '}{_first_sentence(spec)}"
            for spec in CATALOGUE.values()
            if spec.group == group
        ]
    lines.append("\n* changes something")
    return "\n".join(lines) + "\n"


def manual(spec: RequestSpec) -> str:
    """Help of one request."""
    facts = [f"since version {spec.since}", *(["deprecated"] if spec.deprecated else [])]
    facts += ["changes something" if spec.mutates else "reads only", "/".join(spec.formats), SURE[spec.name_is]]
    lines = [spec.name, "", fill(spec.summary, 100), "", fill(", ".join(facts) + ".", 100)]
    if spec.aliases:
        lines += ["", fill(f"Other names that were seen or are likely: {', '.join(spec.aliases)}.", 100)]
    if spec.note:
        lines += ["", fill(f"Note: {spec.note}.", 100)]
    params = [param for param in spec.params if param.name != "URL"]
    lines += ["", "Parameters:" if params else "It takes no parameters."]
    ours = {item.metadata.get("param"): item for item in fields(EVERY_CALL[spec.name])}
    lines += [indent(_parameter(param, ours[param.name]), "  ") for param in params]
    return "\n".join(lines) + "\n"


def _parameter(param: ParamSpec, ours: "Field[Any]") -> str:
    needed = must_be_said(ours)
    facts = ["required" if param.required else "needed here" if needed else "optional"]
    facts += {"flag": ["0 or 1"], "list": ["with commas"], "datetime": ["YYYY-MM-DD hh:mm:ss in UTC"]}.get(
        param.kind, []
    )
    if param.default and not needed and ours.default is not None and encode(ours.default) != param.default:
        facts += [f"default {encode(ours.default)} here, {param.default} as documented"]
    elif param.default:
        facts += [f"{'documented ' if needed else ''}default {param.default}"]
    facts += [f"one of {', '.join(param.choices)}"] if param.choices else []
    return fill(f"{param.name:28}{', '.join(facts)}", 96, subsequent_indent=" " * 28)


def _first_sentence(spec: RequestSpec) -> str:
    return shorten(spec.summary.partition(";")[0].partition(". ")[0].rstrip("."), 80, placeholder=" …")
