extension RowFault {
  /// Rows count from 0.
  package init(row: Int, _ reason: Label) {
    self.init(row: UInt32(clamping: row), reason: reason.english, reasonChinese: reason.chinese)
  }
}
