package import Records

// The workflow's words for people.

extension HazardParty: WorkflowWord {
  package var label: Label {
    switch self {
    case .anyone: Label(english: "whoever is responsible for the place", chinese: "属地责任人")
    case .holder: Label(english: "the office that holds the case, or one above it", chinese: "承办单位或其上级")
    case .verifier: Label(english: "as holder, but nobody who took part in the rectification", chinese: "承办单位中未参与整改者")
    case .assignee: Label(english: "the person to whom the task was given", chinese: "受派人")
    case .rectifier: Label(english: "the person to whom the task was given, or the enterprise", chinese: "受派人或所涉单位")
    case .upper: Label(english: "an office above the one that holds the case", chinese: "承办单位的上级")
    case .reporter: Label(english: "who reported it", chinese: "上报人")
    case .second: Label(english: "another person than proposed it, who may", chinese: "提请人以外的有权人员")
    case .clock: Label(english: "the daemon's clock", chinese: "系统时钟")
    }
  }
}

extension HazardGuard: WorkflowWord {
  package var label: Label {
    switch self {
    case .majorOrEmergency: Label(english: "it is major, or an emergency", chinese: "重大隐患或特急")
    case .general: Label(english: "it is general", chinese: "一般隐患")
    case .major: Label(english: "it is major", chinese: "重大隐患")
    case .hasUpperGrid: Label(english: "there is an office above", chinese: "存在上级网格")
    case .notArbitrated: Label(english: "nobody has arbitrated whose it is", chinese: "未经疑难协调")
    case .arbitrationPending: Label(english: "it was returned too often", chinese: "退回超限待协调")
    case .nothingToArbitrate: Label(english: "it does not wait for arbitration", chinese: "无待协调事项")
    case .extensionsLeft: Label(english: "it was not extended too often", chinese: "延期次数未达上限")
    case .extensionAsked: Label(english: "more time was asked for", chinese: "已申请延期")
    case .planIfMajor: Label(english: "a major one has its plan", chinese: "重大隐患已有治理方案")
    case .assessedIfMajor: Label(english: "a major one's treatment is assessed", chinese: "重大隐患已作治理评估")
    case .onSiteIfMajor: Label(english: "a major one is verified at the place", chinese: "重大隐患须现场核查")
    case .inReopenWindow: Label(english: "it was closed not long ago", chinese: "在复发重启期限内")
    case .hasReason: Label(english: "with a reason", chinese: "说明理由")
    case .notListed: Label(english: "it is not listed", chinese: "未挂牌督办")
    case .delistedIfListed: Label(english: "a listed one is delisted", chinese: "挂牌的已核销")
    case .twoPeople: Label(english: "another person confirms it", chinese: "经他人复核同意")
    case .twoPeopleIfDown:
      Label(english: "down from major or to a milder grade, another person confirms it", chinese: "重大降级或降等须经他人复核同意")
    case .objectGone: Label(english: "its object has closed or moved away", chinese: "监管对象已注销或迁出")
    case .nothingProposed: Label(english: "nothing waits for a second person", chinese: "无待复核事项")
    case .proposed: Label(english: "it waits for a second person", chinese: "有待复核事项")
    case .inObjectionWindow: Label(english: "it was refused not long ago", chinese: "在异议期限内")
    case .firstObjection: Label(english: "for the first time", chinese: "首次异议")
    case .power: Label(english: "an illegal act: the office has the power", chinese: "违法行为须有处理权限")
    }
  }
}

extension HazardDeadline: WorkflowWord {
  package var label: Label {
    switch self {
    case .accept: Label(english: "term to accept", chinese: "受理期限")
    case .direct: Label(english: "term to react to a direct report", chinese: "直报处置期限")
    case .dispatch: Label(english: "term to dispatch", chinese: "派遣期限")
    case .claim: Label(english: "term to claim", chinese: "签收期限")
    case .fix: Label(english: "term to rectify", chinese: "整改期限")
    case .verify: Label(english: "term to verify", chinese: "核查期限")
    case .rework: Label(english: "term of a rework", chinese: "返工期限")
    case .parkReview: Label(english: "until the next review", chinese: "挂账复核期限")
    case .own: Label(english: "as the event says", chinese: "由该操作确定")
    case .moved: Label(english: "moved, if granted", chinese: "批准则顺延")
    case .keep: Label(english: "as it was", chinese: "不变")
    case .none: Label(english: "none: the case is over", chinese: "无（已办结）")
    }
  }
}

extension HazardEffect: WorkflowWord {
  package var label: Label {
    switch self {
    case .holderUp: Label(english: "the office above takes over", chinese: "转上级承办")
    case .countEscalation: Label(english: "counts an escalation", chinese: "升级次数加一")
    case .dropAssignee: Label(english: "nobody has the task", chinese: "取消受派人")
    case .countReturn: Label(english: "counts a return; too many go to arbitration", chinese: "退回次数加一，超限转疑难协调")
    case .arbitrated: Label(english: "whose it is is settled", chinese: "责任归属已协调")
    case .toTerritory: Label(english: "the township of the place takes over", chinese: "转属地乡镇承办")
    case .countUrge: Label(english: "counts an urging", chinese: "催办次数加一")
    case .countAttention: Label(english: "counts a leader's attention", chinese: "领导督办次数加一")
    case .countRework: Label(english: "counts a rework; too many go to the office above", chinese: "返工次数加一，超限升级")
    case .takeUpAgain: Label(english: "it goes on", chinese: "恢复办理")
    case .beginSuccessor:
      Label(english: "of an object that moved away, a new case begins there", chinese: "对象迁移的在新址续立新案")
    case .newRound: Label(english: "a new round begins", chinese: "开始新一轮")
    case .close: Label(english: "the case is over", chinese: "办结")
    case .creditMajorFound: Label(english: "credit: a major hazard that others found", chinese: "信用：他人发现重大隐患")
    case .creditVerifyFailed: Label(english: "credit: a rectification that failed", chinese: "信用：整改未通过")
    case .creditSelfReported: Label(english: "credit: found and mended by itself", chinese: "信用：自查自改")
    case .revokeCredit: Label(english: "what it brought into the credit file counts no more", chinese: "撤销相关信用记录")
    case .proposeListing: Label(english: "a major one is proposed for listing", chinese: "重大隐患拟挂牌")
    case .cancelListing: Label(english: "its listing ends", chinese: "撤销督办")
    case .alignListing: Label(english: "its listing follows the severity", chinese: "挂牌随定级调整")
    case .countObjection: Label(english: "counts an objection", chinese: "异议次数加一")
    case .markWarned: Label(english: "it is marked as pressing", chinese: "标记临期")
    case .askUp: Label(english: "the office above decides about it", chinese: "转上级审批")
    case .dropProposal: Label(english: "the proposal is dropped", chinese: "撤销提请")
    case .keepPower: Label(english: "an illegal act: the power is put down", chinese: "违法行为记录处理权限")
    }
  }
}
