"""The bodies of SafeGrid's requests, encoded as IDL/README.md says (protobuf), and the files that the generator reads."""

import csv
import random
import struct

from .machine import ROOT

COUNTY = 421222000000000
# service × 256 + method
GET, IMPORT, SUBMIT = 3 * 256 + 3, 3 * 256 + 2, 5 * 256 + 1
QUERIES = {"statistics": 5 * 256 + 43, "overdue": 5 * 256 + 44, "worklist": 5 * 256 + 45}
ROWS_OF_A_CALL = 100


def varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def number(field, value):
    return varint(field << 3) + varint(value)


def grid(field, code):
    return varint(field << 3 | 1) + struct.pack("<Q", code)


def data(field, value):
    value = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(value)) + value


def write(path, bodies):
    """bodies: pairs of who acts ('' for the caller) and the request's body."""
    with open(path, "wb") as file:
        for actor, body in bodies:
            actor = actor.encode()
            file.write(struct.pack("<IB", 1 + len(actor) + len(body), len(actor)) + actor + body)


def villages():
    with open(ROOT / "Sources/Example/Data/tongcheng.csv", encoding="utf-8") as file:
        return [int(row["code"].ljust(15, "0")) for row in csv.DictReader(file) if row["level"] == "5"]


def member(cell):
    return f"gm-{cell}"


def credit_code(serial):
    """A unified social credit code with the right check character (GB 32100-2015)."""
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    text, rest = "91421222MA", serial
    digits = ""
    for _ in range(7):
        digits = alphabet[rest % 31] + digits
        rest //= 31
    text += digits
    total = sum(alphabet.index(c) * pow(3, i, 31) for i, c in enumerate(text))
    return text + alphabet[(31 - total % 31) % 31]


def enterprises(count, cells):
    """Import calls of rows that take about 400 bytes each when stored."""
    draw = random.Random(1)
    address = "湖北省咸宁市通城县隽水镇解放东路与玉立大道交叉口向东二百米工业园区标准化厂房三号楼"
    rows = []
    for index in range(count):
        name = f"通城县瑞隆达金属制品加工有限公司第{index:07}分公司"
        rows.append(data(1, b"".join([
            data(1, credit_code(index)), data(2, name), number(3, 1), grid(4, cells[index % len(cells)]),
            data(5, f"{address}{index % 400}室"), data(6, struct.pack("<BdBd", 9, 113.8, 17, 29.2)), data(7, "C3311"),
            number(8, 1 + draw.randrange(4)), number(9, 5 + draw.randrange(300)),
            data(10, "通城县经济和信息化局、县应急管理局"), data(12, "generated")])))
        if len(rows) == ROWS_OF_A_CALL or index == count - 1:
            yield "", b"".join(rows)
            rows = []


def hazards(count, cells, enterprise_count):
    """Reports in all cells, each by the cell's own member about an enterprise of the cell, in real wording."""
    draw = random.Random(2)
    with open(ROOT / "Sources/Example/Data/hazard_texts.csv", encoding="utf-8") as file:
        wordings = [(row["category"], row["text"]) for row in csv.DictReader(file)]
    places = ["一楼", "二楼", "仓库", "车间", "门口", "配电房", "后院", "楼梯间", "厨房", "锅炉房"]
    for index in range(count):
        cell = index % len(cells)
        # Enterprise number n (from 1) lies in cell (n − 1) modulo the number of cells.
        rounds = (enterprise_count - 1 - cell) // len(cells) + 1
        enterprise = 1 + cell + len(cells) * draw.randrange(rounds)
        category, text = draw.choice(wordings)
        yield member(cells[cell]), b"".join([
            number(1, 1), number(2, enterprise), grid(3, cells[cell]), data(5, category), number(6, 1), number(7, 1),
            number(8, 1), data(9, f"{draw.choice(places)}，{text}"), data(10, data(1, bytes(32)))])
