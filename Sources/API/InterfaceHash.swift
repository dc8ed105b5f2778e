internal import Crypto

/// SHA-256 over the IDL that this build speaks; tells versions apart at a glance.
package let interfaceHash: [UInt8] = {
  var hash = SHA256()
  for file in InterfaceText.files { hash.update(data: Array(file.text.utf8)) }
  return Array(hash.finalize())
}()
