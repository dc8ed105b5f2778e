internal import Engine
internal import FaultPoints
internal import Journal
internal import Logging
internal import Records
internal import Service

/// The one thread that steps the engine: takes what waits, has it decided and made durable, and hands the replies out,
/// one hop for each event loop and batch.
///
/// Safe to share: it is made on one thread and handed to the writer's, which alone calls ``run()``.
final class Writer: @unchecked Sendable {
  private var engine: CommandEngine<JournalWriter<PosixDisk>>
  private let queue: CommandQueue
  private let journal: JournalReader<PosixDisk>
  private let dispatchers: [LoopDispatcher]
  private let health: DaemonHealth
  private let log: Logger

  init(
    _ engine: consuming CommandEngine<JournalWriter<PosixDisk>>, _ queue: CommandQueue,
    _ journal: JournalReader<PosixDisk>,
    _ dispatchers: [LoopDispatcher], _ health: DaemonHealth, _ log: Logger
  ) {
    self.engine = engine
    self.queue = queue
    self.journal = journal
    self.dispatchers = dispatchers
    self.health = health
    self.log = log
  }

  /// Runs until the queue is closed and empty. Begin and end of every transaction lie on the calling thread.
  ///
  /// - Returns: why nothing is written any more; `nil` when all went well.
  func run() -> String? {
    var failure: String?
    var level = engine.fillLevel
    var lastClockFault: String?
    while true {
      let work = queue.takeAll(patience: engine.patience)
      for task in work.tasks { task() }
      if work.isEmpty { engine.lookAtRoom() }
      let results = engine.step(work.commands, at: .now)
      reach(.repliesGo)
      deliver(work.commands, results)
      queue.answered()
      reach(.repliesGone)
      if engine.fillLevel != level {
        level = engine.fillLevel
        say(level)
        tell { $0.isFull = level == .full }
      }
      if let fault = engine.clockFault {
        engine.clockFault = nil
        if fault != lastClockFault {
          log.warning(
            "something fell due that cannot be done; it is tried again each hour", metadata: ["reason": "\(fault)"])
        }
        lastClockFault = fault
      }
      if failure == nil, let reason = engine.failure {
        log.critical("nothing is written any more until a restart; reads go on", metadata: ["reason": "\(reason)"])
        failure = reason
        tell { $0.isReadOnly = true }
      }
      if work.isClosed, work.isEmpty { return failure }
    }
  }

  private func say(_ level: FillLevel) {
    switch level {
    case .full: log.critical("the store or its disk is full: only administration may write until there is room")
    case .scarce: log.warning("the store or its disk will be full soon; safegrid doctor says what to do")
    default: log.notice("there is room again")
    }
  }

  private func tell(_ change: (inout DaemonHealth.Condition) -> Void) {
    health.update(change)
    for dispatcher in dispatchers { dispatcher.wakeStreams() }
  }

  private func deliver(_ commands: [PendingCommand], _ results: [CommandResult]) {
    var byMailbox: [ObjectIdentifier: (mailbox: any Mailbox, replies: [CommandReply])] = [:]
    for (command, result) in zip(commands, results) {
      guard let address = command.address else { continue }
      let reply = CommandReply(address: address, method: command.command.method, result: result)
      byMailbox[ObjectIdentifier(address.mailbox), default: (address.mailbox, [])].replies.append(reply)
    }
    for (mailbox, replies) in byMailbox.values { mailbox.deliver(replies) }
    let published = journal.lastSequence
    for dispatcher in dispatchers { dispatcher.published(published) }
  }
}
