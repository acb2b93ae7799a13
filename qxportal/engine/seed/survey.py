"""The demo brands' forms: what is asked, in which order, on which scale."""

from dataclasses import dataclass
from enum import StrEnum


class Tone(StrEnum):
    """What an open question asks for; names the file its comments come from."""

    STRENGTH = "strength"
    GROWTH = "growth"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Heading:
    """A competency with its statements."""

    name: str
    description: str
    statements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SeedSurvey:
    """A whole form."""

    name: str
    description: str
    headings: tuple[Heading, ...]
    open_questions: tuple[tuple[Tone, str], ...]
    scale: tuple[str, ...]


FREQUENCY = ("Almost never", "Seldom", "Sometimes", "Often", "Almost always")

LEADERSHIP = SeedSurvey(
    name="Leadership 360",
    description="Eight competencies of our leadership model, four statements each, and three open questions.",
    scale=FREQUENCY,
    headings=(
        Heading(
            "Gives direction",
            "People know where the work is heading and what matters on the way.",
            (
                "Explains where the team is going and why it matters",
                "Makes priorities clear when everything seems urgent",
                "Connects daily work with the goals of the company",
                "Says openly what will not be done",
            ),
        ),
        Heading(
            "Communicates openly",
            "Information reaches those who need it, in both directions.",
            (
                "Listens until others have finished",
                "Shares information early, also when it is unpleasant",
                "Speaks and writes so that everyone understands",
                "Adapts the message to the people in the room",
            ),
        ),
        Heading(
            "Builds trust",
            "People can rely on words, and mistakes may be named.",
            (
                "Keeps promises, large and small",
                "Admits own mistakes",
                "Treats everyone with the same respect",
                "Keeps confidential matters to themselves",
            ),
        ),
        Heading(
            "Develops people",
            "Others grow through tasks, feedback and room to try.",
            (
                "Gives feedback that helps, close to the event",
                "Hands over responsibility, not only tasks",
                "Supports others in their next step",
                "Notices and acknowledges good work",
            ),
        ),
        Heading(
            "Delivers results",
            "What was agreed gets done, in good quality.",
            (
                "Sets goals that can be measured",
                "Keeps to agreed dates or warns in time",
                "Removes obstacles for the team",
                "Holds people to what was agreed",
            ),
        ),
        Heading(
            "Decides well",
            "Decisions are taken in time, on facts, and explained.",
            (
                "Decides in time, even when not all facts are known",
                "Bases decisions on facts rather than on the loudest voice",
                "Involves those who are affected",
                "Reviews decisions when the facts change",
            ),
        ),
        Heading(
            "Works across boundaries",
            "Departments and sites win together.",
            (
                "Seeks solutions that work for other departments too",
                "Includes colleagues at other sites",
                "Settles conflicts early and fairly",
                "Shares people and knowledge when others need them",
            ),
        ),
        Heading(
            "Leads change",
            "New things become possible without losing people.",
            (
                "Questions how things have always been done",
                "Lets people try and learn from what fails",
                "Stays calm and confident under pressure",
                "Explains changes early and answers questions patiently",
            ),
        ),
    ),
    open_questions=(
        (Tone.STRENGTH, "What should this person keep doing because it works well?"),
        (Tone.GROWTH, "What one change would make this person more effective?"),
        (Tone.OTHER, "Is there anything else you would like to say?"),
    ),
)

TEAMWORK = SeedSurvey(
    name="Working together",
    description="A short form for everybody: five topics with three statements each and two open questions.",
    scale=FREQUENCY,
    headings=(
        Heading(
            "Reliability",
            "Others can build on what was agreed.",
            ("Does what was agreed", "Warns early when something slips", "Leaves work in order for the next person"),
        ),
        Heading(
            "Cooperation",
            "Work gets better together.",
            (
                "Offers help without being asked",
                "Shares knowledge freely",
                "Asks others for their view before deciding",
            ),
        ),
        Heading(
            "Clarity",
            "Words are plain and meetings useful.",
            ("Says clearly what is needed and by when", "Listens well", "Keeps discussions to the point"),
        ),
        Heading(
            "Craft",
            "The work is good, and it gets better.",
            ("Delivers careful work", "Takes up feedback", "Brings new ideas into projects"),
        ),
        Heading(
            "Care for clients",
            "Clients feel understood.",
            (
                "Understands what the client needs",
                "Keeps clients informed",
                "Stays friendly when things get difficult",
            ),
        ),
    ),
    open_questions=(
        (Tone.STRENGTH, "What do you value most in working together?"),
        (Tone.GROWTH, "What would make working together even better?"),
    ),
)
