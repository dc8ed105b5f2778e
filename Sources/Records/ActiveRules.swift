/// The active profile, by reference: it is large, and each command looks at a few of its rules.
package final class ActiveRules: Sendable {
  package let profile: Profile

  package init(_ profile: Profile) { self.profile = profile }
}
