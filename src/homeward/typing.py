"""Array types that signatures speak in (shape and kind, checked at run time in the tests)."""

from jaxtyping import Array, Bool, Float, Int

Scalar = Float[Array, ""]
Flag = Bool[Array, ""]
Count = Int[Array, ""]
Vec3 = Float[Array, "3"]
Quat = Float[Array, "4"]
Mat33 = Float[Array, "3 3"]

__all__ = ["Array", "Bool", "Count", "Flag", "Float", "Int", "Mat33", "Quat", "Scalar", "Vec3"]
