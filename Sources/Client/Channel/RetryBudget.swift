/// How many retries a client may send for the calls that it makes: a bucket of tokens.
///
/// A server that answers "later" to everybody must not get more to do by it. Calls put a tenth of a token in and a retry
/// takes a whole one, so that in the long run retries are at most a tenth of the calls, whatever each call would like.
/// The bucket holds ten: a client that has just begun, or that loses its connection with some calls open, may retry them;
/// a thousand clients together still send no storm.
struct RetryBudget: Sendable {
  private static let retryTenths = 10
  private static let callTenths = 1
  private static let tenthsMax = 100

  private var tenths = tenthsMax

  /// A call, but not a retry, was made.
  mutating func callMade() { tenths = min(Self.tenthsMax, tenths + Self.callTenths) }

  /// Takes a retry's token, if there is one.
  mutating func takeRetry() -> Bool {
    guard tenths >= Self.retryTenths else { return false }
    tenths -= Self.retryTenths
    return true
  }
}
