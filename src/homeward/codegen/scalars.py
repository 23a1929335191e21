"""C's names of types, its literals, and the helper functions whose meaning is that of JAX and not of C."""

import math

import numpy as np

TYPES = {"float64": "double", "float32": "float", "bool": "bool"} | {
    f"{kind}int{bits}": f"{kind}int{bits}_t" for kind in ("", "u") for bits in (8, 16, 32, 64)
}


def c_type(dtype: np.dtype) -> str:
    """The C type of an element; raises KeyError for one that has none here."""
    return TYPES[np.dtype(dtype).name]


def literal(value: object, dtype: np.dtype) -> str:
    """A number as C writes it, to the last bit."""
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        return "true" if value else "false"
    if dtype.kind in "iu":
        number = int(value)  # type: ignore[call-overload]
        if dtype.kind == "i" and number == np.iinfo(dtype).min:
            return f"INT{8 * dtype.itemsize}_MIN"
        if dtype.itemsize < 8:
            return f"{number}{'u' if dtype.kind == 'u' else ''}" if number >= 0 else f"({number})"
        text = f"UINT64_C({number})" if dtype.kind == "u" else f"INT64_C({abs(number)})"
        return text if number >= 0 else f"(-{text})"
    number = float(value)  # type: ignore[arg-type]
    single = dtype.itemsize == 4
    if math.isnan(number):
        text = "NAN" if single else "(double)NAN"
    elif math.isinf(number):
        text = "INFINITY" if single else "(double)INFINITY"
        text = text if number > 0 else f"(-{text})"
    else:
        text = repr(number) if not single else str(np.float32(number))
        text = (text if any(c in text for c in ".e") else f"{text}.0") + ("f" if single else "")
        text = f"({text})" if text.startswith("-") else text
    return text


def suffix(dtype: np.dtype) -> str:
    """What <math.h> adds to a function's name for the type."""
    return "f" if np.dtype(dtype).itemsize == 4 else ""


def tag(dtype: np.dtype) -> str:
    """Short name of a type in a helper's name."""
    return {"b": "b", "i": "i", "u": "u", "f": "f"}[dtype.kind] + str(8 * dtype.itemsize)


def _float_helper(name: str, dtype: np.dtype) -> str:
    t, f = c_type(dtype), suffix(dtype)
    bodies = {
        "max": "return a > b || a != a ? a : b > a || b != b ? b : signbit(a) ? b : a;",
        "min": "return a < b || a != a ? a : b < a || b != b ? b : signbit(a) ? a : b;",
        "sign": f"return a > 0.0{f} ? 1.0{f} : a < 0.0{f} ? -1.0{f} : a;",
        # IEEE's total order, but for what NaN carries: a negative NaN first, -0 before 0, a NaN last
        "before": (
            "const int x = a != a ? signbit(a) ? -1 : 1 : 0, y = b != b ? signbit(b) ? -1 : 1 : 0;"
            " return x || y ? x < y : a < b || (a == b && signbit(a) && !signbit(b));"
        ),
    }
    arguments = f"{t} a" if name == "sign" else f"{t} a, {t} b"
    t = "bool" if name == "before" else t
    return f"static inline {t} hw_{name}_{tag(dtype)}({arguments}) {{ {bodies[name]} }}"


def _integer_helper(name: str, dtype: np.dtype) -> str:
    t, bits = c_type(dtype), 8 * dtype.itemsize
    u = f"uint{bits}_t"
    wide = "uint64_t" if bits == 64 else "uint32_t"
    signed = dtype.kind == "i"
    least = f"INT{bits}_MIN"
    guard = f"a == {least} && b == -1" if signed else "false"
    bodies = {
        "add": f"return ({t})({u})(({wide})a + ({wide})b);",
        "sub": f"return ({t})({u})(({wide})a - ({wide})b);",
        "mul": f"return ({t})({u})(({wide})a * ({wide})b);",
        "neg": f"return ({t})({u})(({wide})0 - ({wide})a);",
        "abs": f"return a < 0 ? ({t})({u})(({wide})0 - ({wide})a) : a;" if signed else "return a;",
        "sign": "return a > 0 ? 1 : a < 0 ? -1 : 0;" if signed else "return a > 0 ? 1 : 0;",
        "max": "return a > b ? a : b;",
        "min": "return a < b ? a : b;",
        "div": f"return b == 0 ? ({t})-1 : {guard} ? a : ({t})(a / b);",
        "rem": f"return b == 0 ? a : {guard} ? 0 : ({t})(a % b);",
        "shift_left": f"return b < 0 || b >= {bits} ? 0 : ({t})({u})(({wide})a << b);",
        "shift_right_logical": f"return b < 0 || b >= {bits} ? 0 : ({t})(({u})a >> b);",
        "shift_right_arithmetic": f"return ({t})(a >> (b < 0 || b >= {bits} ? {bits - 1} : b));",
    }
    arguments = f"{t} a" if name in ("neg", "abs", "sign") else f"{t} a, {t} b"
    body = bodies[name] if signed else bodies[name].replace("b < 0 || ", "").replace("a < 0", "false")
    return f"static inline {t} hw_{name}_{tag(dtype)}({arguments}) {{ {body} }}"


def _to_integer(source: np.dtype, dtype: np.dtype) -> str:
    t, s = c_type(dtype), c_type(source)
    info = np.iinfo(dtype)
    top, low = (
        literal(float(2 ** (info.bits - (dtype.kind == "i"))), source),
        literal(float(info.min), source),
    )
    greatest = f"{'U' if dtype.kind == 'u' else ''}INT{info.bits}_MAX"
    least = literal(info.min, dtype)
    body = f"return a != a ? 0 : a >= {top} ? {greatest} : a <= {low} ? {least} : ({t})a;"
    return f"static inline {t} hw_{tag(dtype)}_of_{tag(source)}({s} a) {{ {body} }}"


def helper(name: str, dtype: np.dtype, source: np.dtype | None = None) -> tuple[str, str]:
    """A helper's name and its definition."""
    dtype = np.dtype(dtype)
    if source is not None:
        source = np.dtype(source)
        return f"hw_{tag(dtype)}_of_{tag(source)}", _to_integer(source, dtype)
    write = _float_helper if dtype.kind == "f" else _integer_helper
    return f"hw_{name}_{tag(dtype)}", write(name, dtype)
