package import Bytes

/// The records of `shapes.idl` by their names.
package let shapeTypes: [String: any WireRecord.Type] = [
  "Shapes": Shapes.self, "Target": Target.self, "Inner": Inner.self, "Leaf": Leaf.self,
]
