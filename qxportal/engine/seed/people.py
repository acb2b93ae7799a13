"""The people of an invented company: names, posts, places, who leads whom; the same seed gives the same people."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from random import Random

TEXTS = Path(__file__).parent / "texts"
UNFOLDED = str.maketrans(
    {
        "ø": "o",
        "ł": "l",
        "ß": "ss",
        "đ": "d",
        "ı": "i",
        "æ": "ae",
        "ä": "ae",
        "ö": "oe",
        "ü": "ue",
        "’": None,
        "'": None,
    }
)


@dataclass(frozen=True, slots=True)
class Site:
    """A place with the names usual there."""

    city: str
    country: str
    names: str  # code in names.txt
    language: str  # as the API writes it


@dataclass(frozen=True, slots=True)
class Department:
    """A part of the company: its head's title, the titles below level by level, and its share of the people."""

    name: str
    head: str
    directors: tuple[str, ...]
    leads: tuple[str, ...]
    staff: tuple[str, ...]
    size: int
    sites: tuple[str, ...]  # cities


@dataclass(kw_only=True, slots=True)
class Colleague:
    """One person before it becomes a row."""

    first_name: str
    last_name: str
    email: str
    number: str
    title: str
    department: str
    site: Site
    hired_on: date
    level: int  # 0 is the top
    manager: "Colleague | None" = None
    reports: list["Colleague"] = field(default_factory=list)

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}"

    @property
    def metadata(self) -> dict[str, str]:
        """What the directory keeps beside name and address."""
        return {
            "Department": self.department,
            "Title": self.title,
            "Location": self.site.city,
            "Country": self.site.country,
            "ManagerEmail": self.manager.email if self.manager else "",
            "EmployeeNumber": self.number,
            "HireDate": self.hired_on.isoformat(),
            "Language": self.site.language,
        }


@dataclass(frozen=True, slots=True)
class Company:
    """What a brand's people are drawn from."""

    domain: str
    top_title: str
    top_department: str
    number_prefix: str
    sites: tuple[Site, ...]
    departments: tuple[Department, ...]
    span: int  # how many people a lead has


SITES = (
    Site("Rotterdam", "Netherlands", "nl", "EN"),
    Site("Hamburg", "Germany", "de", "DE"),
    Site("Lyon", "France", "fr", "FR"),
    Site("Manchester", "United Kingdom", "en", "EN"),
    Site("Kraków", "Poland", "pl", "PL"),
    Site("Barcelona", "Spain", "es", "ES"),
    Site("Boston", "United States", "us", "EN"),
    Site("Osaka", "Japan", "jp", "EN"),
    Site("Pune", "India", "in", "EN"),
    Site("Campinas", "Brazil", "br", "EN"),
)
RICH = Company(
    domain="marlstone-instruments.example",
    top_title="Chief Executive Officer",
    top_department="Executive Office",
    number_prefix="MI",
    sites=SITES,
    span=6,
    departments=(
        Department(
            "Engineering",
            "Chief Technology Officer",
            ("Director Sensor Platforms", "Director Embedded Software", "Director Test Engineering"),
            ("Team Lead Optics", "Team Lead Firmware", "Team Lead Electronics", "Team Lead Verification"),
            (
                "Senior Firmware Engineer",
                "Optical Engineer",
                "Electronics Engineer",
                "Test Engineer",
                "Systems Engineer",
            ),
            66,
            ("Rotterdam", "Hamburg", "Pune", "Boston"),
        ),
        Department(
            "Operations",
            "Chief Operating Officer",
            ("Director Manufacturing", "Director Calibration Services", "Director Supply Chain"),
            ("Production Manager", "Shift Lead Assembly", "Calibration Lab Manager", "Logistics Manager"),
            ("Calibration Technician", "Production Planner", "Quality Inspector", "Buyer", "Process Engineer"),
            74,
            ("Kraków", "Hamburg", "Campinas", "Rotterdam"),
        ),
        Department(
            "Sales",
            "Chief Commercial Officer",
            ("Regional Director Europe", "Regional Director Americas", "Regional Director Asia"),
            ("Key Account Manager", "Sales Manager", "Channel Manager"),
            ("Account Manager", "Sales Engineer", "Inside Sales Specialist", "Tender Manager"),
            46,
            ("Manchester", "Lyon", "Barcelona", "Boston", "Osaka"),
        ),
        Department(
            "Customer Service",
            "Vice President Customer Service",
            ("Head of Field Service", "Head of Technical Support"),
            ("Field Service Manager", "Support Team Lead"),
            ("Field Service Engineer", "Support Specialist", "Application Specialist"),
            36,
            ("Lyon", "Manchester", "Osaka", "Campinas"),
        ),
        Department(
            "Information Technology",
            "Chief Information Officer",
            ("Head of Business Applications", "Head of Infrastructure"),
            ("Team Lead Data Platform", "Service Desk Manager"),
            ("Systems Administrator", "Business Analyst", "Data Engineer", "Security Analyst"),
            25,
            ("Pune", "Kraków", "Rotterdam"),
        ),
        Department(
            "Marketing",
            "Chief Marketing Officer",
            ("Head of Product Marketing", "Head of Communications"),
            ("Marketing Manager", "Brand Manager"),
            ("Product Marketing Specialist", "Content Editor", "Event Coordinator"),
            18,
            ("Barcelona", "Manchester", "Boston"),
        ),
        Department(
            "Finance",
            "Chief Financial Officer",
            ("Head of Controlling", "Head of Accounting"),
            ("Controlling Manager", "Accounting Manager"),
            ("Financial Controller", "Accountant", "Payroll Specialist"),
            20,
            ("Rotterdam", "Hamburg", "Kraków"),
        ),
        Department(
            "People and Culture",
            "Chief People Officer",
            ("Head of Learning and Development", "Head of Talent Acquisition"),
            ("People Partner",),
            ("Learning Specialist", "Recruiter", "People Analyst"),
            14,
            ("Rotterdam", "Lyon", "Pune"),
        ),
    ),
)
SMALL = Company(
    domain="fennmoor-studio.example",
    top_title="Managing Partner",
    top_department="Partners",
    number_prefix="FS",
    sites=(SITES[3], SITES[0]),
    span=5,
    departments=(
        Department(
            "Design",
            "Design Director",
            (),
            ("Project Architect", "Studio Lead"),
            ("Architect", "Interior Designer", "Visualisation Artist", "Architectural Assistant"),
            14,
            ("Manchester", "Rotterdam"),
        ),
        Department(
            "Studio Operations",
            "Operations Director",
            (),
            ("Office Manager",),
            ("Bid Coordinator", "Bookkeeper", "Document Controller"),
            10,
            ("Manchester",),
        ),
    ),
)


