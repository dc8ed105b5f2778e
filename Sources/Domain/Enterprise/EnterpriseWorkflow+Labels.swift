package import Records

// The workflow's words for people.

extension EnterpriseWorkflow.Party: WorkflowWord {
  package var label: Label {
    switch self {
    case .anyone: Label(english: "whoever is responsible for the place", chinese: "属地责任人")
    case .concerned:
      Label(english: "whoever is responsible for the place, or the enterprise itself", chinese: "属地责任人或本单位")
    case .target: Label(english: "whoever is responsible for the new place", chinese: "迁入地责任人")
    case .county: Label(english: "a department of the county or above", chinese: "县级以上部门")
    case .clock: Label(english: "the daemon's clock", chinese: "系统时钟")
    }
  }
}

extension EnterpriseWorkflow.Guard: WorkflowWord {
  package var label: Label {
    switch self {
    case .complete:
      Label(
        english: "it has a department, a cell or a grid member, and what the profile asks for",
        chinese: "已明确主管部门和网格员，必填项齐全")
    case .isInLedger: Label(english: "the other object is in the ledger", chinese: "合并对象已在册")
    case .noMajorOpen: Label(english: "no major hazard of it is open", chinese: "无未销号的重大隐患")
    case .noSites: Label(english: "it operates in no other place any more", chinese: "其他经营场所均已关闭")
    case .offeredHere: Label(english: "it was offered to this place", chinese: "已申请迁入本地")
    case .offered: Label(english: "it was offered to another place", chinese: "已申请迁出")
    case .inTime: Label(english: "the term to accept it is not over", chinese: "在接收期限内")
    case .updateProposed: Label(english: "an update waits", chinese: "有待确认更新")
    case .ofGrid: Label(english: "the grid supervises it", chinese: "由网格监管")
    case .direct: Label(english: "a department supervises it", chinese: "由部门直接监管")
    case .hasReason: Label(english: "with a reason", chinese: "说明理由")
    }
  }
}

extension EnterpriseWorkflow.Deadline: WorkflowWord {
  package var label: Label {
    switch self {
    case .accept: Label(english: "term to accept it", chinese: "接收期限")
    case .keep: Label(english: "as it was", chinese: "不变")
    case .none: Label(english: "none", chinese: "无")
    }
  }
}

extension EnterpriseWorkflow.Effect: WorkflowWord {
  package var label: Label {
    switch self {
    case .freeCode: Label(english: "its credit code may be another object's", chinese: "释放信用代码")
    case .move: Label(english: "place, lists and statistics change", chinese: "变更网格、名录和统计")
    case .beDirect: Label(english: "out of the grid members' duty", chinese: "移出网格员职责")
    case .beOfGrid: Label(english: "a grid member takes it over", chinese: "由网格员接管")
    case .terminateCases: Label(english: "its cases that are being rectified end", chinese: "终止整改中的案卷")
    case .moveCases: Label(english: "its open cases go over", chinese: "未结案件一并转入")
    case .dropUpdate: Label(english: "no update waits any longer", chinese: "清除待确认更新")
    case .verify: Label(english: "its entry counts as verified today", chinese: "台账信息当日核实")
    }
  }
}
