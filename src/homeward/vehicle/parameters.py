"""Parameter types of the ship. The true values and the believed ones are two values of one type."""

import equinox as eqx

from homeward.typing import Scalar


class Capsule(eqx.Module):
    """The descent module: mass [kg], reference area [m2], nose radius [m], bank actuator [rad/s, rad/s2]."""

    mass: Scalar
    area: Scalar
    nose_radius: Scalar
    bank_rate_limit: Scalar
    bank_acceleration_limit: Scalar


class Stack(eqx.Module):
    """The ship in orbit: masses [kg] of what is left behind, and drag of the whole."""

    orbital_module: Scalar
    service_module: Scalar
    propellant: Scalar
    drag_area: Scalar
    drag_coefficient: Scalar
    service_module_ballistic: Scalar  # mass over CD x area of the released service module, kg/m2


class Engine(eqx.Module):
    """Main engines together: thrust [N], exhaust speed [m/s]."""

    thrust: Scalar
    exhaust_speed: Scalar


class Parachutes(eqx.Module):
    """Canopies as CD x area [m2], times [s] and the mass [kg] and altitude [m] of the dropped shield."""

    drogue_area: Scalar
    drogue_fill: Scalar
    drogue_time: Scalar
    main_area: Scalar
    main_reefed_fraction: Scalar
    main_reefed_time: Scalar
    main_fill: Scalar
    backup_area: Scalar
    heat_shield_mass: Scalar
    heat_shield_altitude: Scalar


class Retro(eqx.Module):
    """Landing rockets: firing height [m], thrust [N], burn time [s]."""

    height: Scalar
    thrust: Scalar
    burn_time: Scalar
