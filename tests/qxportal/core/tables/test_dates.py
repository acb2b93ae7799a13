import pytest

from tests.support.tables import cells, described


def column(*dates: str) -> bytes:
    return "\n".join(["Name;Since", *(f"Ann;{date}" for date in dates)]).encode()


@pytest.mark.parametrize(
    ("dates", "read"),
    [
        (("1/2/2026", "25/2/2026"), ["2026-02-01", "2026-02-25"]),
        (("1/2/2026", "2/25/2026"), ["2026-01-02", "2026-02-25"]),
        (("01.02.2026", "3.4.26"), ["2026-02-01", "2026-04-03"]),
        (("2026-02-01", "2026-02-25"), ["2026-02-01", "2026-02-25"]),
        (("25/2/2026", "2/25/2026"), ["25/2/2026", "2/25/2026"]),  # contradict each other: left as they are
        (("1/2/2026", "2/25/2026", "00/00/0000", "soon"), ["2026-01-02", "2026-02-25", "00/00/0000", "soon"]),
        (("31/12/1999", "30-11-62"), ["1999-12-31", "1962-11-30"]),
        (("31.02.2026", "1.2.3"), ["31.02.2026", "1.2.3"]),
    ],
)
def test_dates_whose_column_tells_their_order_are_iso(dates, read):
    assert [row[1] for _number, row in cells(column(*dates))[1:]] == read
    assert described(column(*dates)).dates == ()


def test_dates_that_can_be_read_in_two_ways_are_asked_about():
    found = described(column("1/2/2026", "3/4/2026", "5/5/2026"))

    assert found.open_questions == ("date_order",)
    assert (found.dates[0].header, found.dates[0].samples) == ("Since", ("1/2/2026", "3/4/2026"))


@pytest.mark.parametrize(("order", "read"), [("dmy", "2026-02-01"), ("mdy", "2026-01-02"), ("text", "1/2/2026")])
def test_chosen_order_holds_for_the_columns_that_do_not_tell(order, read):
    assert cells(column("1/2/2026"), date_order=order)[1][1][1] == read


def test_numbers_that_look_like_no_date_stay():
    assert cells(column("12-34-5678", "1/2", "10.1.1.1"))[1][1][1] == "12-34-5678"
