internal import Bytes

extension GridCode: MapKey {
  package static var hasDefaultKey: Bool { false }
}

extension USCC: MapKey {
  package static var hasDefaultKey: Bool { false }
}

extension HazardNumber: MapKey {
  package static var hasDefaultKey: Bool { false }
}

extension Date: MapKey {
  package static var hasDefaultKey: Bool { false }
}
