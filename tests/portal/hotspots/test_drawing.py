from datetime import UTC, datetime, timedelta

from portal.hotspots.drawing import Course, IntervalBar, course, interval_bar, month_columns
from portal.hotspots.queries import Moment

START = datetime(2026, 1, 1, tzinfo=UTC)


def moment(day, expected, low, high):
    return Moment(START + timedelta(days=day), 100, expected, low, high)


def test_a_bar_is_drawn_on_the_scale_of_the_largest():
    assert interval_bar(20, 10, 40, most=50) == IntervalBar(40, 20, 80)
    assert interval_bar(0, 0, 0, most=0) == IntervalBar(0, 0, 0)
    assert interval_bar(20, 10, 90, most=50).high == 100


def test_a_course_is_a_line_in_its_band_with_time_to_the_right():
    moments = [moment(0, 20, 10, 40), moment(1, 10, 5, 20), moment(4, 30, 20, 40)]
    assert course(moments, (100, 20)) == Course(
        line="0.0,10.0 25.0,15.0 100.0,5.0",
        band="0.0,0.0 25.0,10.0 100.0,0.0 100.0,10.0 25.0,17.5 0.0,15.0",
        top=40,
    )


def test_one_count_is_no_course_and_nothing_wrong_is_a_flat_one():
    assert course([moment(0, 20, 10, 40)], (100, 20)) is None
    assert course([], (100, 20)) is None
    assert course([moment(0, 0, 0, 0), moment(1, 0, 0, 0)], (100, 20)).line == "0.0,20.0 100.0,20.0"


def test_there_is_a_column_for_each_month():
    columns = month_columns({7: 4.0, 12: 1.0})
    assert [(column.number, column.height) for column in columns if column.height] == [(7, 100), (12, 25)]
    assert [column.number for column in columns] == list(range(1, 13))
    assert {column.height for column in month_columns({})} == {0}
