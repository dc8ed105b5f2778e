// swift-tools-version: 6.2
import PackageDescription

/// Where libFuzzer's runtime lies, for a build of the fuzzers alone: see Tests/Fuzz/run.
let fuzzer = Context.environment["SAFEGRID_FUZZER"]
/// `Schema` brings it along, because idlc is built the same way.
let fuzzing: [LinkerSetting] = fuzzer.map { [.unsafeFlags([$0]), .linkedLibrary("stdc++")] } ?? []
/// How every room of the house is built: Swift 6 mode, every warning an error, every unsafe operation marked.
let house: [SwiftSetting] = [
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  // Whether two accesses overlap is checked in debug builds, where the tests run.
  .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
  // The fuzzer sees which ways through our code an input takes.
  .unsafeFlags(fuzzer == nil ? [] : ["-sanitize=fuzzer"]),
]
/// The rooms of a request's path, and those they stand on. Each is a module, and their generic functions take everything
/// from keys to snapshots: without these flags the optimiser specialises none of the `package` ones for another module,
/// which costs a submission a quarter more. Library evolution is what the compiler demands for it; nobody outside is promised
/// anything.
let path: [SwiftSetting] =
  house + [
    .unsafeFlags(
      [
        "-cross-module-optimization", "-enable-library-evolution", "-Xfrontend", "-package-cmo", "-Xfrontend",
        "-allow-non-resilient-access", "-no-emit-module-separately-wmo",
      ], .when(configuration: .release))
  ]
/// Only `Bytes`, `LMDB` and `Store` declare properties, functions and types that hold or answer a span, which still takes
/// the experimental spelling of lifetimes.
let lifetimes: [SwiftSetting] = [.enableExperimentalFeature("Lifetimes")]

/// What the folder IDL holds besides the interface of the product.
let besideProduct = ["README.md", "PROTOCOL.md", "RULES.md", "api.lock", "conformance", "gridwire.idl"].map {
  "IDL/\($0)"
}

