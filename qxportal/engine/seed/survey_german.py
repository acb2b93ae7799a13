"""The demo's surveys in German, statement by statement as in `survey.py`."""

from qxportal.engine.seed.survey import Heading, SeedSurvey, Tone

FREQUENCY = ("Fast nie", "Selten", "Manchmal", "Oft", "Fast immer")

LEADERSHIP = SeedSurvey(
    name="Führungsfeedback 360°",
    description="Acht Kompetenzen unseres Führungsmodells mit je vier Aussagen und drei offenen Fragen.",
    scale=FREQUENCY,
    headings=(
        Heading(
            "Orientierung geben",
            "Alle wissen, wohin die Arbeit führt und worauf es unterwegs ankommt.",
            (
                "Erklärt, wohin sich das Team bewegt und warum das wichtig ist",
                "Setzt klare Prioritäten, auch wenn alles dringend scheint",
                "Verbindet die tägliche Arbeit mit den Zielen des Unternehmens",
                "Sagt offen, was nicht gemacht wird",
            ),
        ),
        Heading(
            "Offen kommunizieren",
            "Informationen erreichen alle, die sie brauchen, und zwar in beide Richtungen.",
            (
                "Hört zu, bis andere ausgesprochen haben",
                "Informiert frühzeitig, auch über Unangenehmes",
                "Spricht und schreibt so, dass alle es verstehen",
                "Stellt sich auf das jeweilige Gegenüber ein",
            ),
        ),
        Heading(
            "Vertrauen schaffen",
            "Auf Zusagen ist Verlass, und Fehler dürfen angesprochen werden.",
            (
                "Hält Zusagen ein, große wie kleine",
                "Gibt eigene Fehler zu",
                "Begegnet allen mit dem gleichen Respekt",
                "Behandelt Vertrauliches vertraulich",
            ),
        ),
        Heading(
            "Menschen entwickeln",
            "Andere wachsen durch Aufgaben, Rückmeldung und Raum zum Ausprobieren.",
            (
                "Gibt zeitnah hilfreiche Rückmeldung",
                "Überträgt Verantwortung und nicht nur Aufgaben",
                "Unterstützt andere bei ihrem nächsten Entwicklungsschritt",
                "Nimmt gute Arbeit wahr und würdigt sie",
            ),
        ),
        Heading(
            "Ergebnisse erzielen",
            "Vereinbartes wird umgesetzt, und zwar in guter Qualität.",
            (
                "Setzt messbare Ziele",
                "Hält Termine ein oder warnt rechtzeitig",
                "Räumt dem Team Hindernisse aus dem Weg",
                "Fordert Vereinbartes ein",
            ),
        ),
        Heading(
            "Gut entscheiden",
            "Entscheidungen fallen rechtzeitig, auf Grundlage von Fakten und mit Begründung.",
            (
                "Entscheidet rechtzeitig, auch wenn nicht alle Fakten bekannt sind",
                "Stützt Entscheidungen auf Fakten und nicht auf die lauteste Stimme",
                "Bezieht die Betroffenen ein",
                "Überprüft Entscheidungen, wenn sich die Lage ändert",
            ),
        ),
        Heading(
            "Bereichsübergreifend zusammenarbeiten",
            "Abteilungen und Standorte sind gemeinsam erfolgreich.",
            (
                "Sucht Lösungen, die auch anderen Abteilungen dienen",
                "Bindet Kolleginnen und Kollegen an anderen Standorten ein",
                "Löst Konflikte früh und fair",
                "Teilt Wissen und hilft aus, wenn andere Unterstützung brauchen",
            ),
        ),
        Heading(
            "Wandel gestalten",
            "Neues wird möglich, ohne dass Menschen auf der Strecke bleiben.",
            (
                "Hinterfragt, was schon immer so gemacht wurde",
                "Lässt andere ausprobieren und aus Fehlschlägen lernen",
                "Bleibt unter Druck ruhig und zuversichtlich",
                "Erklärt Veränderungen früh und beantwortet Fragen geduldig",
            ),
        ),
    ),
    open_questions=(
        (Tone.STRENGTH, "Was sollte diese Person beibehalten, weil es gut funktioniert?"),
        (Tone.GROWTH, "Welche eine Veränderung würde diese Person noch wirksamer machen?"),
        (Tone.OTHER, "Möchten Sie noch etwas ergänzen?"),
    ),
)

TEAMWORK = SeedSurvey(
    name="Zusammenarbeit",
    description="Ein kurzer Fragebogen für alle: fünf Themen mit je drei Aussagen und zwei offene Fragen.",
    scale=FREQUENCY,
    headings=(
        Heading(
            "Verlässlichkeit",
            "Andere können auf Vereinbartem aufbauen.",
            (
                "Erledigt, was vereinbart ist",
                "Warnt früh, wenn sich etwas verzögert",
                "Hinterlässt die Arbeit geordnet für die Nächsten",
            ),
        ),
        Heading(
            "Miteinander",
            "Gemeinsam wird die Arbeit besser.",
            (
                "Bietet Hilfe an, ohne gefragt zu werden",
                "Gibt Wissen gern weiter",
                "Fragt andere nach ihrer Meinung, bevor eine Entscheidung fällt",
            ),
        ),
        Heading(
            "Klarheit",
            "Es wird verständlich gesprochen, und Besprechungen bringen etwas.",
            ("Sagt klar, was bis wann gebraucht wird", "Hört gut zu", "Bleibt in Besprechungen beim Thema"),
        ),
        Heading(
            "Fachliche Qualität",
            "Die Arbeit ist gut und wird besser.",
            ("Liefert sorgfältige Arbeit", "Nimmt Rückmeldungen auf", "Bringt neue Ideen in Projekte ein"),
        ),
        Heading(
            "Kundenorientierung",
            "Kundinnen und Kunden fühlen sich verstanden.",
            (
                "Versteht, was Kundinnen und Kunden brauchen",
                "Hält Kundinnen und Kunden auf dem Laufenden",
                "Bleibt auch in schwierigen Situationen freundlich",
            ),
        ),
    ),
    open_questions=(
        (Tone.STRENGTH, "Was schätzen Sie an der Zusammenarbeit am meisten?"),
        (Tone.GROWTH, "Was würde die Zusammenarbeit noch besser machen?"),
    ),
)
