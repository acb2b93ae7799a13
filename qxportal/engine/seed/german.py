"""The demo's German-speaking brand: its people and assessments; its survey is in `survey_german.py`."""

from qxportal.engine.models import Assessment
from qxportal.engine.seed.demo_assessments import DemoAssessment
from qxportal.engine.seed.people import Colleague, Company, Department, Site

COMPANY = Company(
    domain="weidenbruch-antriebe.example",
    top_title="Geschäftsführung",
    top_department="Geschäftsleitung",
    number_prefix="WA",
    sites=(Site("Bielefeld", "Deutschland", "de", "DE"), Site("Graz", "Österreich", "de", "DE")),
    span=5,
    departments=(
        Department(
            "Entwicklung",
            "Bereichsleitung Entwicklung",
            (),
            ("Teamleitung Konstruktion", "Teamleitung Antriebselektronik", "Teamleitung Versuch"),
            ("Entwicklungsingenieur/in", "Konstrukteur/in", "Softwareentwickler/in", "Prüftechniker/in"),
            14,
            ("Bielefeld", "Graz"),
        ),
        Department(
            "Produktion",
            "Werkleitung",
            (),
            ("Teamleitung Montage", "Teamleitung Zerspanung", "Teamleitung Qualitätssicherung"),
            ("Industriemechaniker/in", "Zerspanungsmechaniker/in", "Fertigungsplaner/in", "Qualitätsprüfer/in"),
            20,
            ("Bielefeld", "Graz"),
        ),
        Department(
            "Vertrieb und Kundendienst",
            "Vertriebsleitung",
            (),
            ("Regionalleitung Mitte", "Regionalleitung Süd"),
            ("Vertriebsingenieur/in", "Servicetechniker/in", "Sachbearbeiter/in Innendienst"),
            13,
            ("Bielefeld", "Graz"),
        ),
        Department(
            "Personal und Finanzen",
            "Kaufmännische Leitung",
            (),
            ("Leitung Personalentwicklung",),
            ("Personalreferent/in", "Controller/in", "Lohnbuchhalter/in"),
            8,
            ("Bielefeld",),
        ),
    ),
)


def leads(colleague: Colleague) -> bool:
    """Whether a colleague below the top leads at least two people."""
    return colleague.level > 0 and len(colleague.reports) >= 2


ASSESSMENTS = (
    DemoAssessment(
        name="Führungsfeedback Frühjahr 2026",
        form="Führungsfeedback 360°",
        status=Assessment.Status.CLOSED,
        subjects=7,
        who=leads,
        peers=(3, 5),
        direct_reports=6,
        answered=0.95,
        own=("Interne Kundschaft", 2, 4),
        translations={"EN": "Internal customers"},
        created=236,
        activated=225,
        closed=194,
        done=True,
    ),
    DemoAssessment(
        name="Führungsfeedback Herbst 2026",
        form="Führungsfeedback 360°",
        status=Assessment.Status.ACTIVE,
        subjects=8,
        who=leads,
        peers=(3, 5),
        direct_reports=6,
        answered=0.62,
        begun=0.2,
        own=("Interne Kundschaft", 2, 4),
        translations={"EN": "Internal customers"},
        created=22,
        activated=12,
    ),
)
