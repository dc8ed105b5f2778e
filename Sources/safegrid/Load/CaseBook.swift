import API
import Example
import Records
import Scalars
import Synchronization

/// The way of a case that meets no trouble: file, dispatch, claim, feed back, verify.
enum LoadStep: Int, CaseIterable, Sendable {
  case file, dispatch, claim, feedback, verifyPass

  var method: Method {
    switch self {
    case .file: .hazardFile
    case .dispatch: .hazardDispatch
    case .claim: .hazardClaim
    case .feedback: .hazardFeedback
    case .verifyPass: .hazardVerifyPass
    }
  }

  /// Where the case stands after it.
  var result: HazardState {
    switch self {
    case .file: .filed
    case .dispatch: .dispatched
    case .claim: .rectifying
    case .feedback: .fedBack
    case .verifyPass: .closed
    }
  }

  var next: LoadStep? { LoadStep(rawValue: rawValue + 1) }
}

/// A case, and the step that it awaits.
struct AwaitingCase: Sendable {
  let number: HazardNumber
  let step: LoadStep
}

/// The cases that a run knows of: some that it may take further, and the newest numbers, which it may look at.
final class CaseBook: Sendable {
  private struct Pages {
    var awaiting: [AwaitingCase] = []
    var newest: [HazardNumber] = []
    var oldest = 0
  }

  private let pages = Mutex(Pages())

  /// More would only mean that fewer cases come to the end of the loop.
  private static let awaitingMax = 1000
  /// Enough that readers do not meet at one record.
  private static let newestMax = 4096

  /// Notes a new case.
  func add(_ number: HazardNumber) {
    pages.withLock { pages in
      if pages.awaiting.count < Self.awaitingMax { pages.awaiting.append(AwaitingCase(number: number, step: .file)) }
      if pages.newest.count < Self.newestMax {
        pages.newest.append(number)
      } else {
        pages.newest[pages.oldest] = number
        pages.oldest = (pages.oldest + 1) % Self.newestMax
      }
    }
  }

  /// Takes a case out: nobody else may act on it until ``putBack(_:)``.
  func take(_ random: inout SplitMix64) -> AwaitingCase? {
    let draw = random.next()
    return pages.withLock { pages in
      guard !pages.awaiting.isEmpty else { return nil }
      pages.awaiting.swapAt(Int(draw % UInt64(pages.awaiting.count)), pages.awaiting.count - 1)
      return pages.awaiting.removeLast()
    }
  }

  /// The step was taken; the next one may be.
  func putBack(_ taken: AwaitingCase) {
    guard let next = taken.step.next else { return }
    pages.withLock { $0.awaiting.append(AwaitingCase(number: taken.number, step: next)) }
  }

  /// One of the newest numbers.
  func anyNumber(_ random: inout SplitMix64) -> HazardNumber? {
    let draw = random.next()
    return pages.withLock { pages in
      pages.newest.isEmpty ? nil : pages.newest[Int(draw % UInt64(pages.newest.count))]
    }
  }
}
