"""The page of results: printed, and put between the two marks of the README."""

from .machine import BENCHMARKS

README = BENCHMARKS / "README.md"
BEGIN, END = "<!-- results: written by ./run --write -->", "<!-- end of results -->"


def _table(header, rows):
    lines = ["| " + " | ".join(map(str, header)) + " |", "|---" + "|--:" * (len(header) - 1) + "|"]
    return lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows]


def render(outcomes, failures, heading, description):
    lines = [f"## {heading}", "", description, ""]
    goals = [goal for outcome in outcomes for goal in outcome.goals]
    if goals:
        held = sum(goal.reaches(goal.must) for goal in goals)
        lines += [f"### Goals: {held} of {len(goals)} hold", ""]
        lines += _table(["", "measured", "must", "beyond", ""], [goal.row() for goal in goals]) + [""]
    if failures:
        lines += ["### Not measured", ""] + [f"- {failure}" for failure in failures] + [""]
    for outcome in outcomes:
        for table in outcome.tables:
            lines += [f"### {table.title}", ""] + _table(table.header, table.rows) + [""]
            if table.note:
                lines += [table.note, ""]
    return "\n".join(lines)


def write(text):
    readme = README.read_text(encoding="utf-8")
    before, rest = readme.split(BEGIN)
    after = rest.split(END)[1]
    README.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}", encoding="utf-8")
