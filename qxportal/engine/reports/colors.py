"""A brand's colour for headings, darkened or lightened if its contrast with the page is too low."""

LIGHT = "#f6f7f9"  # behind texts of reports; paper is close to it
SITE_LIGHT, SITE_DARK = "#fdeaeb", "#35270e"  # the site's page background with the least contrast
ENOUGH = 4.5  # contrast ratio of WCAG 2.2 AA for text
STEPS = 40


def readable(color: str, on: str = LIGHT) -> str:
    """The colour, mixed with black or white until its contrast is sufficient; empty if there is no colour."""
    if not color:
        return ""
    end = 0 if luminance(on) > 0.18 else 255
    for step in range(STEPS + 1):
        mixed = _mixed(color, end, step / STEPS)
        if contrast(mixed, on) >= ENOUGH:
            return mixed
    raise ValueError(f"Nothing can be read on {on}.")


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours as WCAG defines it."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(color: str) -> float:
    """The relative luminance of a colour such as #1f4fd8, from 0 to 1."""
    red, green, blue = (_linear(share / 255) for share in _shares(color))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(share: float) -> float:
    return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)


def _shares(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _mixed(color: str, end: int, how_far: float) -> str:
    return "#" + "".join(f"{round(share + (end - share) * how_far):02x}" for share in _shares(color))
