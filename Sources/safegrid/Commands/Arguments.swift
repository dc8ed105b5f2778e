public import ArgumentParser
import Bytes
public import Records
public import Scalars

// Values of the domain as arguments of commands.

extension GridCode: ExpressibleByArgument {
  /// 15 digits, or what people know by heart: the division code, with zeros left out.
  public init?(argument: String) {
    guard let code = try? GridCode(division: argument) else {
      self.init(argument)
      return
    }
    self = code
  }
}

extension HazardNumber: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

extension USCC: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

extension Scalars.Date: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

extension Instant: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

extension Term: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

extension WireEnum {
  /// The value of that name in the IDL; hyphens do for underscores.
  fileprivate init?(named name: String) {
    let wanted = String(name.lowercased().map { $0 == "-" ? "_" : $0 })
    guard let value = Self.allKnown.first(where: { $0.name == wanted }) else { return nil }
    self = value
  }

  /// As it is typed.
  fileprivate var argumentName: String { String(name.map { $0 == "_" ? "-" : $0 }) }

  fileprivate static var argumentNames: [String] { allKnown.map { String($0.name.map { $0 == "_" ? "-" : $0 }) } }
}

extension HazardSource: ExpressibleByArgument {
  public init?(argument: String) { self.init(named: argument) }
  public static var allValueStrings: [String] { argumentNames }
  public var defaultValueDescription: String { argumentName }
}

extension HazardSeverity: ExpressibleByArgument {
  public init?(argument: String) { self.init(named: argument) }
  public static var allValueStrings: [String] { argumentNames }
  public var defaultValueDescription: String { argumentName }
}

extension HazardUrgency: ExpressibleByArgument {
  public init?(argument: String) { self.init(named: argument) }
  public static var allValueStrings: [String] { argumentNames }
  public var defaultValueDescription: String { argumentName }
}

extension HazardState: ExpressibleByArgument {
  public init?(argument: String) { self.init(named: argument) }
  public static var allValueStrings: [String] { argumentNames }
  public var defaultValueDescription: String { argumentName }
}

extension SafetyDomain: ExpressibleByArgument {
  public init?(argument: String) { self.init(named: argument) }
  public static var allValueStrings: [String] { argumentNames }
  public var defaultValueDescription: String { argumentName }
}

extension CreditKind: ExpressibleByArgument {
  public init?(argument: String) { self.init(named: argument) }
  public static var allValueStrings: [String] { argumentNames }
  public var defaultValueDescription: String { argumentName }
}

extension CreditGrade: ExpressibleByArgument {
  public init?(argument: String) { self.init(named: argument) }
  public static var allValueStrings: [String] { argumentNames }
  public var defaultValueDescription: String { argumentName }
}

extension DishonestyState: ExpressibleByArgument {
  public init?(argument: String) { self.init(named: argument) }
  public static var allValueStrings: [String] { argumentNames }
  public var defaultValueDescription: String { argumentName }
}

extension DishonestyGround: ExpressibleByArgument {
  public init?(argument: String) { self.init(named: argument) }
  public static var allValueStrings: [String] { argumentNames }
  public var defaultValueDescription: String { argumentName }
}

extension Standardization: ExpressibleByArgument {
  public init?(argument: String) { self.init(named: argument) }
  public static var allValueStrings: [String] { argumentNames }
  public var defaultValueDescription: String { argumentName }
}

extension LegacyConduct: ExpressibleByArgument {
  public init?(argument: String) { self.init(named: argument) }
  public static var allValueStrings: [String] { argumentNames }
  public var defaultValueDescription: String { argumentName }
}

extension DishonestyMeasure: ExpressibleByArgument {
  public init?(argument: String) { self.init(named: argument) }
  public static var allValueStrings: [String] { argumentNames }
  public var defaultValueDescription: String { argumentName }
}

extension ListingState: ExpressibleByArgument {
  public init?(argument: String) { self.init(named: argument) }
  public static var allValueStrings: [String] { argumentNames }
  public var defaultValueDescription: String { argumentName }
}

extension ListingMeasure: ExpressibleByArgument {
  public init?(argument: String) { self.init(named: argument) }
  public static var allValueStrings: [String] { argumentNames }
  public var defaultValueDescription: String { argumentName }
}

extension SupervisionLevel: ExpressibleByArgument {
  public init?(argument: String) { self.init(named: argument) }
  public static var allValueStrings: [String] { argumentNames }
  public var defaultValueDescription: String { argumentName }
}

extension GridLevel: ExpressibleByArgument {
  public init?(argument: String) { self.init(named: argument) }
  public static var allValueStrings: [String] { argumentNames }
  public var defaultValueDescription: String { argumentName }
}

