"""Submits a hazard 隐患, leads it through the six-step closed loop 六步闭环, and watches it close.

    python samples/basic.py unix:/tmp/safegrid.sock

It needs a daemon whose data may be thrown away, and an account that administers it: the one that runs it, or root.
"""

import hashlib
import sys
import threading

from safegrid import (
    ActivateEdition,
    Attachment,
    CellRow,
    Client,
    DispatchHazard,
    DivisionRow,
    FileHazard,
    Grant,
    GridCode,
    HazardFeedback,
    HazardNote,
    HazardNumber,
    HazardSeverity,
    HazardSource,
    HazardState,
    HazardUrgency,
    OpenEdition,
    Person,
    PutCells,
    PutPersons,
    Role,
    SafetyDomain,
    StageDivisions,
    SubmitHazard,
    WatchHazards,
)

TOWNSHIP = GridCode("421222100000000")
VILLAGE = GridCode("421222100001000")
CELL = GridCode("421222100001001")
PHOTO = Attachment(sha256=hashlib.sha256(b"a photo, kept elsewhere").digest())


def set_up(grid: Client) -> None:
    """One county with a township, a village and a cell, and three people who act in it."""
    edition = grid.grid.open_edition(OpenEdition(name="sample"))
    rows = [("42", "湖北省", 1), ("4212", "咸宁市", 2), ("421222", "通城县", 3)]
    rows += [("421222100", "隽水镇", 4), ("421222100001", "雁塔社区居委会", 5)]
    divisions = [DivisionRow(code=code, name=name, level=level) for code, name, level in rows]
    edition = grid.grid.stage_divisions(StageDivisions(edition=edition.id, rows=divisions))
    grid.grid.activate_edition(ActivateEdition(edition=edition.id, row_count=edition.row_count))
    grid.grid.put_cells(PutCells(village=VILLAGE, cells=[CellRow(code=CELL, name="第一网格")]))
    people = [
        Person(id="gm1", name="张三", grants=[Grant(role=Role.GRID_MEMBER, grid=CELL)]),
        Person(id="vs1", name="李四", grants=[Grant(role=Role.VILLAGE_OFFICER, grid=VILLAGE)]),
        Person(id="to1", name="王五", grants=[Grant(role=Role.TOWNSHIP_OFFICER, grid=TOWNSHIP)]),
    ]
    grid.person.put(PutPersons(persons=people))


def submit(grid: Client) -> HazardNumber:
    """The grid member reports a blocked exit; a village officer becomes its holder."""
    report = SubmitHazard(
        source=HazardSource.MEMBER_PATROL,
        grid=CELL,
        class_="消防",
        domain=SafetyDomain.FIRE,
        severity=HazardSeverity.GENERAL,
        urgency=HazardUrgency.NORMAL,
        description="消防通道堵塞",
        photos=[PHOTO],
    )
    return grid.hazard.submit(report, acting_for="gm1").number


def work_off(grid: Client, number: HazardNumber) -> None:
    """File, dispatch, claim, feed back, verify: each by the person whose turn it is."""
    grid.hazard.file(FileHazard(number=number), acting_for="vs1")
    grid.hazard.dispatch(DispatchHazard(number=number, assignee="gm1"), acting_for="vs1")
    grid.hazard.claim(HazardNote(number=number), acting_for="gm1")
    grid.hazard.feedback(HazardFeedback(number=number, result="通道已清理", evidence=[PHOTO]), acting_for="gm1")
    grid.hazard.verify_pass(HazardNote(number=number), acting_for="to1")


def main(endpoint: str) -> None:
    with Client.connect(endpoint) as grid:
        set_up(grid)
        number = submit(grid)
        print(f"submitted {number}")
        with grid.hazard.watch(WatchHazards(number=number)) as changes:
            # Somebody else's work; the watch shares the connection with it.
            worker = threading.Thread(target=work_off, args=(grid, number))
            worker.start()
            for change in changes:
                step = change.event.event.label.chinese if change.event else "现状"
                print(f"{change.sequence:>5}  {step}  {change.hazard.state.label.chinese}")
                if change.hazard.state == HazardState.CLOSED:
                    break
            worker.join()


if __name__ == "__main__":
    main(sys.argv[1])
