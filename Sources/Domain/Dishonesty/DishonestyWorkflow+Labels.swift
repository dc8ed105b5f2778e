package import Records

// The workflow's words for people.

extension DishonestyWorkflow.Party: WorkflowWord {
  package var label: Label {
    switch self {
    case .decider: Label(english: "the department that imposed the penalty", chinese: "作出处罚的部门")
    case .subject: Label(english: "the subject itself, or the department for it", chinese: "当事人（或由部门代录）")
    case .department: Label(english: "who carries the measure out", chinese: "惩戒措施执行部门")
    case .clock: Label(english: "the daemon's clock", chinese: "系统时钟")
    }
  }
}

extension DishonestyWorkflow.Guard: WorkflowWord {
  package var label: Label {
    switch self {
    case .identified: Label(english: "name and code, or name and identity, are there", chinese: "主体身份信息齐全")
    case .longEnough: Label(english: "long enough on the list", chinese: "列入已满规定期限")
    case .noBan:
      Label(english: "no ban of the law still runs, or the profile lets it", chinese: "无尚未届满的法定禁入期限（规则允许的除外）")
    case .noOtherCase: Label(english: "nothing else runs against the subject", chinese: "无新的失信情形")
    case .accepted: Label(english: "the application is accepted", chinese: "申请已受理")
    case .notAccepted: Label(english: "the application is not accepted yet", chinese: "申请尚未受理")
    case .leftEarly: Label(english: "left the list before its time", chinese: "系提前移出")
    case .contested: Label(english: "a reconsideration or a lawsuit runs", chinese: "正在复议或诉讼")
    case .registrationDue: Label(english: "something is to be entered into the system", chinese: "有待录入事项")
    case .publicationDue: Label(english: "something is to be published or ended", chinese: "有待公示或停止公示事项")
    case .hasReason: Label(english: "with a reason", chinese: "说明理由")
    }
  }
}

extension DishonestyWorkflow.Deadline: WorkflowWord {
  package var label: Label {
    switch self {
    case .defence: Label(english: "term to defend oneself", chinese: "陈述申辩期限")
    case .accept: Label(english: "term to accept", chinese: "受理期限")
    case .decide: Label(english: "term to decide", chinese: "决定期限")
    case .listTerm: Label(english: "the end of the time on the list", chinese: "列入期限")
    case .keep: Label(english: "as it was", chinese: "不变")
    case .none: Label(english: "none", chinese: "无")
    }
  }
}

extension DishonestyWorkflow.Effect: WorkflowWord {
  package var label: Label {
    switch self {
    case .beginTerm: Label(english: "the time on the list begins", chinese: "列入期限起算")
    case .resumeTerm: Label(english: "the time on the list goes on, or begins again", chinese: "列入期限续算或重新起算")
    case .announce: Label(english: "is to be registered and published", chinese: "须录入并公示")
    case .withdraw: Label(english: "the end is to be registered, publication to stop", chinese: "须录入移出并停止公示")
    case .withdrawNow:
      Label(english: "the end is to be registered, publication to stop, at once", chinese: "须立即录入移出并停止公示")
    case .leaveEarly: Label(english: "leaves before its time", chinese: "提前移出")
    case .accept: Label(english: "the application is accepted", chinese: "受理申请")
    case .contest: Label(english: "noted; nothing is suspended", chinese: "记录，不停止执行")
    case .uphold: Label(english: "no longer contested", chinese: "复议诉讼终结")
    case .registered: Label(english: "stands in the system", chinese: "已录入")
    case .published: Label(english: "is published, or no more", chinese: "已公示或已停止公示")
    case .lapse: Label(english: "what is over ends, what is late becomes so", chinese: "到期终结，其余计逾期")
    }
  }
}
