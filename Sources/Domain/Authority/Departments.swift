import Records
import Scalars

// An officer of a department 主管部门 acts on what is this department's; everybody else's grants name none.

extension Grant {
  func isFor(_ department: String?) -> Bool { self.department == nil || self.department == department }
}

extension Act {
  /// Whether the caller may act on what is `department`'s in a grid; `nil`: on what is no department's.
  func serves(_ department: String?, in grid: GridCode) -> Bool {
    let grants = caller.grants(for: method, in: .grid(grid))
    return grants.isEmpty || grants.contains { $0.isFor(department) }
  }
}
