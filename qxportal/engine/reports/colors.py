"""A brand's colour as headings can have it: darker or lighter where it could not be read on the page."""

LIGHT, DARK = "#f6f7f9", "#181c24"  # behind texts of light pages, to which paper is close, and of dark ones
ENOUGH = 4.5  # times: WCAG 2.2 AA for texts
STEPS = 40


def readable(color: str, on: str = LIGHT) -> str:
    """The colour, mixed with black or white until a text in it can be read; empty where there is none."""
    if not color:
        return ""
    end = 0 if luminance(on) > 0.18 else 255
    for step in range(STEPS + 1):
        mixed = _mixed(color, end, step / STEPS)
        if contrast(mixed, on) >= ENOUGH:
            return mixed
    raise ValueError(f"Nothing can be read on {on}.")


def contrast(one: str, other: str) -> float:
    """How many times the lighter of two colours is as bright as the darker one, as WCAG counts."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(color: str) -> float:
    """How bright a colour such as #1f4fd8 is, from 0 to 1."""
    red, green, blue = (_linear(share / 255) for share in _shares(color))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(share: float) -> float:
    return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)


def _shares(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _mixed(color: str, end: int, how_far: float) -> str:
    return "#" + "".join(f"{round(share + (end - share) * how_far):02x}" for share in _shares(color))
