import Records
import Scalars

extension Finding {
  /// How a running daemon is.
  static func ofDaemon(_ metrics: ServerMetrics) -> [Finding] {
    let (writing, storage) = (metrics.writing, metrics.storage)
    var findings: [Finding] = []
    if let failure = writing.failure {
      findings.append(
        .problem(
          localized("nothing is written any more: \(failure)", "已停止写入：\(failure)"),
          localized(
            "mend the disk, then restart the daemon: it finds out what is on the disk, and loses nothing acknowledged",
            "修复磁盘后重启守护进程：它会核对磁盘内容，已确认的数据不会丢失")))
    } else {
      findings.append(
        .good(
          localized("it writes: the journal is at entry \(storage.lastSequence)", "写入正常：日志至条目\(storage.lastSequence)")))
    }
    if let putOff = writing.putOff, putOff.at.adding(milliseconds: retryMillisecondsMax) > metrics.now {
      findings.append(
        .notice(
          localized(
            "something fell due that cannot be done: \(putOff.reason)", "有到期事项无法办理：\(putOff.reasonChinese)"),
          localized(
            "set what is missing in a new edition of the profile (safegrid profile check); it is tried again each hour",
            "请在新版配置方案中补齐（safegrid profile check）；系统每小时重试一次")))
    }
    findings += ofRoom(storage)
    let behind = storage.lastSequence - min(storage.copiedSequence, storage.lastSequence)
    if behind > entriesBehindMax {
      findings.append(
        .notice(
          localized(
            "a start after a power cut would redo \(behind) entries", "断电后启动需重做\(behind)条日志"),
          localized(
            "safegrid verify makes a copy now; look for \"the state was not copied\" in the log",
            "safegrid verify可立即生成副本；请查看日志中的“the state was not copied”")))
    }
    if storage.oldestReaderCommits > commitsMax {
      findings.append(
        .notice(
          localized(
            "a snapshot is held for \(storage.oldestReaderCommits) commits: the state grows meanwhile",
            "有快照已保持\(storage.oldestReaderCommits)次提交，期间状态库会增长"),
          localized(
            "a copy or a backup under way holds one; another program on the daemon's files should be ended",
            "正在进行的复制或备份会保持快照；若有其他程序打开了守护进程的文件，应予结束")))
    }
    let sync = writing.syncMicroseconds.percentile(99)
    if sync > syncMicrosecondsMax {
      findings.append(
        .notice(
          localized(
            "the disk takes long: one sync in a hundred \(milliseconds(sync))", "磁盘较慢：百分之一的落盘耗时\(milliseconds(sync))"),
          localized("every command waits for it; a faster disk for the journal helps most", "每条命令都要等待落盘；更快的日志磁盘最有效")))
    }
    return findings
  }

  /// What was put off is tried again after an hour; two tell that it was not.
  private static let retryMillisecondsMax: Int64 = 2 * 3_600_000
  /// Ten times what lies between two copies: several copies have failed.
  private static let entriesBehindMax: UInt64 = 2_000_000
  /// Some seconds of full load.
  private static let commitsMax: UInt64 = 10_000
  /// Beyond this, people notice.
  private static let syncMicrosecondsMax: UInt64 = 100_000

  private static func ofRoom(_ storage: StorageMetrics) -> [Finding] {
    var findings: [Finding] = []
    let percent = (storage.usedBytes - min(storage.freeBytes, storage.usedBytes)) * 100 / max(1, storage.mapBytes)
    let room = localized(
      "\(percent) % of the map are in use, the disk has \(storage.diskFreeBytes >> 20) MiB left",
      "状态库已用\(percent)%，磁盘剩余\(storage.diskFreeBytes >> 20) MiB")
    switch storage.fillLevel {
    case .full:
      findings.append(
        .problem(
          room + localized(": only administration may write", "：仅允许管理操作写入"),
          localized(
            "restart with a larger --map-size, enlarge the disk, or free some of it: safegrid audit trim, old backups",
            "以更大的--map-size重启、扩容磁盘，或释放空间：safegrid audit trim、旧备份")))
    case .scarce:
      findings.append(
        .notice(
          room,
          localized("plan a larger --map-size or disk before it is full", "请在写满前规划更大的--map-size或磁盘")))
    default: findings.append(.good(room))
    }
    if storage.freeBytes > storage.usedBytes / 2, storage.usedBytes > 1 << 30 {
      findings.append(
        .notice(
          localized(
            "\(storage.freeBytes >> 20) of the state's \(storage.usedBytes >> 20) MiB are free pages",
            "状态库\(storage.usedBytes >> 20) MiB中有\(storage.freeBytes >> 20) MiB为空闲页"),
          localized("safegrid compact gives them back to the disk", "safegrid compact可归还给磁盘")))
    }
    return findings
  }
}