extension EnterpriseFlag: ExpressibleByArgument {
  public init?(argument: String) { self.init(named: argument) }
  public static var allValueStrings: [String] { argumentNames }
  public var defaultValueDescription: String { argumentName }
}

extension GridKind: ExpressibleByArgument {
  public init?(argument: String) { self.init(named: argument) }
  public static var allValueStrings: [String] { argumentNames }
  public var defaultValueDescription: String { argumentName }
}

extension EnterpriseState: ExpressibleByArgument {
  public init?(argument: String) { self.init(named: argument) }
  public static var allValueStrings: [String] { argumentNames }
  public var defaultValueDescription: String { argumentName }
}

extension AreaFlag: ExpressibleByArgument {
  public init?(argument: String) { self.init(named: argument) }
  public static var allValueStrings: [String] { argumentNames }
  public var defaultValueDescription: String { argumentName }
}

extension EnterpriseType: ExpressibleByArgument {
  public init?(argument: String) { self.init(named: argument) }
  public static var allValueStrings: [String] { argumentNames }
  public var defaultValueDescription: String { argumentName }
}

extension RiskLevel: ExpressibleByArgument {
  public init?(argument: String) { self.init(named: argument) }
  public static var allValueStrings: [String] { argumentNames }
  public var defaultValueDescription: String { argumentName }
}

extension DirectGround: ExpressibleByArgument {
  public init?(argument: String) { self.init(named: argument) }
  public static var allValueStrings: [String] { argumentNames }
  public var defaultValueDescription: String { argumentName }
}

extension DutyKind: ExpressibleByArgument {
  public init?(argument: String) { self.init(named: argument) }
  public static var allValueStrings: [String] { argumentNames }
  public var defaultValueDescription: String { argumentName }
}

extension HazardDimension: ExpressibleByArgument {
  public init?(argument: String) { self.init(named: argument) }
  public static var allValueStrings: [String] { argumentNames }
  public var defaultValueDescription: String { argumentName }
}

extension ReportKind: ExpressibleByArgument {
  public init?(argument: String) { self.init(named: argument) }
  public static var allValueStrings: [String] { argumentNames }
  public var defaultValueDescription: String { argumentName }
}

extension ReportChannel: ExpressibleByArgument {
  public init?(argument: String) { self.init(named: argument) }
  public static var allValueStrings: [String] { argumentNames }
  public var defaultValueDescription: String { argumentName }
}

extension ReportState: ExpressibleByArgument {
  public init?(argument: String) { self.init(named: argument) }
  public static var allValueStrings: [String] { argumentNames }
  public var defaultValueDescription: String { argumentName }
}

extension IndustrySection: ExpressibleByArgument {
  public init?(argument: String) { self.init(named: argument) }
  public static var allValueStrings: [String] { argumentNames }
  public var defaultValueDescription: String { argumentName }
}

extension AccidentGrade: ExpressibleByArgument {
  public init?(argument: String) { self.init(named: argument) }
  public static var allValueStrings: [String] { argumentNames }
  public var defaultValueDescription: String { argumentName }
}

extension Violation: ExpressibleByArgument {
  public init?(argument: String) { self.init(named: argument) }
  public static var allValueStrings: [String] { argumentNames }
  public var defaultValueDescription: String { argumentName }
}

extension BlindSpotKind: ExpressibleByArgument {
  public init?(argument: String) { self.init(named: argument) }
  public static var allValueStrings: [String] { argumentNames }
  public var defaultValueDescription: String { argumentName }
}

extension StopWork: ExpressibleByArgument {
  public init?(argument: String) { self.init(named: argument) }
  public static var allValueStrings: [String] { argumentNames }
  public var defaultValueDescription: String { argumentName }
}

extension OrganizationKind: ExpressibleByArgument {
  public init?(argument: String) { self.init(named: argument) }
  public static var allValueStrings: [String] { argumentNames }
  public var defaultValueDescription: String { argumentName }
}

extension NoticeKind: ExpressibleByArgument {
  public init?(argument: String) { self.init(named: argument) }
  public static var allValueStrings: [String] { argumentNames }
  public var defaultValueDescription: String { argumentName }
}

extension EnterpriseSize: ExpressibleByArgument {
  public init?(argument: String) { self.init(named: argument) }
  public static var allValueStrings: [String] { argumentNames }
  public var defaultValueDescription: String { argumentName }
}

/// Where something is or happened, if that is known.
struct PointOptions: ParsableArguments {
  @Option(help: "Where it is: degrees east of CGCS2000.") var longitude: Double?
  @Option(help: "Degrees north.") var latitude: Double?

  func validate() throws {
    guard (longitude == nil) == (latitude == nil) else { throw ValidationError("give both --longitude and --latitude") }
  }

  var point: Point? { longitude.flatMap { longitude in latitude.map { Point(longitude: longitude, latitude: $0) } } }
}