def people(company: Company, *, seed: int, today: date) -> list[Colleague]:
    """Everyone of a company, managers before the people they lead."""
    rng = Random(seed)
    drawn = _names(rng)
    sites = {site.city: site for site in company.sites}
    everyone: list[Colleague] = []

    def hire(title: str, department: str, site: Site, level: int, manager: Colleague | None) -> Colleague:
        first, last = next(drawn[site.names if rng.random() < 0.82 else rng.choice(company.sites).names])
        years = rng.triangular(0.3, 22, 3 + (4 - level) * 2)
        colleague = Colleague(
            first_name=first,
            last_name=last,
            email=f"{folded(first)}.{folded(last)}@{company.domain}",
            number=f"{company.number_prefix}{10_000 + 7 * len(everyone) + rng.randrange(7)}",
            title=title,
            department=department,
            site=site,
            hired_on=today - timedelta(days=int(years * 365)),
            level=level,
            manager=manager,
        )
        everyone.append(colleague)
        if manager:
            manager.reports.append(colleague)
        return colleague

    top = hire(company.top_title, company.top_department, company.sites[0], 0, None)
    for department in company.departments:
        places = [sites[city] for city in department.sites]
        before = len(everyone)
        head = hire(department.head, department.name, places[0], 1, top)
        directors = [
            hire(title, department.name, places[index % len(places)], 2, head)
            for index, title in enumerate(department.directors)
        ] or [head]
        left = department.size - (len(everyone) - before)
        leads = [
            hire(
                department.leads[index % len(department.leads)],
                department.name,
                places[index % len(places)],
                directors[0].level + 1,
                directors[index % len(directors)],
            )
            for index in range(max(1, round(left / (company.span + 1))))
        ]
        for index in range(department.size - (len(everyone) - before)):
            lead = leads[index % len(leads)]
            site = lead.site if rng.random() < 0.75 else rng.choice(places)
            hire(rng.choice(department.staff), department.name, site, lead.level + 1, lead)
    return everyone


def folded(name: str) -> str:
    """A name as it stands in an address: plain letters, no spaces."""
    plain = unicodedata.normalize("NFKD", name.lower().translate(UNFOLDED))
    return "".join(letter for letter in plain if letter.isascii() and letter.isalpha())


def _names(rng: Random) -> Mapping[str, Iterator[tuple[str, str]]]:
    """For each code an endless supply of names; no full name comes twice."""
    taken: set[tuple[str, str]] = set()

    def draw(first: Sequence[str], last: Sequence[str]) -> Iterator[tuple[str, str]]:
        while True:
            name = (rng.choice(first), rng.choice(last))
            if (key := (folded(name[0]), folded(name[1]))) not in taken:
                taken.add(key)
                yield name

    return {code: draw(first, last) for code, (first, last) in _name_lists().items()}


@cache
def _name_lists() -> dict[str, tuple[list[str], list[str]]]:
    lists: dict[str, tuple[list[str], list[str]]] = {}
    for line in (TEXTS / "names.txt").read_text("utf-8").splitlines():
        code, kind, *rest = line.split("|")
        first, last = lists.setdefault(code, ([], []))
        if kind == "L":
            last.extend(rest)
        else:
            first.extend(rest[0].split())
    return lists
