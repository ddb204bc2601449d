import json
from struct import pack
from zlib import crc32

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from medic.core.samples import Sample
from rules.keeping.decoding import DamagedError, decode
from rules.keeping.encoding import ITEM, LAYOUT_ITEM, MAGIC, ROW_ITEM, SERIES_ITEM, Encoder
from rules.rows import TICK, Row
from rules.series import Series
from tests.rules.keeping.writing import contents, play, runs, stored


def file_of(ticks):
    encoder = Encoder()
    return MAGIC + b"".join(encoder.frame(rows) for rows in ticks if rows)


def restored(data):
    """Return what a store shows after the replay of *data*, and how many rows that were."""
    series, rows = Series(history=10**6), 0
    try:
        for row in decode(data):
            series.write(row)
            rows += 1
    except DamagedError:
        pass
    return contents(series), rows


@given(runs)
def test_series_that_are_replayed_show_what_was_written_bit_by_bit(run):
    data = file_of(play(Series(), run))
    assert restored(data)[0] == stored(run)


@given(runs)
def test_rows_come_back_as_they_were(run):
    ticks = play(Series(), run)
    found = list(decode(file_of(ticks)))
    assert [(*row[:4], list(map(repr, row.values)), repr(list(row.slow))) for row in found] == [
        (*row[:4], list(map(repr, row.values)), repr(list(row.slow))) for rows in ticks for row in rows
    ]


@given(runs, st.data())
def test_a_file_cut_anywhere_gives_the_ticks_before_the_cut_whole(run, data):
    ticks = [rows for rows in play(Series(), run) if rows]
    whole = file_of(ticks)
    cut = data.draw(st.integers(0, len(whole)))
    ends = [len(file_of(ticks[:number])) for number in range(len(ticks) + 1)]
    sound = max((number for number, end in enumerate(ends) if end <= cut), default=0)
    expected, rows = restored(file_of(ticks[:sound]))
    assert restored(whole[:cut]) == (expected, rows)
    assert rows == sum(map(len, ticks[:sound]))


@given(runs, st.data())
def test_a_byte_that_was_changed_ends_the_reading_before_its_tick(run, data):
    ticks = [rows for rows in play(Series(), run) if rows]
    whole = bytearray(file_of(ticks))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(DamagedError):
        list(decode(bytes(whole)))
    ends = [len(file_of(ticks[:number])) for number in range(len(ticks) + 1)]
    sound = max((number for number, end in enumerate(ends) if end <= place), default=0)
    assert restored(bytes(whole)) == restored(file_of(ticks[:sound]))


@given(runs, st.binary(max_size=200))
def test_whatever_follows_what_was_written_does_no_harm(run, rest):
    data = file_of(play(Series(), run))
    assert restored(data + bytes(len(rest)) + rest) == restored(data)


@given(st.binary(max_size=300))
@example(body=b"\x02" + pack("<I", 1 << 24) + bytes(9))
def test_frames_of_nonsense_with_a_right_checksum_are_damaged_and_no_crash(body):
    data = MAGIC + pack("<II", len(body), crc32(body)) + body
    with pytest.raises(DamagedError):
        list(decode(data))


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (SERIES_ITEM, b"[]"),
        (LAYOUT_ITEM, pack("<IBI", 0, 0, 0)),
        (LAYOUT_ITEM, pack("<IBI", 0, 0, 9) + b"short"),
        (SERIES_ITEM, b"[[1]]"),
        (SERIES_ITEM, b"[" * 100_000),
        (SERIES_ITEM, json.dumps([["a", []]]).encode()),
        (LAYOUT_ITEM, pack("<IBI", 0, 0, 0) + pack("<I", 7)),
        (LAYOUT_ITEM, pack("<IBI", 0, 0, 2) + b"\xff\xff"),
        (ROW_ITEM, pack("<Iq", 0, 1)),
        (9, b""),
    ],
)
def test_items_that_no_encoder_wrote_are_damaged(kind, body):
    item = ITEM.pack(kind, len(body)) + body
    with pytest.raises(DamagedError):
        list(decode(MAGIC + pack("<II", len(item), crc32(item)) + item))


@pytest.mark.parametrize("data", [b"", MAGIC[:-1], MAGIC.replace(b"1", b"2"), b"SQLite format 3\0"])
def test_a_file_of_another_kind_or_version_is_not_read(data):
    with pytest.raises(DamagedError, match="another version of Medic"):
        list(decode(data))


def test_a_row_like_the_last_costs_eight_bytes_a_sample_and_little_beside():
    names, labels = [f"m{one}" for one in range(1000)], [(("i", str(one)),) for one in range(1000)]
    encoder = Encoder()
    first = encoder.frame([Row(TICK, 1, names, labels, [1.0] * 1000)])
    again = encoder.frame([Row(TICK, 2, list(names), list(labels), [2.0] * 1000)])
    assert len(again) < 8 * 1000 + 40
    changed = encoder.frame([Row(TICK, 3, [*names, "new"], [*labels, ()], [3.0] * 1001)])
    assert len(changed) < 12 * 1001 + 100
    assert len(first) < 60 * 1000


def test_slow_samples_keep_their_times_and_come_with_their_tick():
    slow = [Sample("s", (("a", "b"),), 2.5, 90), Sample("t", (), 1.0, 95)]
    encoder = Encoder()
    rows = [Row(TICK, 100, ["q"], [()], [1.0], slow), Row(TICK, 200, ["q"], [()], [2.0])]
    data = MAGIC + b"".join(encoder.frame([row]) for row in rows)
    assert list(decode(data)) == [rows[0], rows[1]]
