internal import Bytes
internal import CFuzzer
internal import Fuzzing
internal import Glibc

/// libFuzzer around one of our targets: `fuzz TARGET [ARGUMENTS OF LIBFUZZER]`. See Tests/README.md.
@main
struct Fuzz {
  /// A plain C function can capture nothing.
  nonisolated(unsafe) private static var target = FuzzTarget.frame

  static func main() {
    let names = FuzzTarget.allCases.map(\.rawValue)
    guard CommandLine.argc > 1, let chosen = FuzzTarget(rawValue: CommandLine.arguments[1]) else {
      print("usage: fuzz \(names.joined(separator: "|")) [-max_total_time=60] [FOLDER …]")
      exit(2)
    }
    unsafe target = chosen
    // The name of the target is ours; everything behind it is libFuzzer's.
    var count = CommandLine.argc - 1
    // Safe: the arguments live as long as the program.
    var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = unsafe CommandLine.unsafeArgv + 1
    unsafe arguments![0] = unsafe CommandLine.unsafeArgv[0]
    exit(
      unsafe LLVMFuzzerRunDriver(&count, &arguments) { data, size in
        // Safe: libFuzzer lends the bytes for this call.
        let input = unsafe [UInt8](UnsafeBufferPointer(start: data, count: size))
        unsafe Fuzz.target.run(input)
        return 0
      })
  }
}
