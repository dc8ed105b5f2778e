"""The encoding of records, against bytes that others made."""

import datetime
import json
import os
import unittest

import safegrid
from safegrid import (
    CHINA,
    EPOCH,
    UNSET_DATE,
    Attachment,
    CalendarYear,
    CreditLine,
    DecodingError,
    EncodingError,
    Fen,
    Grant,
    GridCode,
    Hazard,
    HazardCursor,
    HazardSeverity,
    HazardState,
    ListHazards,
    Person,
    Point,
    Record,
    RectificationPlan,
    Role,
    SubmitHazard,
)
from safegrid.generated import records
from safegrid.generated.gridwire import Hello
from safegrid.wire import Reader, write_varint


def varint(value: int) -> bytes:
    out = bytearray()
    write_varint(out, value)
    return bytes(out)


class KnownBytes(unittest.TestCase):
    def test_a_grid_code_is_eight_bytes(self) -> None:
        encoded = Grant(role=Role.GRID_MEMBER, grid=GridCode("421222100001001")).encode()
        self.assertEqual(encoded, bytes.fromhex("08 01 11 e9 60 a4 69 19 7f 01 00"))

    def test_scalars(self) -> None:
        plan = RectificationPlan(funds=Fen(-1), time_limit=datetime.date(2026, 3, 2))
        self.assertEqual(plan.encode(), b"\x18\x01\x2a\x0a2026-03-02")
        self.assertEqual(CreditLine(points_tenths=-(1 << 31)).encode(), b"\x18\xff\xff\xff\xff\x0f")
        self.assertEqual(Point(longitude=-0.0).encode(), b"\x09" + bytes(7) + b"\x80")
        self.assertEqual(Hello(stream_credit=(1 << 64) - 1).encode(), b"\x28" + b"\xff" * 9 + b"\x01")

    def test_signed_numbers_come_back(self) -> None:
        for number in [0, 1, -1, 2, -2, (1 << 31) - 1, -(1 << 31)]:
            line = CreditLine(points_tenths=number)
            self.assertEqual(CreditLine.decode(line.encode()), line)
        for number in [(1 << 63) - 1, -(1 << 63)]:
            plan = RectificationPlan(funds=Fen(number))
            self.assertEqual(RectificationPlan.decode(plan.encode()), plan)

    def test_moments_are_timestamps(self) -> None:
        before = datetime.datetime(1969, 12, 31, 23, 59, 59, 999000, tzinfo=datetime.UTC)
        self.assertEqual(
            HazardCursor(at=before).encode(),
            b"\x12\x11\x08" + b"\xff" * 9 + b"\x01" + b"\x10" + varint(999_000_000),
        )
        # Present, though it is the default.
        self.assertEqual(HazardCursor(at=EPOCH).encode(), b"\x12\x00")
        self.assertEqual(HazardCursor.decode(b"\x12\x00").at, EPOCH)
        local = HazardCursor(at=datetime.datetime(2026, 3, 2, 8, 30, tzinfo=CHINA))
        self.assertEqual(HazardCursor.decode(local.encode()).at, local.at)
        first = datetime.datetime(1, 1, 1, tzinfo=datetime.UTC)
        last = datetime.datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=datetime.UTC)
        for moment in [first, last]:
            self.assertEqual(HazardCursor.decode(HazardCursor(at=moment).encode()).at, moment)

    def test_numbers_in_lists_are_packed_and_read_either_way(self) -> None:
        packed = ListHazards(states=[HazardState.FILED, HazardState.CLOSED])
        self.assertEqual(packed.encode(), b"\x12\x02\x14\x3c")
        self.assertEqual(ListHazards.decode(b"\x10\x14\x12\x01\x3c"), packed)
        year = CalendarYear(year=2026, holidays=[datetime.date(2026, 1, 1)])
        self.assertEqual(CalendarYear.decode(year.encode()), year)

    def test_the_last_of_a_single_field_counts(self) -> None:
        self.assertEqual(Person.decode(b"\x0a\x01a\x0a\x01b").id, "b")

    def test_an_absent_record_equals_an_empty_one(self) -> None:
        self.assertEqual(Hazard().encode(), b"")
        self.assertEqual(Hazard(point=Point()).encode(), b"\x32\x00")
        self.assertEqual(Hazard.decode(b"\x32\x00").point, Point())


