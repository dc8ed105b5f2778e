package import Records

// The workflow's words for people.

extension ReportWorkflow.Party: WorkflowWord {
  package var label: Label {
    switch self {
    case .desk: Label(english: "who takes reports", chinese: "举报受理机构")
    case .investigator:
      Label(english: "who investigates; of deaths, the committee's office", chinese: "核查部门（涉及人员死亡的由安委办组织）")
    case .office: Label(english: "any office that deals with it", chinese: "经办机构")
    case .approver: Label(english: "who grants rewards", chinese: "奖励审批机构")
    case .reporter: Label(english: "the reporter, for whom the desk acts", chinese: "举报人（由受理机构代录）")
    case .daemon: Label(english: "the daemon, in the same act", chinese: "系统（同一操作内）")
    case .clock: Label(english: "the daemon's clock", chinese: "系统时钟")
    }
  }
}

extension ReportWorkflow.Guard: WorkflowWord {
  package var label: Label {
    switch self {
    case .hasReason: Label(english: "with a reason", chinese: "说明理由")
    case .notExtended: Label(english: "it was not lengthened before", chinese: "尚未延长")
    case .caseOver: Label(english: "its case is over, or it has none", chinese: "案卷已办结或无案卷")
    case .named: Label(english: "it is known who reports", chinese: "实名举报")
    case .notObjected: Label(english: "nobody objected before", chinese: "尚未提出异议")
    case .founded: Label(english: "it was verified", chinese: "已查证属实")
    case .firstReporter: Label(english: "nobody named reported it before", chinese: "同一事项最先实名举报")
    case .otherPerson: Label(english: "two people, neither of whom proposed it", chinese: "两人审批且均非提请人")
    }
  }
}

extension ReportWorkflow.Deadline: WorkflowWord {
  package var label: Label {
    switch self {
    case .accept: Label(english: "term to decide whether it is accepted", chinese: "受理期限")
    case .investigate: Label(english: "term to investigate", chinese: "核查期限")
    case .extended: Label(english: "lengthened, once", chinese: "延长一次")
    case .answer: Label(english: "term to answer, if anybody can be", chinese: "答复期限（匿名举报无）")
    case .claim: Label(english: "term to claim the reward", chinese: "领奖期限")
    case .keep: Label(english: "as it was", chinese: "不变")
    case .none: Label(english: "none", chinese: "无")
    }
  }
}

extension ReportWorkflow.Effect: WorkflowWord {
  package var label: Label {
    switch self {
    case .keepIdentity: Label(english: "who reports is put down, sealed", chinese: "举报人信息加密留存")
    case .decided: Label(english: "noted whether that was in time", chinese: "记录受理时效")
    case .concluded: Label(english: "noted whether that was in time", chinese: "记录核查时效")
    case .answered: Label(english: "noted whether that was in time", chinese: "记录答复时效")
    case .countExtension: Label(english: "counts an extension", chinese: "延长次数加一")
    case .countObjection: Label(english: "counts an objection", chinese: "异议次数加一")
    case .openCase: Label(english: "its case is opened, or found", chinese: "开立或关联隐患案卷")
    case .pay: Label(english: "noted when it was paid", chinese: "记录发放时间")
    case .lapse: Label(english: "what is late goes up a level; what nobody claims lapses", chinese: "逾期逐级上报，逾期未领作放弃")
    }
  }
}
