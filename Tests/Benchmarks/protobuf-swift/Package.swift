// swift-tools-version: 6.2
import PackageDescription

/// A peer for the codec: `safegrid.pb.swift` is made by `run`, from the `.proto` that `idlc generate` writes.
let package = Package(
  name: "protobuf-swift-peer",
  dependencies: [.package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0")],
  targets: [
    .executableTarget(
      name: "swift-protobuf-codec", dependencies: [.product(name: "SwiftProtobuf", package: "swift-protobuf")],
      swiftSettings: [.unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))])
  ]
)
