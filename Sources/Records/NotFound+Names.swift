extension NotFound {
  /// What is not there, under its English name or that of its record.
  package init(_ what: String, _ id: String) {
    self.init(what: Label(what, Self.chineseNames[what] ?? what), id: id)
  }

  private static let chineseNames = [
    "boundary of grid": "网格边界", "contact of enterprise": "监管对象联系人", "credit record": "信用记录",
    "credit record of a person": "个人信用记录", "dishonesty case": "严重失信案件", "dishonesty_case": "严重失信案件",
    "duty": "任务", "edition": "区划版本", "enterprise": "监管对象", "hazard": "案卷", "listing": "挂牌督办案卷",
    "notice": "通知", "organisation": "机构", "person": "人员", "person_credit": "个人信用记录", "post": "岗位任职",
    "public_report": "举报",
    "report": "举报", "service": "服务", "test clock": "测试时钟", "token": "令牌",
    "two-cadence account of enterprise": "监管对象的两化账户",
  ]
}
