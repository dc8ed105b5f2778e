package import Records

// The workflow's words for people.

extension ListingWorkflow.Party: WorkflowWord {
  package var label: Label {
    switch self {
    case .anyone: Label(english: "whoever is responsible for the place", chinese: "属地责任人")
    case .otherThanProposer: Label(english: "somebody else than who proposed it", chinese: "非提请人")
    case .reviewer: Label(english: "nobody who took part in the rectification", chinese: "未参与整改者")
    case .workflow: Label(english: "the workflow of the hazard", chinese: "隐患流程")
    case .clock: Label(english: "the daemon's clock", chinese: "系统时钟")
    }
  }
}

extension ListingWorkflow.Guard: WorkflowWord {
  package var label: Label {
    switch self {
    case .major: Label(english: "the hazard is major", chinese: "重大隐患")
    case .hasLevel: Label(english: "the hazard has a grade", chinese: "已定级")
    case .noExtensionAsked: Label(english: "nobody waits for a decision on a longer term", chinese: "无待批延期")
    case .extensionAsked: Label(english: "a longer term was asked for", chinese: "已申请延期")
    case .fedBack: Label(english: "the rectification is fed back", chinese: "整改已反馈")
    case .publicationDue: Label(english: "something is to be made public", chinese: "有待公告事项")
    case .hasReason: Label(english: "with a reason", chinese: "说明理由")
    }
  }
}

extension ListingWorkflow.Deadline: WorkflowWord {
  package var label: Label {
    switch self {
    case .decide: Label(english: "term to decide", chinese: "决定期限")
    case .review: Label(english: "term of the review", chinese: "复查期限")
    case .term: Label(english: "the end of the term", chinese: "督办期限")
    case .keep: Label(english: "as it was", chinese: "不变")
    case .none: Label(english: "none: the listing is over", chinese: "无（已终结）")
    }
  }
}

extension ListingWorkflow.Effect: WorkflowWord {
  package var label: Label {
    switch self {
    case .newRound: Label(english: "a new round begins", chinese: "开始新一轮")
    case .publish: Label(english: "is to be made public", chinese: "须公告")
    case .published: Label(english: "is public", chinese: "已公告")
    case .returnToTerm: Label(english: "back to the term if some is left, otherwise failed", chinese: "期限未满退回督办，否则不合格")
    case .creditFailed: Label(english: "counts in the credit if the province had listed it", chinese: "省级督办未消除的记入信用")
    case .lapse: Label(english: "a term that is over leads to the review; all else is late", chinese: "督办期满转复查，其余计逾期")
    }
  }
}
