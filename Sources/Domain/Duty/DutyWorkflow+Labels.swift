package import Records

// The workflow's words for people.

extension DutyWorkflow.Party: WorkflowWord {
  package var label: Label {
    switch self {
    case .anyone: Label(english: "whoever is responsible for the place", chinese: "属地责任人")
    case .doer:
      Label(english: "of a patrol the place's people, of a cadence the enterprise", chinese: "巡查为属地人员，两化为企业本身")
    case .workflow: Label(english: "the end of the cell", chinese: "网格撤并")
    case .clock: Label(english: "the daemon's clock, or the deed before", chinese: "系统时钟或上一次完成")
    }
  }
}

extension DutyWorkflow.Guard: WorkflowWord {
  package var label: Label {
    switch self {
    case .answered: Label(english: "a patrol: all required items are answered", chinese: "巡查：必查项目均已填写")
    case .inArea: Label(english: "a patrol: recorded in the place, or with a reason", chinese: "巡查：在网格内登记，或说明原因")
    case .proven: Label(english: "a cadence: with its own reports, rectified", chinese: "两化：所列隐患为本企业自报且已整改")
    case .idle: Label(english: "the object has stopped, is closed, or supervised directly", chinese: "对象停产、注销或转直接监管")
    case .hasReason: Label(english: "with a reason", chinese: "说明理由")
    }
  }
}

extension DutyWorkflow.Deadline: WorkflowWord {
  package var label: Label {
    switch self {
    case .period: Label(english: "the last day of its period", chinese: "周期最后一日")
    case .grace: Label(english: "the grace", chinese: "宽限期")
    case .again: Label(english: "the grace again; of a cadence the next period", chinese: "再一宽限期；两化为下一周期")
    case .none: Label(english: "none: the duty is over", chinese: "无（已终结）")
    }
  }
}

extension DutyWorkflow.Effect: WorkflowWord {
  package var label: Label {
    switch self {
    case .judge: Label(english: "late if its time has passed", chinese: "已过期限则为逾期完成")
    case .openCases: Label(english: "each problem opens a case", chinese: "问题逐项立隐患案卷")
    case .keep: Label(english: "how it was done is kept", chinese: "留存记录（含零报告）")
    case .goOn: Label(english: "a cadence: the next one begins", chinese: "两化：开始下一周期")
    case .remind: Label(english: "those whose it is are reminded", chinese: "提醒责任人")
    case .release: Label(english: "waived instead if the object owes it no more", chinese: "对象已无此义务则免除")
    case .raise: Label(english: "to the village, then to the township", chinese: "上报村级，再上报乡级")
    case .markWarned: Label(english: "noted that its last day is near", chinese: "标记临期")
    case .charge: Label(english: "a cadence: a period is missed, also for the credit", chinese: "两化：记一次未完成，并计入信用")
    }
  }
}
