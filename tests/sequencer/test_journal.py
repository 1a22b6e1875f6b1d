"""What is committed is kept, in order; what was never acknowledged is dropped; anything else is refused."""

import random

import pytest

from sequencer.journal.journal import MAGIC, NAME, Journal, JournalError

RECORDS = [b"first", b"", bytes(range(256)), b"x" * 5000, b"last one"]


def written(folder, records=RECORDS):
    with Journal(folder) as journal:
        assert list(journal.replay()) == []
        for record in records:
            journal.commit(record)
    return (folder / NAME).read_bytes()


def read(folder):
    with Journal(folder) as journal:
        return list(journal.replay())


def test_records_come_back_as_they_were_written(tmp_path):
    written(tmp_path)
    assert read(tmp_path) == RECORDS
    with Journal(tmp_path) as journal:
        assert list(journal.replay()) == RECORDS
        journal.commit(b"more")
    assert read(tmp_path) == [*RECORDS, b"more"]


def test_a_file_cut_anywhere_keeps_every_whole_record_and_goes_on(tmp_path):
    whole = written(tmp_path)
    ends = []
    position = len(MAGIC)
    for record in RECORDS:
        position += 12 + len(record)
        ends.append(position)
    cuts = sorted({0, 3, *range(len(MAGIC), 400, 7), *ends, *(end - 1 for end in ends), len(whole) - 6})
    for cut in cuts:
        (tmp_path / NAME).write_bytes(whole[:cut])
        kept = [record for record, end in zip(RECORDS, ends, strict=True) if end <= cut]
        with Journal(tmp_path) as journal:
            assert list(journal.replay()) == kept
            journal.commit(b"after the crash")
        assert read(tmp_path) == [*kept, b"after the crash"]


def test_space_that_was_never_written_is_dropped(tmp_path):
    whole = written(tmp_path)
    (tmp_path / NAME).write_bytes(whole + bytes(4096))
    with Journal(tmp_path) as journal:
        assert list(journal.replay()) == RECORDS
        assert journal.dropped_bytes == 4096


def test_a_flipped_bit_is_found_and_its_record_named(tmp_path):
    whole = written(tmp_path)
    rng = random.Random(7)
    for _ in range(300):
        position = rng.randrange(len(MAGIC), len(whole))
        damaged = bytearray(whole)
        damaged[position] ^= 1 << rng.randrange(8)
        (tmp_path / NAME).write_bytes(damaged)
        with pytest.raises(JournalError, match=r"damaged: .* at byte \d+ \(record \d\)"):
            read(tmp_path)


def test_records_cannot_change_places(tmp_path):
    whole = written(tmp_path, [b"one", b"two"])
    head, first, second = whole[:8], whole[8:23], whole[23:]
    (tmp_path / NAME).write_bytes(head + second + first)
    with pytest.raises(JournalError, match="record 0"):
        read(tmp_path)


def test_another_kind_of_file_is_refused(tmp_path):
    (tmp_path / NAME).write_bytes(b"something else entirely")
    with pytest.raises(JournalError, match="does not begin like a journal"):
        read(tmp_path)


def test_one_journal_has_one_sequencer(tmp_path):
    with Journal(tmp_path), pytest.raises(JournalError, match="in use by another sequencer"):
        Journal(tmp_path)


def test_a_group_too_large_is_refused(tmp_path):
    with Journal(tmp_path) as journal:
        list(journal.replay())
        with pytest.raises(JournalError, match="too large"):
            journal.commit(bytes(1 << 28))
