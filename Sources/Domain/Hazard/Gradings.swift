package import Records
package import Scalars

extension AccidentGrade {
  /// How bad an accident is: the worst of the three decides (国务院令第493号 Art. 3; 以上 includes the number, 以下 does not).
  package init(deaths: UInt32, injuries: UInt32, loss: Fen) {
    let yuan = loss.rawValue / 100
    self =
      if deaths >= 30 || injuries >= 100 || yuan >= 100_000_000 {
        .extraSerious
      } else if deaths >= 10 || injuries >= 50 || yuan >= 50_000_000 {
        .serious
      } else if deaths >= 3 || injuries >= 10 || yuan >= 10_000_000 {
        .larger
      } else {
        .general
      }
  }

  /// The grade of a major hazard that could cause such an accident, 1 the worst (鄂安〔2010〕20号).
  var majorGrade: UInt32 {
    switch self {
    case .extraSerious: 1
    case .serious: 2
    case .larger: 3
    default: 4
    }
  }
}

/// The grade that the caller tells, or that follows from what the hazard could cause.
/// - Throws: `invalidArgument`: they differ.
func majorGrade(_ told: UInt32?, _ harm: PossibleHarm?) throws(Refusal) -> UInt32? {
  guard let harm else { return told }
  let following = AccidentGrade(deaths: harm.deaths, injuries: harm.injuries, loss: harm.loss).majorGrade
  if let told, told != following {
    throw .invalid(
      "major_grade", "is \(told), but what the hazard could cause makes it \(following); leave one of them out",
      "填写为\(told)级，按可能造成的后果为\(following)级，两者只填一项")
  }
  return following
}