let package = Package(
  name: "SafeGrid",
  products: [
    .executable(name: "safegridd", targets: ["safegridd"]),
    .executable(name: "safegrid", targets: ["safegrid"]),
    .executable(name: "idlc", targets: ["idlc"]),
    .executable(name: "gridsim", targets: ["gridsim"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
  ],
  targets: [
    .target(name: "CChecksum"),
    .target(name: "Bytes", dependencies: ["CChecksum"], swiftSettings: path + lifetimes),
    .target(name: "Scalars", dependencies: ["Bytes"], swiftSettings: path),
    .target(name: "FaultPoints", swiftSettings: path),
    .target(name: "Metrics", swiftSettings: path),
    .target(name: "Schema", dependencies: ["Bytes", "Scalars"], swiftSettings: house, linkerSettings: fuzzing),
    .executableTarget(
      name: "idlc",
      dependencies: [
        "Schema", "ProtoJSON", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: house),
    .plugin(name: "SchemaPlugin", capability: .buildTool(), dependencies: ["idlc"], path: "Sources/SchemaPlugin"),
    .target(
      name: "Records", dependencies: ["Bytes", "Scalars"],
      exclude: besideProduct,
      swiftSettings: path, plugins: ["SchemaPlugin"]),
    .systemLibrary(name: "CLMDB", pkgConfig: "lmdb", providers: [.apt(["liblmdb-dev"])]),
    .target(name: "LMDB", dependencies: ["CLMDB", "Bytes"], swiftSettings: path + lifetimes),
    .target(
      name: "Journal", dependencies: ["Bytes", "FaultPoints", .product(name: "Crypto", package: "swift-crypto")],
      exclude: ["README.md"], swiftSettings: path),
    .target(
      name: "Domain", dependencies: ["Records", "Scalars", "Bytes"], exclude: ["README.md"], swiftSettings: path),
    .target(
      name: "Store", dependencies: ["Bytes", "FaultPoints", "Records", "LMDB"], exclude: ["README.md"],
      swiftSettings: path + lifetimes),
    .target(
      name: "Engine",
      dependencies: [
        "Bytes", "FaultPoints", "Metrics", "Scalars", "Records", "Domain", "Journal", "Store",
        .product(name: "Crypto", package: "swift-crypto"),
      ],
      swiftSettings: path),
    .target(name: "RPC", dependencies: ["Bytes"], swiftSettings: path, plugins: ["SchemaPlugin"]),
    .target(
      name: "API",
      dependencies: ["Bytes", "Records", "RPC", "Schema", .product(name: "Crypto", package: "swift-crypto")],
      exclude: besideProduct, swiftSettings: path,
      plugins: ["SchemaPlugin"]),
    .target(
      name: "Service",
      dependencies: [
        "Bytes", "Metrics", "Scalars", "Records", "Domain", "RPC", "API", "Journal", "Store", "Engine",
        .product(name: "Crypto", package: "swift-crypto"),
      ], swiftSettings: path),
    .target(
      name: "Transport",
      dependencies: [
        "Bytes", "RPC", .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"), .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "NIOTLS", package: "swift-nio"), .product(name: "Crypto", package: "swift-crypto"),
      ], swiftSettings: path),
    .target(
      name: "Server",
      dependencies: [
        "Bytes", "Scalars", "FaultPoints", "Metrics", "Records", "Domain", "RPC", "API", "Journal", "Store", "Engine",
        "Service", "Transport", "ProtoJSON", .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ], resources: [.embedInCode("Profiles/tongcheng.json5"), .embedInCode("Profiles/kaifu.json5")],
      swiftSettings: house),
    .executableTarget(
      name: "safegridd",
      dependencies: [
        "Scalars", "Records", "Engine", "Server", "Transport",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ], swiftSettings: house),
    .target(
      name: "Client",
      dependencies: [
        "Bytes", "RPC", "Transport", .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ], swiftSettings: house),
    // For tests of programs that call the daemon; no program of ours holds it.
    .target(
      name: "Fakes", dependencies: ["Bytes", "Records", "RPC", "API"], exclude: besideProduct, swiftSettings: house,
      plugins: ["SchemaPlugin"]),
    .target(name: "ProtoJSON", dependencies: ["Bytes", "Scalars", "Schema"], swiftSettings: house),
    .target(
      name: "Example", dependencies: ["Records", "Scalars"],
      resources: [.embedInCode("Data/tongcheng.csv"), .embedInCode("Data/hazard_texts.csv")], swiftSettings: house),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .executableTarget(
      name: "safegrid",
      dependencies: [
        "Bytes", "Scalars", "Records", "Journal", "Engine", "RPC", "API", "Client", "Transport", "ProtoJSON", "Schema",
        "CZlib", "Server", "Example",
        // Only so that running the one builds the other, which `demo` starts.
        "safegridd", .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Histogram", package: "hdrhistogram-swift"),
      ], resources: [.embedInCode("Load/report.html")], swiftSettings: house),
    .target(
      name: "Support",
      dependencies: ["Bytes", "Scalars", "Records", "Domain", "Schema", "ProtoJSON", "Example", "CThreadSanitizer"],
      path: "Tests/Support",
      swiftSettings: house),
    .target(
      name: "ShapeRecords", dependencies: ["Bytes", "Scalars", "Records"], path: "Tests/ShapeRecords",
      swiftSettings: house, plugins: ["SchemaPlugin"]),
    .target(name: "CThreadSanitizer", path: "Tests/ThreadSanitizer"),
    .target(name: "CFileLog"),
    .target(
      name: "Simulation",
      dependencies: [
        "Bytes", "CFileLog", "Metrics", "Scalars", "Records", "Domain", "RPC", "API", "Journal", "Store", "Engine",
        "Service", "Example", "Support",
      ], exclude: ["README.md"], swiftSettings: house),
    .executableTarget(
      name: "gridsim",
      dependencies: ["Simulation", .product(name: "ArgumentParser", package: "swift-argument-parser")],
      swiftSettings: house),
    .testTarget(
      name: "SimulationTests",
      dependencies: [
        "Bytes", "Scalars", "Records", "Domain", "Journal", "Store", "Engine", "Simulation", "Example", "Support",
      ], swiftSettings: house),
    .testTarget(name: "BytesTests", dependencies: ["Bytes", "Example", "Support"], swiftSettings: house),
    .testTarget(
      name: "SchemaTests",
      dependencies: [
        "Bytes", "Scalars", "Records", "Schema", "API", "ProtoJSON", "Example", "Support", "ShapeRecords", "idlc",
      ],
      swiftSettings: house),
    .testTarget(
      name: "RecordsTests",
      dependencies: ["Bytes", "Scalars", "Records", "API", "ProtoJSON", "Schema", "Example", "Support"],
      swiftSettings: house),
    .testTarget(
      name: "DomainTests", dependencies: ["Records", "Scalars", "Domain", "Example", "Support"], exclude: ["Golden"],
      swiftSettings: house),
    .testTarget(name: "LMDBTests", dependencies: ["Bytes", "LMDB", "Example", "Support"], swiftSettings: house),
    .testTarget(
      name: "JournalTests",
      dependencies: [
        "Bytes", "Journal", "Example", "Support", .product(name: "Crypto", package: "swift-crypto"),
      ], swiftSettings: house),
    .testTarget(
      name: "StoreTests",
      dependencies: [
        "Bytes", "Scalars", "Records", "Domain", "API", "Schema", "LMDB", "Store", "Engine", "Example", "Support",
      ],
      swiftSettings: house),
    .testTarget(
      name: "EngineTests",
      dependencies: [
        "Bytes", "Scalars", "Records", "Domain", "Journal", "Store", "Engine", "Example", "Support",
        .product(name: "Crypto", package: "swift-crypto"),
      ],
      swiftSettings: house),
    .testTarget(name: "RPCTests", dependencies: ["Bytes", "RPC", "Example", "Support"], swiftSettings: house),
    .target(
      name: "Fuzzing", dependencies: ["Bytes", "ProtoJSON", "RPC", "Records", "Scalars", "Schema", "Support"],
      path: "Tests/Fuzz/Targets", swiftSettings: house),
    .testTarget(name: "FuzzTests", dependencies: ["Bytes", "Example", "Fuzzing", "Support"], swiftSettings: house),
    .testTarget(
      name: "FakesTests", dependencies: ["Bytes", "Scalars", "Records", "RPC", "API", "Fakes"], swiftSettings: house),
    .testTarget(
      name: "ConformanceTests",
      dependencies: ["Bytes", "ProtoJSON", "RPC", "Records", "Schema", "ShapeRecords", "Support"],
      swiftSettings: house),
    .testTarget(
      name: "TransportTests",
      dependencies: [
        "Bytes", "RPC", "Transport", "Support", .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ],
      swiftSettings: house),
    .testTarget(
      name: "ClientTests",
      dependencies: [
        "API", "Bytes", "Client", "RPC", "Records", "Transport", .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ], swiftSettings: house),
    .testTarget(name: "ServiceTests", dependencies: ["Records", "Service"], swiftSettings: house),
    .testTarget(
      name: "ServerTests",
      dependencies: ["Bytes", "Domain", "Example", "ProtoJSON", "Records", "Scalars", "Server", "Service", "Support"],
      swiftSettings: house),
    .testTarget(
      name: "ProcessTests",
      dependencies: [
        "Bytes", "FaultPoints", "Scalars", "Records", "Domain", "LMDB", "Store", "RPC", "API", "Client", "Transport",
        "ProtoJSON", "Schema", "Example", "Support", "safegrid", "safegridd",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Histogram", package: "hdrhistogram-swift"),
      ], exclude: ["Golden"], swiftSettings: house),
    .testTarget(name: "MetricsTests", dependencies: ["Metrics", "Example", "Support"], swiftSettings: house),
    .testTarget(name: "ScalarsTests", dependencies: ["Bytes", "Scalars"], swiftSettings: house),
  ]
)

if fuzzer != nil {
  package.targets += [
    .systemLibrary(name: "CFuzzer", path: "Tests/Fuzz/CFuzzer"),
    .executableTarget(
      name: "fuzz", dependencies: ["Bytes", "CFuzzer", "Fuzzing"], path: "Tests/Fuzz/Program",
      swiftSettings: house),
  ]
}

// Tests/Benchmarks/run sets it: what is only measured is no part of the product, and nobody else builds it.
if Context.environment["SAFEGRID_BENCHMARKS"] != nil {
  package.targets += [
    .executableTarget(
      name: "echo-server",
      dependencies: ["Bytes", "RPC", "Transport", .product(name: "NIOPosix", package: "swift-nio")],
      path: "Tests/Benchmarks/echo", swiftSettings: house),
    .executableTarget(
      name: "codec", dependencies: ["Bytes", "Records", "Scalars"], path: "Tests/Benchmarks/codec", swiftSettings: house
    ),
  ]
}
