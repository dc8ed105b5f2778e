"""Domain scalars: what they take, refuse, and mean."""

import copy
import datetime
import pickle
import unittest
from decimal import Decimal

from safegrid import (
    CHINA,
    EPOCH,
    UNSET_DATE,
    USCC,
    Fen,
    GridCode,
    HazardNumber,
    HazardState,
    Role,
    Term,
    TermUnit,
    scalars,
)


class GridCodes(unittest.TestCase):
    def test_levels_and_subtrees(self) -> None:
        cell = GridCode("421222100001001")
        self.assertEqual(cell.depth, 4)
        chain = [cell]
        while (parent := chain[-1].parent) is not None:
            chain.append(parent)
        self.assertEqual(
            [str(code) for code in chain],
            ["421222100001001", "421222100001000", "421222100000000", "421222000000000"],
        )
        for code in chain:
            self.assertIn(cell, code)
        self.assertNotIn(GridCode("421222100002001"), chain[1])
        self.assertNotIn(chain[1], cell)
        self.assertFalse(GridCode())
        self.assertNotIn(GridCode(), chain[3])
        self.assertLess(chain[3], cell)

    def test_what_is_refused(self) -> None:
        for text in ["421222", "42122210000100x", "092222100001001", "421222000001000", "421222100000001", "９" * 15]:
            with self.assertRaises(ValueError, msg=text):
                GridCode(text)


class OtherCodes(unittest.TestCase):
    def test_hazard_numbers(self) -> None:
        number = HazardNumber("4212221000010012026030200001")
        self.assertEqual(number.grid, GridCode("421222100001001"))
        self.assertEqual(number.date, datetime.date(2026, 3, 2))
        self.assertEqual(number.sequence, 1)
        for text in ["1", "4212221000010012026030200000", "4212221000010012026023000001", "x" * 28]:
            with self.assertRaises(ValueError, msg=text):
                HazardNumber(text)

    def test_credit_codes(self) -> None:
        self.assertTrue(USCC("914403001922038216").is_verified)
        self.assertFalse(USCC("914403001922038217").is_verified)
        self.assertEqual(str(USCC("91421222ma40006370")), "91421222MA40006370")
        for text in ["1", "I14403001922038216", "9144O3001922038216"]:
            with self.assertRaises(ValueError, msg=text):
                USCC(text)

    def test_terms_and_money(self) -> None:
        self.assertEqual(Term.parse("5wd"), Term(5, TermUnit.WORKING_DAY))
        self.assertEqual(str(Term.parse("05d")), "5d")
        for text in ["", "5", "d", "5w", "101y", "-1d"]:
            with self.assertRaises(ValueError, msg=text):
                Term.parse(text)
        self.assertEqual(Fen.from_yuan("12.5"), Fen(1250))
        self.assertEqual(str(Fen(-5)), "-0.05")
        self.assertEqual(Fen(12345).yuan, Decimal("123.45"))
        with self.assertRaises(ValueError):
            Fen.from_yuan("0.001")


class Times(unittest.TestCase):
    def test_moments(self) -> None:
        moment = datetime.datetime(2026, 3, 2, 8, 30, tzinfo=CHINA)
        self.assertEqual(scalars.moment(scalars.milliseconds(moment)), moment)
        self.assertEqual(scalars.text(moment), "2026-03-02T00:30:00Z")
        self.assertEqual(scalars.milliseconds(EPOCH), 0)
        for wrong in [datetime.datetime(2026, 3, 2), moment.replace(microsecond=1)]:
            with self.assertRaises(ValueError):
                scalars.milliseconds(wrong)

    def test_the_unset_date_is_no_date(self) -> None:
        self.assertFalse(UNSET_DATE)
        self.assertNotEqual(UNSET_DATE, datetime.date(1, 1, 1))
        self.assertNotEqual(datetime.date(1, 1, 1), UNSET_DATE)
        self.assertEqual(copy.deepcopy(UNSET_DATE), UNSET_DATE)
        self.assertTrue(scalars.is_unset_date(pickle.loads(pickle.dumps(UNSET_DATE))))


class Enums(unittest.TestCase):
    def test_unknown_numbers_are_members(self) -> None:
        unknown = Role(200)
        self.assertEqual(unknown, 200)
        self.assertFalse(unknown.is_known)
        self.assertEqual(unknown.name, "UNKNOWN_200")
        self.assertEqual(pickle.loads(pickle.dumps(unknown)), unknown)
        self.assertEqual({unknown: 1}[Role(200)], 1)

    def test_labels(self) -> None:
        self.assertEqual(HazardState.CLOSED.label.chinese, "结案销号")
        self.assertEqual(HazardState.CLOSED.label.text("en"), "Closed")
        self.assertEqual(f"{HazardState(60)}", "CLOSED")
        self.assertIs(HazardState(60), HazardState.CLOSED)
        self.assertTrue(HazardState.UNSPECIFIED.is_known)