class UnknownFields(unittest.TestCase):
    def test_what_a_newer_version_wrote_survives_a_rewrite_in_ascending_order(self) -> None:
        unknown_inside = b"\x90\x03\x05"  # field 50
        grant = b"\x08\x01" + unknown_inside
        future = varint(999 << 3 | 2) + b"\x06future"
        early = b"\x25\x01\x02\x03\x04"  # field 4, but of another wire type than ours
        encoded = b"\x0a\x04gm-1" + b"\x12\x03abc" + b"\x1a" + varint(len(grant)) + grant + early + b"\x30\x07" + future
        person = Person.decode(encoded)
        self.assertEqual(person.encode(), encoded)
        self.assertEqual(person.unknown_fields, early + future)
        person.name = "李四"
        rewritten = person.encode()
        self.assertEqual(rewritten, encoded.replace(b"\x12\x03abc", b"\x12\x06" + "李四".encode()))
        self.assertEqual(Person.decode(rewritten).grants[0].unknown_fields, unknown_inside)

    def test_unknown_enum_numbers_survive(self) -> None:
        for number in [200, 65_535, -1]:
            encoded = b"\x08" + varint(number & (1 << 64) - 1)
            grant = Grant.decode(encoded)
            self.assertEqual(grant.role, number)
            self.assertEqual(grant.encode(), encoded)

    def test_a_known_number_with_another_wire_type_is_unknown(self) -> None:
        encoded = b"\x0d\x01\x02\x03\x04"
        self.assertEqual(Person.decode(encoded).encode(), encoded)


class Refusals(unittest.TestCase):
    def test_bytes_that_are_no_record(self) -> None:
        for encoded, path in [
            (b"\x0a\x05ab", "id"),
            (b"\x0a\x01\xff", "id"),
            (b"\x1a\x02\x11\x00", "grants.grid"),
            (b"\x1a\x09\x11" + bytes(7) + b"\x01", "grants.grid"),
            (b"\x30" + b"\xff" * 10, "version"),
            (b"\x30" + b"\xff" * 9 + b"\x02", "version"),
            (b"\x00", ""),
            (b"\x0b", ""),
            (b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "id"),
        ]:
            with self.assertRaises(DecodingError, msg=encoded.hex()) as caught:
                Person.decode(encoded)
            self.assertEqual(caught.exception.path, path)

    def test_values_that_have_no_encoding(self) -> None:
        attachment = Attachment(sha256=bytes(32))
        attachment.caption = 5  # type: ignore[assignment]
        for record, path in [
            (SubmitHazard(enterprise_id=-1), "enterprise_id"),
            (SubmitHazard(enterprise_id=1 << 64), "enterprise_id"),
            (SubmitHazard(photos=[attachment]), "photos.caption"),
            (SubmitHazard(grid="421222100001001"), "grid"),  # type: ignore[arg-type]
            (SubmitHazard(severity=1), "severity"),  # type: ignore[arg-type]
            (SubmitHazard(description="\ud800"), "description"),
            (SubmitHazard(class_=None), "class"),  # type: ignore[arg-type]
            (HazardCursor(at=datetime.datetime(2026, 3, 2)), "at"),
            (RectificationPlan(time_limit=EPOCH), "time_limit"),
        ]:
            with self.assertRaises(EncodingError, msg=path) as caught:
                record.encode()
            self.assertEqual(caught.exception.path, path)

    def test_nesting_ends_at_64(self) -> None:
        reader = Reader(b"\x00")
        for _ in range(64):
            reader = Reader(b"\x00", depth=reader.depth).nested()
        with self.assertRaises(DecodingError):
            Reader(b"\x00", depth=reader.depth).nested()


class EveryRecord(unittest.TestCase):
    def records(self) -> dict[str, type[Record]]:
        names = records.__all__
        types = {name: getattr(safegrid, name) for name in names}
        return {name: cls for name, cls in types.items() if issubclass(cls, Record)}

    def test_defaults_encode_to_nothing(self) -> None:
        for name, cls in self.records().items():
            self.assertEqual(cls().encode(), b"", name)
            self.assertEqual(cls.decode(b""), cls(), name)

    def test_fields_and_attributes_agree(self) -> None:
        for name, cls in self.records().items():
            declared = [one.name for one in cls.FIELDS]
            self.assertEqual(declared, [slot for slot in cls.__slots__ if slot != "unknown_fields"], name)

    @unittest.skipUnless(os.environ.get("SAFEGRID_VECTORS"), "SAFEGRID_VECTORS names no file of encodings")
    def test_canonical_bytes_of_another_implementation_survive(self) -> None:
        """Lines of {"record", "hex"}: decoding and encoding is the identity; cut anywhere, a record or a fault."""
        types = self.records()
        count = 0
        with open(os.environ["SAFEGRID_VECTORS"], encoding="utf-8") as lines:
            for line in lines:
                vector = json.loads(line)
                cls, encoded = types[vector["record"]], bytes.fromhex(vector["hex"])
                self.assertEqual(cls.decode(encoded).encode().hex(), vector["hex"], vector["record"])
                cut = encoded[: count % (len(encoded) + 1)]
                try:
                    self.assertEqual(cls.decode(cut).encode(), cut)
                except DecodingError:
                    pass
                count += 1
        self.assertGreater(count, len(types))

    def test_an_unset_date_stays_unset(self) -> None:
        self.assertIs(RectificationPlan.decode(b"").time_limit, UNSET_DATE)
        earliest = RectificationPlan(time_limit=datetime.date(1, 1, 1))
        self.assertEqual(RectificationPlan.decode(earliest.encode()).time_limit, datetime.date(1, 1, 1))
        self.assertEqual(SubmitHazard().severity, HazardSeverity.UNSPECIFIED)
