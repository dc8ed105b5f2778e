import Engine
import Journal

extension Finding {
  /// What a start on the folder would do, and what stands against it.
  static func ofFolder(_ path: String, _ found: Examination) -> [Finding] {
    switch found.folder {
    case .missing:
      return [
        .problem(
          localized("there is no folder \(path), or it cannot be read", "文件夹\(path)不存在或不可读"),
          localized("name it with --data, as the account of the daemon", "以守护进程的账户用--data指定"))
      ]
    case .empty:
      return [.good(localized("\(path) is no data folder yet; a start makes one", "\(path)尚非数据文件夹，启动时会创建"))]
    case .inUse:
      return [
        .notice(
          localized("a daemon serves \(path), and does not answer here", "守护进程正在使用\(path)，但此处未应答"),
          localized("ask it where it listens: --connect", "用--connect指定其监听地址"))
      ]
    case .free: break
    }
    var findings = found.failures.map { Finding.problem($0, restoreAdvice) }
    if let name = found.sharedFileSystem {
      findings.append(
        .problem(
          localized("\(path) lies on \(name), which other machines share", "\(path)位于共享文件系统\(name)"),
          localized("move it to a local disk while no daemon runs", "请在守护进程停止时移至本地磁盘")))
    }
    if found.diskFreeBytes < 1 << 30 {
      findings.append(
        .notice(
          localized("the disk has \(found.diskFreeBytes >> 20) MiB left", "磁盘仅剩\(found.diskFreeBytes >> 20) MiB"),
          localized("make room before the daemon starts", "启动前请释放空间")))
    }
    if let journal = found.journal { findings += ofJournal(journal, found) }
    findings += ofState(found)
    return findings
  }

  private static var restoreAdvice: String {
    localized(
      "keep the folder as it is, and restore a backup, or what is whole of this folder, into a new one (safegrid restore)",
      "请保留原文件夹，并将备份或其完好部分恢复到新文件夹(safegrid restore)")
  }

  private static func ofJournal(_ journal: JournalReader<PosixDisk>.Report, _ found: Examination) -> [Finding] {
    if let fault = journal.fault {
      return [
        .problem(
          "\(fault)",
          restoreAdvice)
      ]
    }
    return [
      .good(
        localized(
          "the journal is intact: entries \(journal.firstSequence)–\(journal.lastSequence) in \(journal.segments) segments",
          "日志完整：条目\(journal.firstSequence)–\(journal.lastSequence)，共\(journal.segments)个分段"))
    ]
  }

  private static func ofState(_ found: Examination) -> [Finding] {
    let last = found.journal?.lastSequence ?? 0
    switch found.condition {
    case nil: return []
    case .new: return [.good(localized("nothing was ever written here", "此处尚未写入任何数据"))]
    case .closed where found.hasState:
      return [.good(localized("the last daemon left in order; a start has nothing to redo", "上次正常退出，启动无需重做"))]
    case .died where found.hasState:
      return [
        .good(
          localized(
            "the last daemon died, and the machine went on: a start takes the state as it is and redoes what it lacks",
            "上次守护进程异常退出而机器未重启：启动将沿用现有状态库并重做缺失部分"))
      ]
    case .closed, .died, .untrusted:
      return [rebuilding(found, last)]
    }
  }

  /// The state must be made again.
  private static func rebuilding(_ found: Examination, _ last: UInt64) -> Finding {
    let why = localized(
      "the state cannot be trusted (the machine or the mount changed, or it or its mark is gone)",
      "状态库不可信(机器或挂载已变，或状态库或其标记丢失)")
    if let copy = found.usableCopy {
      return .notice(
        why,
        localized(
          "nothing to do: a start makes it again from the copy of entry \(copy) and \(last - min(copy, last)) entries behind it",
          "无需处理：启动时将由条目\(copy)处的副本及其后\(last - min(copy, last))条日志重建"))
    }
    guard found.journal?.firstSequence == 1 else {
      return .problem(
        why + localized(", no verified copy is usable, and the journal does not begin at 1", "，无可用副本，且日志不从1开始"),
        localized("restore a backup into a new folder (safegrid restore)", "请将备份恢复到新文件夹(safegrid restore)"))
    }
    return .notice(
      why,
      localized(
        "nothing to do: a start makes it again from the whole journal, \(last) entries",
        "无需处理：启动时将由全部\(last)条日志重建"))
  }
}
