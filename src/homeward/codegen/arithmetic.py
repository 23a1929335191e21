"""Arithmetic and the functions of <math.h>, element by element."""

from homeward.codegen.elementwise import each
from homeward.codegen.registry import Site, translates
from homeward.codegen.scalars import literal, suffix
from homeward.codegen.values import Value


def _arithmetic(name: str, sign: str) -> None:
    @translates(name)
    def translate(site: Site) -> list[Value]:
        dtype = site.dtype
        if dtype.kind == "f":
            return each(site, site.operands, lambda a, b: f"{a} {sign} {b}")
        return each(site, site.operands, lambda a, b: f"{site.unit.helper(name, dtype)}({a}, {b})")


for _name, _sign in (("add", "+"), ("sub", "-"), ("mul", "*"), ("div", "/")):
    _arithmetic(_name, _sign)


@translates("add_any")
def _add_any(site: Site) -> list[Value]:
    return each(site, site.operands, lambda a, b: f"{a} + {b}")


def _helped(*names: str) -> None:
    for name in names:

        @translates(name)
        def translate(site: Site, name: str = name) -> list[Value]:
            helper = site.unit.helper(name, site.dtype)
            return each(site, site.operands, lambda *a: f"{helper}({', '.join(a)})")


_helped("max", "min", "sign", "shift_left", "shift_right_logical", "shift_right_arithmetic")


def _library(name: str, function: str) -> None:
    @translates(name)
    def translate(site: Site) -> list[Value]:
        if site.dtype.kind != "f":
            raise site.refusal(f"of {site.dtype.name}")
        return each(site, site.operands, lambda *a: f"{function}{suffix(site.dtype)}({', '.join(a)})")


for _name, _function in {
    "sin": "sin", "cos": "cos", "tan": "tan", "asin": "asin", "acos": "acos", "atan": "atan",
    "atan2": "atan2",
    "sinh": "sinh", "cosh": "cosh", "tanh": "tanh", "asinh": "asinh", "acosh": "acosh", "atanh": "atanh",
    "exp": "exp", "exp2": "exp2", "expm1": "expm1", "log": "log", "log1p": "log1p", "sqrt": "sqrt",
    "cbrt": "cbrt", "floor": "floor", "ceil": "ceil", "erf": "erf", "erfc": "erfc", "nextafter": "nextafter",
}.items():  # fmt: skip
    _library(_name, _function)


@translates("pow")
def _pow(site: Site) -> list[Value]:
    base, power = site.operands
    if site.dtype.kind != "f" or power.dtype.kind != "f":
        raise site.refusal("of integers")
    return each(site, [base, power], lambda a, b: f"pow{suffix(site.dtype)}({a}, {b})")


@translates("rem")
def _rem(site: Site) -> list[Value]:
    if site.dtype.kind == "f":
        return each(site, site.operands, lambda a, b: f"fmod{suffix(site.dtype)}({a}, {b})")
    return each(site, site.operands, lambda a, b: f"{site.unit.helper('rem', site.dtype)}({a}, {b})")


@translates("neg")
def _neg(site: Site) -> list[Value]:
    if site.dtype.kind == "f":
        return each(site, site.operands, lambda a: f"-{a}")
    return each(site, site.operands, lambda a: f"{site.unit.helper('neg', site.dtype)}({a})")


@translates("abs")
def _abs(site: Site) -> list[Value]:
    if site.dtype.kind == "f":
        return each(site, site.operands, lambda a: f"fabs{suffix(site.dtype)}({a})")
    return each(site, site.operands, lambda a: f"{site.unit.helper('abs', site.dtype)}({a})")


@translates("rsqrt")
def _rsqrt(site: Site) -> list[Value]:
    one, s = literal(1.0, site.dtype), suffix(site.dtype)
    return each(site, site.operands, lambda a: f"{one} / sqrt{s}({a})")


@translates("logistic")
def _logistic(site: Site) -> list[Value]:
    one, s = literal(1.0, site.dtype), suffix(site.dtype)
    return each(site, site.operands, lambda a: f"{one} / ({one} + exp{s}(-{a}))")


@translates("square")
def _square(site: Site) -> list[Value]:
    if site.dtype.kind == "f":
        return each(site, site.operands, lambda a: f"{a} * {a}")
    return each(site, site.operands, lambda a: f"{site.unit.helper('mul', site.dtype)}({a}, {a})")


@translates("integer_pow")
def _integer_pow(site: Site) -> list[Value]:
    """By squaring, as XLA does; a negative power is one over the positive one."""
    y, dtype = site.parameters["y"], site.dtype
    if dtype.kind != "f":
        if y < 0:
            raise site.refusal("a negative power of integers")
        times = site.unit.helper("mul", dtype)
    else:
        times = ""

    def product(a: str, b: str) -> str:
        return f"{times}({a}, {b})" if times else f"{a} * {b}"

    def expression(a: str) -> str:
        result, power, left = "", a, abs(y)
        while left:
            if left & 1:
                result = (
                    power if not result else f"{product(result, f'({power})' if ' ' in power else power)}"
                )
            left >>= 1
            if left:
                power = product(f"({power})", f"({power})") if " " in power else product(power, power)
        result = result or literal(1, dtype)
        return result if y >= 0 else f"{literal(1, dtype)} / ({result})"

    return each(site, site.operands, expression)


@translates("round")
def _round(site: Site) -> list[Value]:
    name = {0: "round", 1: "rint"}[int(site.parameters["rounding_method"])]
    return each(site, site.operands, lambda a: f"{name}{suffix(site.dtype)}({a})")


@translates("clamp")
def _clamp(site: Site) -> list[Value]:
    low, x, high = site.operands
    least, greatest = (site.unit.helper(n, site.dtype) for n in ("min", "max"))
    return each(site, [low, x, high], lambda a, b, c: f"{least}({greatest}({b}, {a}), {c})")
