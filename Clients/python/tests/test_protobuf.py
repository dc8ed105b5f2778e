"""Google's protobuf reads and writes the same bytes. Skipped where it is not installed: the client does not need it."""

import datetime
import json
import os
import unittest
from typing import Any

import safegrid
from safegrid import Record, wire
from safegrid.generated import records

try:
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
except ImportError:
    descriptor_pb2 = None

TYPES = {
    wire.BOOL: "BOOL",
    wire.I32: "SINT32",
    wire.I64: "SINT64",
    wire.U32: "UINT32",
    wire.U64: "UINT64",
    wire.F64: "DOUBLE",
    wire.TEXT: "STRING",
    wire.BYTES: "BYTES",
    wire.GRID_CODE: "FIXED64",
    wire.USCC_CODE: "STRING",
    wire.HAZARD_NUMBER: "STRING",
    wire.DATE: "STRING",
    wire.FEN: "SINT64",
    wire.TERM: "STRING",
}


def record_types() -> dict[str, type[Record]]:
    found = {name: getattr(safegrid, name) for name in records.__all__}
    return {name: cls for name, cls in found.items() if issubclass(cls, Record)}


def describe(cls: type[Record], message: Any) -> None:
    """Declares the record's fields as IDL/README.md maps them."""
    message.name = cls.__name__
    for one in cls.FIELDS:
        field = message.field.add(name=f"{one.name}_field", number=one.number)
        labels = descriptor_pb2.FieldDescriptorProto
        field.label = labels.LABEL_REPEATED if one.presence is wire.LIST else labels.LABEL_OPTIONAL
        if one.kind in TYPES:
            field.type = getattr(labels, f"TYPE_{TYPES[one.kind]}")
        elif one.kind is wire.INSTANT:
            field.type, field.type_name = labels.TYPE_MESSAGE, ".google.protobuf.Timestamp"
        elif isinstance(one.kind, wire._Message):
            field.type, field.type_name = labels.TYPE_MESSAGE, f".safegrid.{one.kind.type().__name__}"
        else:
            field.type, field.type_name = labels.TYPE_ENUM, ".safegrid.AnyEnum"
        if one.presence is wire.OPTIONAL:
            field.proto3_optional = True
            field.oneof_index = len(message.oneof_decl)
            message.oneof_decl.add(name=f"_{field.name}")


@unittest.skipIf(descriptor_pb2 is None, "protobuf is not installed")
class Protobuf(unittest.TestCase):
    def setUp(self) -> None:
        from google.protobuf import timestamp_pb2

        pool = descriptor_pool.DescriptorPool()
        pool.AddSerializedFile(timestamp_pb2.DESCRIPTOR.serialized_pb)
        file = descriptor_pb2.FileDescriptorProto(name="safegrid.proto", package="safegrid", syntax="proto3")
        file.dependency.append("google/protobuf/timestamp.proto")
        file.enum_type.add(name="AnyEnum").value.add(name="UNSPECIFIED", number=0)
        for cls in record_types().values():
            describe(cls, file.message_type.add())
        pool.Add(file)
        self.pool = pool

    def same(self, name: str, encoded: bytes) -> None:
        message = message_factory.GetMessageClass(self.pool.FindMessageTypeByName(f"safegrid.{name}"))()
        message.ParseFromString(encoded)
        self.assertEqual(message.SerializeToString(deterministic=True).hex(), encoded.hex(), name)

    def test_records_made_here(self) -> None:
        for record in [
            safegrid.Grant(role=safegrid.Role.AUDITOR, grid=safegrid.GridCode("421222100001001")),
            safegrid.Hazard(point=safegrid.Point(longitude=-0.0), plan=safegrid.RectificationPlan(), merged_into=None),
            safegrid.RectificationPlan(funds=safegrid.Fen(-5), time_limit=datetime.date(2026, 3, 2)),
            safegrid.HazardCursor(at=datetime.datetime(1, 1, 1, tzinfo=datetime.UTC), id=0),
            safegrid.ListHazards(states=[safegrid.HazardState.FILED, safegrid.HazardState(4000)]),
            safegrid.CreditLine(points_tenths=-3, capped=True),
        ]:
            self.same(type(record).__name__, record.encode())

    @unittest.skipUnless(os.environ.get("SAFEGRID_VECTORS"), "SAFEGRID_VECTORS names no file of encodings")
    def test_canonical_bytes_of_another_implementation(self) -> None:
        with open(os.environ["SAFEGRID_VECTORS"], encoding="utf-8") as lines:
            for line in lines:
                vector = json.loads(line)
                encoded = bytes.fromhex(vector["hex"])
                self.same(vector["record"], record_types()[vector["record"]].decode(encoded).encode())
