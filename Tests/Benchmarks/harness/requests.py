"""The bodies of SafeGrid's requests, encoded as IDL/README.md says (protobuf), and the files that the generator reads."""

import csv
import math
import random
import struct

from .machine import ROOT

COUNTY = 421222000000000
# service × 256 + method
GET, IMPORT, SUBMIT = 3 * 256 + 3, 3 * 256 + 2, 5 * 256 + 1
SEARCH, LOCATE = 3 * 256 + 7, 1 * 256 + 18
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


def _alike(index):
    return f"通城县瑞隆达金属制品加工有限公司第{index:07}分公司"


def enterprises(count, cells, name=_alike):
    """Import calls of rows that take about 400 bytes each when stored."""
    draw = random.Random(1)
    address = "湖北省咸宁市通城县隽水镇解放东路与玉立大道交叉口向东二百米工业园区标准化厂房三号楼"
    rows = []
    for index in range(count):
        rows.append(data(1, b"".join([
            data(1, credit_code(index)), data(2, name(index)), number(3, 1), grid(4, cells[index % len(cells)]),
            data(5, f"{address}{index % 400}室"), data(6, struct.pack("<BdBd", 9, 113.8, 17, 29.2)), data(7, "C3311"),
            number(8, 1 + draw.randrange(4)), number(9, 5 + draw.randrange(300)),
            data(10, "通城县经济和信息化局、县应急管理局"), data(12, "generated")])))
        if len(rows) == ROWS_OF_A_CALL or index == count - 1:
            yield "", b"".join(rows)
            rows = []


_PLACES = ["通城县", "通城", "湖北", "咸宁市", "隽水镇", "麦市镇", "塘湖镇", "关刀镇", "沙堆镇", "五里镇", "石南镇", "北港镇", "马港镇", "四庄乡", "大坪乡"]
_BRANDS = "瑞隆达鑫源兴盛华泰安康顺宏伟金玉福祥和永丰裕恒通利民天成万家乐佳美星辰东南西北山水云海龙凤鹏程远博雅正诚信义仁德昌荣茂"
_TRADES = [
    "餐饮", "副食", "百货", "建材", "五金", "烟花爆竹", "加油站", "纺织", "服装", "机械制造", "陶瓷", "茶叶", "竹木制品", "中药材", "养殖", "种植", "汽车修理",
    "物流", "电子科技", "涂附磨具", "云母", "食品", "印刷", "家具", "化工", "废品回收", "幼儿园", "网吧", "宾馆", "超市"]
_FORMS = ["有限公司", "有限责任公司", "经营部", "店", "厂", "专业合作社", "个体工商户", "服务部"]


def _parts(index):
    """Place, brand, trade and form of a name: always the same of an index, and as various as in a register."""
    draw = random.Random(index)
    brand = "".join(draw.choice(_BRANDS) for _ in range(draw.choice((2, 2, 3))))
    return draw.choice(_PLACES), brand, draw.choice(_TRADES), draw.choice(_FORMS)


def various(index):
    return "".join(_parts(index))


def searched_texts(count, enterprise_count):
    """Kinds of what people type, from the names of the ledger."""
    draw = random.Random(3)
    parts = [_parts(draw.randrange(enterprise_count)) for _ in range(count)]
    return {
        "brand and trade": [brand + trade for _, brand, trade, _ in parts],
        "two characters of a brand": [brand[:2] for _, brand, _, _ in parts],
        "a trade": [trade for _, _, trade, _ in parts],
        "one character": [brand[0] for _, brand, _, _ in parts],
        "nobody's name": [form + brand for _, brand, _, form in parts],
    }


# Cells side by side, in a square over the county.
_WEST, _SOUTH, _EDGE = 1136000000, 290000000, 12000


def _place(ordinal, count):
    """South-western corner of a cell, in ten-millionths of a degree."""
    width = math.isqrt(count - 1) + 1
    return _WEST + _EDGE * (ordinal % width), _SOUTH + _EDGE * (ordinal // width)


def boundary(ordinal, count):
    """A cell's area as well-known text."""
    west, south = _place(ordinal, count)
    corners = [(0, 0), (_EDGE, 0), (_EDGE, _EDGE), (0, _EDGE), (0, 0)]
    return "POLYGON ((" + ", ".join(f"{(west + x) / 1e7:.7f} {(south + y) / 1e7:.7f}" for x, y in corners) + "))"


def points(count, cell_count):
    """Bodies that ask where a point lies which lies in a cell."""
    draw = random.Random(4)
    for _ in range(count):
        west, south = _place(draw.randrange(cell_count), cell_count)
        place = (west + draw.randrange(1, _EDGE), south + draw.randrange(1, _EDGE))
        # A signed number is sent as zigzag; none of these is below zero.
        yield data(1, number(1, 2 * place[0]) + number(2, 2 * place[1]))


def hazards(count, cells, enterprise_count):
    """Reports in all cells, each by the cell's own member about an enterprise of the cell, in real wording. Each says that it is
    another hazard than what is open there: there are many more reports than enterprises and classes."""
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
            number(8, 1), data(9, f"{draw.choice(places)}，{text}"), data(10, data(1, bytes(32))), number(17, 1)])
