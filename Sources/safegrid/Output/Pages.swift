import Client
import RPC
import Records

/// A request for one page of a list.
protocol PageRequest: Sendable {
  associatedtype Cursor: Sendable
  var after: Cursor? { get set }
  var limit: UInt32? { get set }
}

/// One page of a list.
protocol ListPage: Sendable {
  associatedtype Cursor: Sendable
  associatedtype Row
  static var rows: any WritableKeyPath<Self, [Row]> & Sendable { get }
  /// Where the next page begins; `nil` behind the last one.
  var next: Cursor? { get set }
}

/// Rows of one page, as the IDL allows them.
private let pageMax = 1000
/// Rows that one command lists, as a table has to be held to be drawn: some hundred megabytes. Whoever wants more exports.
private let rowsMax: UInt32 = 100_000

/// The first rows of a list as one page, however many pages of the daemon's they take: one that looked at many entries may hold
/// few rows, or none, and yet go on.
/// - Parameter ask: Asks for one page.
func firstRows<Request: PageRequest, Page: ListPage>(
  _ limit: UInt32, of request: Request, ask: (Request) async throws(CallFailure) -> Page
) async throws(CallFailure) -> Page where Request.Cursor == Page.Cursor {
  let wanted = Int(min(limit, rowsMax))
  var request = request
  request.limit = UInt32(max(1, min(wanted, pageMax)))
  var all = try await ask(request)
  while let next = all.next, all[keyPath: Page.rows].count < wanted {
    (request.after, request.limit) = (next, UInt32(min(wanted - all[keyPath: Page.rows].count, pageMax)))
    let page = try await ask(request)
    all[keyPath: Page.rows] += page[keyPath: Page.rows]
    all.next = page.next
  }
  return all
}

/// The line that says that a list goes on.
func more(_ goesOn: Bool) -> String { goesOn ? "\n" + localized("… there are more", "……还有更多") : "" }

extension ListListings: PageRequest {}
extension ListHazards: PageRequest {}
extension OverdueHazards: PageRequest {}
extension EnterpriseHazards: PageRequest {}
extension HazardWorklist: PageRequest {}
extension ListProposed: PageRequest {}
extension PersonViolations: PageRequest {}
extension ListSilent: PageRequest {}
extension ListUnregistered: PageRequest {}
extension ListDuties: PageRequest {}
extension ReportWorklist: PageRequest {}
extension ListReports: PageRequest {}
extension ListCredit: PageRequest {}
extension ListDishonesty: PageRequest {}
extension ListContacts: PageRequest {}
extension ListNoticeInbox: PageRequest {}
extension ListNotices: PageRequest {}
extension ListEnterprises: PageRequest {}
extension SearchEnterprises: PageRequest {}
extension ListViolations: PageRequest {}
extension ListBlindSpots: PageRequest {}

extension ListingPage: ListPage {
  static var rows: any WritableKeyPath<Self, [Listing]> & Sendable { \.listings }
}
extension HazardPage: ListPage {
  static var rows: any WritableKeyPath<Self, [Hazard]> & Sendable { \.hazards }
}
extension SilentPage: ListPage {
  static var rows: any WritableKeyPath<Self, [Duty]> & Sendable { \.duties }
}
extension EnterprisePage: ListPage {
  static var rows: any WritableKeyPath<Self, [Enterprise]> & Sendable { \.enterprises }
}
extension DutyPage: ListPage {
  static var rows: any WritableKeyPath<Self, [Duty]> & Sendable { \.duties }
}
extension ReportPage: ListPage {
  static var rows: any WritableKeyPath<Self, [PublicReport]> & Sendable { \.reports }
}
extension CreditPage: ListPage {
  static var rows: any WritableKeyPath<Self, [CreditScore]> & Sendable { \.scores }
}
extension DishonestyPage: ListPage {
  static var rows: any WritableKeyPath<Self, [DishonestyCase]> & Sendable { \.cases }
}
extension ContactPage: ListPage {
  static var rows: any WritableKeyPath<Self, [Contact]> & Sendable { \.contacts }
}
extension NoticeInbox: ListPage {
  static var rows: any WritableKeyPath<Self, [NoticeInboxItem]> & Sendable { \.items }
}
extension NoticePage: ListPage {
  static var rows: any WritableKeyPath<Self, [Notice]> & Sendable { \.notices }
}
extension EnterpriseSearchPage: ListPage {
  static var rows: any WritableKeyPath<Self, [Enterprise]> & Sendable { \.enterprises }
}
extension BlindSpotPage: ListPage {
  static var rows: any WritableKeyPath<Self, [BlindSpot]> & Sendable { \.spots }
}
extension MeasureEnterprises: PageRequest {}
extension EnterpriseHazardPage: ListPage {
  static var rows: any WritableKeyPath<Self, [EnterpriseHazardLine]> & Sendable { \.lines }
}
