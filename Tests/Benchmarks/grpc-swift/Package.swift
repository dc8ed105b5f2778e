// swift-tools-version: 6.2
import PackageDescription

/// A peer for the benchmarks, in a package of its own, so that what it depends on reaches nobody else.
let package = Package(
  name: "grpc-swift-peer",
  dependencies: [
    .package(url: "https://github.com/grpc/grpc-swift-2", from: "2.4.3"),
    .package(url: "https://github.com/grpc/grpc-swift-nio-transport", from: "2.9.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
  ],
  targets: [
    .executableTarget(
      name: "grpc-swift-server",
      dependencies: [
        .product(name: "GRPCCore", package: "grpc-swift-2"),
        .product(name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport"),
        .product(name: "GRDB", package: "GRDB.swift"),
      ], swiftSettings: [.treatAllWarnings(as: .error)])
  ]
)
