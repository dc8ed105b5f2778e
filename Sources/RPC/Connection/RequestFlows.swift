internal import Bytes

/// The messages that clients send on the streams of one connection: held until the dispatcher asks for them, and never
/// more of them than was allowed.
///
/// A stream stays here until both sides are done with it: after an early STATUS, what was under way is dropped, and
/// counted as taken, until the client says that it sends no more.
package struct RequestFlows {
  private struct Flow {
    /// Frames of a message that is not whole yet.
    var partial: [UInt8]?
    var messages: ArraySlice<[UInt8]> = []
    /// All that came, as it is charged.
    var received: UInt64 = 0
    /// What of that has not been taken.
    var held = 0
    var grant: CreditGrant
    var isEnded = false
    /// The call is over.
    var isDropping = false
  }

  /// What the dispatcher gets when it asks.
  package enum Next: Equatable, Sendable {
    case message([UInt8])
    /// Nothing more has come yet.
    case nothing
    /// The client has sent all.
    case end
  }

  private var flows: [UInt32: Flow] = [:]
  private let streamWindow: UInt64
  private var grant: CreditGrant
  private var received: UInt64 = 0
  /// Streams whose call is over, and whose client has not said so.
  private(set) var droppingCount = 0
  /// Totals to be said to the client, on a stream or on 0.
  private(set) var dueCredits: [(stream: UInt32, total: UInt64)] = []

  init(_ limits: Limits) {
    streamWindow = limits.requestStreamCredit
    grant = CreditGrant(window: limits.requestConnectionCredit)
  }

  mutating func open(_ stream: UInt32) { flows[stream] = Flow(grant: CreditGrant(window: streamWindow)) }

  /// What has not been taken, as it is charged.
  var heldBytes: Int { flows.values.reduce(0) { $0 + $1.held } }

  func isOpen(_ stream: UInt32) -> Bool { flows[stream] != nil }

  mutating func takeDueCredits() -> [(stream: UInt32, total: UInt64)] {
    defer { dueCredits = [] }
    return dueCredits
  }

  /// A frame of a stream came; answers whether there is news for the dispatcher.
  mutating func receive(_ header: FrameHeader, _ payload: RawSpan) throws(FrameError) -> Bool {
    // Taken out, so that what it holds grows in place.
    guard var flow = flows.removeValue(forKey: header.stream) else { return false }
    guard !flow.isEnded else { throw .unexpected(.data, "stream \(header.stream) had its END") }
    guard !header.flags.contains(.end) else {
      guard header.flags == .end, payload.byteCount == 0, flow.partial == nil else {
        throw .malformed(.data, "END stands alone, in an empty frame behind the last message")
      }
      flow.isEnded = true
      if flow.isDropping { droppingCount -= 1 } else { flows[header.stream] = flow }
      return !flow.isDropping
    }
    guard payload.byteCount > 0 || !header.flags.contains(.more) else {
      throw .malformed(.data, "it is empty and ends nothing")
    }
    let charge = payload.byteCount + (flow.partial == nil ? Limits.messageOverheadBytes : 0)
    received += UInt64(charge)
    flow.received += UInt64(charge)
    guard received <= grant.limit, flow.received <= flow.grant.limit else {
      throw .limit("more was sent on stream \(header.stream) than its credit allows")
    }
    var message = flow.partial.take() ?? []
    if flow.isDropping {
      say(grant.take(charge), on: 0)
    } else {
      flow.held += charge
      message += [UInt8](copying: payload)
    }
    let isWhole = !header.flags.contains(.more)
    if isWhole, !flow.isDropping { flow.messages.append(message) }
    if !isWhole { flow.partial = message }
    let isNews = isWhole && !flow.isDropping
    flows[header.stream] = flow
    return isNews
  }

  /// Hands a message over. It still counts until it is ``took(_:of:)``.
  mutating func next(_ stream: UInt32) -> Next {
    if let message = flows[stream]?.messages.popFirst() { return .message(message) }
    return flows[stream]?.isEnded ?? true ? .end : .nothing
  }

  /// The dispatcher is done with a message of `byteCount` bytes: the client may send as much more.
  mutating func took(_ byteCount: Int, of stream: UInt32) {
    let charge = byteCount + Limits.messageOverheadBytes
    guard let flow = flows[stream], !flow.isDropping else { return }
    flows[stream]!.held -= charge
    say(flows[stream]!.grant.take(charge), on: stream)
    say(grant.take(charge), on: 0)
  }

  /// The client sends no more on this stream: it cancelled it.
  mutating func cancel(_ stream: UInt32) {
    if flows[stream]?.isDropping ?? false {
      flows[stream] = nil
      droppingCount -= 1
    } else {
      flows[stream]?.isEnded = true
    }
  }

  /// The call is over: what it still holds is given up.
  mutating func close(_ stream: UInt32) {
    guard flows[stream]?.isDropping == false, var flow = flows.removeValue(forKey: stream) else { return }
    say(grant.take(flow.held), on: 0)
    guard !flow.isEnded else { return }
    (flow.messages, flow.held, flow.isDropping) = ([], 0, true)
    // That a message is under way still counts, its bytes do not.
    if flow.partial != nil { flow.partial = [] }
    flows[stream] = flow
    droppingCount += 1
  }

  private mutating func say(_ total: UInt64?, on stream: UInt32) {
    guard let total else { return }
    // A later total says all that an earlier one would.
    dueCredits.removeAll { $0.stream == stream }
    dueCredits.append((stream, total))
  }
}
