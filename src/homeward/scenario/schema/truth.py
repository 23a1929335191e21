"""`[truth.*]`: the world as it is, and the vehicle as it is built."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from homeward.scenario.schema.base import (
    AngularRate,
    Flag,
    Fraction,
    Mass,
    NonNegative,
    OptionalMass,
    Positive,
    Real,
    Scale,
    Seconds,
    Section,
    Speed,
    Whole,
)
from homeward.scenario.schema.body import (
    CapsuleTanks,
    Inertia,
    Place,
    Products,
    Shape,
    Thrusters,
    check_inertia,
)
from homeward.scenario.schema.canopies import Canopies
from homeward.scenario.schema.heat_shield import HeatShield
from homeward.scenario.schema.landing import Landing
from homeward.scenario.schema.sensors import DeploymentFigures, Sensors, Vent
from homeward.scenario.schema.world import Air, Earth, Gravity, Wind


class Capsule(Section):
    """The capsule as it enters."""

    mass_kg: Mass = Field(default=3200.0, description="mass at the interface, without what is left before it")
    diameter_m: Annotated[Positive, Field(le=100.0)] = Field(
        default=2.52, description="diameter; its circle is the reference area"
    )
    nose_radius_m: Annotated[Positive, Field(le=100.0)] = Field(
        default=2.9, description="radius of curvature of the heat shield"
    )
    aero: Literal["apollo", "shape", "constant"] = Field(
        default="apollo",
        description="trim of a point mass. apollo: published table against Mach; shape: what the shape gives "
        "where its centre of mass stands; constant: one drag and one lift",
    )
    drag_coefficient: Annotated[Positive, Field(le=10.0)] = Field(
        default=1.25, description="CD, where aero is constant"
    )
    lift_to_drag: Annotated[NonNegative, Field(le=5.0)] = Field(
        default=0.30, description="trim L/D (at Mach 10: the table is scaled to it)"
    )
    drag_scale: Scale = Field(default=1.0, description="factor on the drag coefficient, L/D kept")
    shape: Shape = Field(default_factory=Shape, description="outer shape, for a ship that turns")
    center_of_mass_m: Annotated[Positive, Field(le=100.0)] = Field(
        default=0.92,
        description="of the centre of mass along the axis, from the heat shield's foremost point",
    )
    center_of_mass_offset_m: Annotated[Real, Field(ge=-50.0, le=50.0)] | None = Field(
        default=None,
        description="of the centre of mass off the axis, upward in an entry with wings level; left out: "
        "where it gives the stated lift_to_drag",
        examples=[0.05],
    )
    inertia_kg_m2: Inertia = Field(
        default=(2000.0, 2100.0, 2000.0), description="moments about the centre of mass: x, y, z"
    )
    products_of_inertia_kg_m2: Products = Field(default=(0.0, 0.0, 0.0), description="products xy, xz, yz")
    thrusters: CapsuleTanks = Field(default_factory=CapsuleTanks, description="attitude thrusters")
    bank_rate_limit_deg_s: AngularRate = Field(default=15.0, description="fastest roll")
    bank_acceleration_limit_deg_s2: AngularRate = Field(
        default=6.0, description="strongest roll acceleration"
    )

    @model_validator(mode="after")
    def _check_inertia(self) -> "Capsule":
        check_inertia(self.inertia_kg_m2, self.products_of_inertia_kg_m2)
        return self


class Stack(Section):
    """The ship in orbit: capsule, orbital module and service module."""

    orbital_module_kg: OptionalMass = Field(
        default=1500.0, description="left in orbit before the deorbit burn"
    )
    service_module_kg: OptionalMass = Field(
        default=2000.0, description="without propellant; released at the separation altitude"
    )
    propellant_kg: OptionalMass = Field(default=900.0, description="of the main engine")
    drag_area_m2: Annotated[Positive, Field(le=1e4)] = Field(
        default=12.0, description="of the stack in orbit"
    )
    drag_coefficient: Annotated[Positive, Field(le=10.0)] = Field(
        default=2.2, description="of the stack in orbit"
    )
    service_module_ballistic_kg_m2: Annotated[Positive, Field(le=1e5)] = Field(
        default=120.0, description="mass over CD times area of the falling service module"
    )
    length_m: Annotated[Positive, Field(le=100.0)] = Field(
        default=5.5, description="of capsule and service module together"
    )
    inertia_kg_m2: Inertia = Field(
        default=(6000.0, 18000.0, 18000.0),
        description="moments of capsule and service module about their centre of mass: x, y, z",
    )
    products_of_inertia_kg_m2: Products = Field(default=(0.0, 0.0, 0.0), description="products xy, xz, yz")
    thrusters: Thrusters = Field(
        default_factory=Thrusters, description="attitude thrusters, fed from the main tanks"
    )
    axial_thrust_n: Annotated[NonNegative, Field(le=1e6)] = Field(
        default=1200.0,
        description="of the thrusters that push forward, together: they end a burn that the engines cannot",
    )

    @model_validator(mode="after")
    def _check_inertia(self) -> "Stack":
        check_inertia(self.inertia_kg_m2, self.products_of_inertia_kg_m2)
        return self


class Engine(Section):
    """The main engine, which makes the deorbit burn."""

    count: Annotated[Whole, Field(ge=1, le=100)] = Field(
        default=4, description="number of engines that burn together"
    )
    thrust_n: Annotated[Positive, Field(le=1e7)] = Field(default=2500.0, description="thrust of each")
    specific_impulse_s: Annotated[Positive, Field(ge=50.0, le=1000.0)] = Field(
        default=290.0, description="specific impulse"
    )
    fall_s: Annotated[Positive, Field(le=10.0)] = Field(
        default=0.15, description="time constant of the thrust after lighting and after cut-off"
    )


class Separation(Section):
    """How the ship leaves the station and the modules leave the capsule."""

    port: Literal["forward", "aft", "nadir"] = Field(
        default="aft", description="port left: it decides which way springs and departure burn push"
    )
    undock_speed_m_s: Annotated[NonNegative, Field(le=10.0)] = Field(
        default=0.3, description="from the springs, along the docking axis"
    )
    departure_delta_v_m_s: Annotated[NonNegative, Field(le=50.0)] = Field(
        default=1.2, description="burn after undocking: forward from the forward port, else backward"
    )
    departure_delay_s: Seconds = Field(default=180.0, description="from undocking to that burn")
    module_speed_m_s: Annotated[NonNegative, Field(le=50.0)] = Field(
        default=1.0, description="between the capsule and a module it leaves"
    )
    tip_off_deg_s: tuple[NonNegative, NonNegative, NonNegative] = Field(
        default=(0.6, 0.9, 0.9),
        description="3-sigma rate of turn left by it about x, y, z; a nominal flight takes a third",
    )


class Parachute(Section):
    """Drogue, reefed main and backup; an area is CD times S, of all canopies together."""

    drogue_area_m2: Annotated[Positive, Field(le=1e5)] = Field(
        default=24.0, description="CD x S of the drogue"
    )
    drogue_fill_s: Seconds = Field(default=1.0, description="filling time of the drogue")
    drogue_time_s: Seconds = Field(default=16.0, description="from the opening to the main")
    main_area_m2: Annotated[Positive, Field(le=1e5)] = Field(default=900.0, description="CD x S of the main")
    main_reefed_fraction: Fraction = Field(default=0.06, description="part of the main's area while reefed")
    main_reefed_time_s: Seconds = Field(default=8.0, description="how long the main stays reefed")
    main_fill_s: Seconds = Field(default=4.0, description="filling time of the main after reefing")
    backup_area_m2: Annotated[NonNegative, Field(le=1e5)] = Field(
        default=380.0, description="CD x S of the backup; 0 where there is none"
    )
    heat_shield_kg: OptionalMass = Field(default=300.0, description="dropped under the main; 0 keeps it")
    heat_shield_altitude_m: Annotated[Real, Field(ge=-500.0, le=3e4)] = Field(
        default=6000.0, description="above the ellipsoid, where the heat shield is dropped"
    )
    riser_m: Place | None = Field(
        default=None,
        description="where the parachute pulls, from the heat shield's foremost point; left out: the apex, "
        "over the centre of mass",
        examples=[(2.4, 0.0, 0.05)],
    )
    drogue_fails: Flag = Field(default=False, description="the drogue does not open")
    main_fails: Flag = Field(default=False, description="the main does not open: the backup is used")


class Retro(Section):
    """Landing rockets. Leave the whole table out for a capsule that has none."""

    height_m: Annotated[Positive, Field(le=50.0)] = Field(
        default=1.05, description="gamma altimeter's height at which the rockets fire"
    )
    thrust_n: Annotated[Positive, Field(le=1e7)] = Field(
        default=120000.0, description="thrust of all together"
    )
    burn_time_s: Annotated[Positive, Field(le=60.0)] = Field(default=0.16, description="burning time")
    altimeter_sigma_m: Annotated[NonNegative, Field(le=50.0)] = Field(
        default=0.05, description="1-sigma of the gamma altimeter"
    )


class NavigationError(Section):
    """Error model that stands in for the navigation filter; 1-sigma an axis."""

    position_sigma_m: Annotated[NonNegative, Field(le=1e6)] = Field(
        default=10.0, description="position error"
    )
    velocity_sigma_m_s: Annotated[NonNegative, Field(le=1e3)] = Field(
        default=0.05, description="velocity error"
    )
    correlation_time_s: Seconds = Field(default=300.0, description="Gauss-Markov time of both")
    blackout_accelerometer_bias_ug: Annotated[NonNegative, Field(le=1e6)] = Field(
        default=25.0, description="accelerometer bias while blind (1e-6 of standard gravity)"
    )
    blackout_misalignment_arcsec: Annotated[NonNegative, Field(le=1e5)] = Field(
        default=20.0, description="misalignment of the inertial unit while blind"
    )
    blackout_top_m: Annotated[NonNegative, Field(le=3e5)] = Field(
        default=90000.0, description="altitude below which the black-out can begin"
    )
    blackout_bottom_m: Annotated[NonNegative, Field(le=3e5)] = Field(
        default=40000.0, description="altitude at which it has ended"
    )
    blackout_speed_m_s: Speed = Field(default=3000.0, description="speed below which there is none")

    @model_validator(mode="after")
    def _check_band(self) -> "NavigationError":
        if self.blackout_bottom_m >= self.blackout_top_m:
            raise ValueError("expected blackout_bottom_m below blackout_top_m")
        return self


class Limits(Section):
    """What the flight is judged against."""

    load_g: Annotated[Positive, Field(le=100.0)] = Field(default=5.0, description="load factor of the entry")
    heat_rate_w_m2: Positive = Field(default=1.2e6, description="stagnation heating")
    heat_load_j_m2: Positive | None = Field(
        default=None,
        description="stagnation heating summed over the entry; no limit if left out",
        examples=[1.5e9],
    )
    dynamic_pressure_pa: Positive = Field(default=2.0e4, description="dynamic pressure")
    opening_load_g: Annotated[Positive, Field(le=100.0)] = Field(
        default=10.0,
        description="load under the parachutes, for a second or less: opening shocks, landing rockets",
    )
    touchdown_speed_m_s: Annotated[Positive, Field(le=100.0)] = Field(
        default=3.0, description="vertical speed at touchdown"
    )
    horizontal_speed_m_s: Annotated[Positive, Field(le=100.0)] | None = Field(
        default=None, description="speed over ground at touchdown; no limit if left out", examples=[12.0]
    )
    tilt_deg: Annotated[Positive, Field(le=180.0)] | None = Field(
        default=None,
        description="between the axis and the surface's normal at touchdown; no limit if left out",
        examples=[30.0],
    )
    crew_dose: Positive | None = Field(
        default=None,
        description="of the landing pulse, 1 at the limits of landing.dose_level; no limit if left out",
        examples=[1.0],
    )
    drogue_canopy_n: Positive | None = Field(
        default=None, description="snatch or opening of one drogue; no limit if left out", examples=[9e4]
    )
    main_canopy_n: Positive | None = Field(
        default=None,
        description="snatch or opening of one main, or of the backup; no limit if left out",
        examples=[1.1e5],
    )
    tip_over_index: Positive | None = Field(
        default=None, description="at 1 the capsule tips over; no limit if left out", examples=[1.0]
    )


class Vehicle(Section):
    """A world and a ship in it, as figures: what is true and what is believed on board are two of these."""

    earth: Earth = Field(default_factory=Earth, description="the Earth's turning and shape")
    gravity: Gravity = Field(default_factory=Gravity, description="gravity")
    air: Air = Field(default_factory=Air, description="air")
    wind: Wind = Field(default_factory=Wind, description="wind")
    capsule: Capsule = Field(default_factory=Capsule, description="the capsule")
    stack: Stack = Field(default_factory=Stack, description="the ship in orbit")
    engine: Engine = Field(default_factory=Engine, description="the main engine")
    separation: Separation = Field(default_factory=Separation, description="partings")
    parachute: Parachute = Field(default_factory=Parachute, description="parachutes")
    retro: Retro | None = Field(default=None, description="landing rockets; none if left out")
    vent: Vent = Field(default_factory=Vent, description="vent of the parachute deployment unit")
    limits: Limits = Field(default_factory=Limits, description="limits")

    @model_validator(mode="after")
    def _check_masses(self) -> "Vehicle":
        if self.parachute.heat_shield_kg >= self.capsule.mass_kg:
            raise ValueError("expected parachute.heat_shield_kg to be less than capsule.mass_kg")
        return self


class Truth(Vehicle):
    """The world as it is, and the vehicle as it is built."""

    canopies: Canopies = Field(
        default_factory=Canopies, description="clusters of canopies, and what their loads are reckoned by"
    )
    landing: Landing = Field(default_factory=Landing, description="what a touchdown is assessed by")

    heat_shield: HeatShield = Field(
        default_factory=HeatShield, description="layers of the heat shield, and the points told of it"
    )
    gravity_gradient: Flag = Field(
        default=False, description="the gravity gradient turns the six-DOF ship in orbit"
    )
    navigation: NavigationError = Field(default_factory=NavigationError, description="navigation error")
    sensors: Sensors = Field(default_factory=Sensors, description="sensors of a ship that turns")
    deployment: DeploymentFigures = Field(
        default_factory=DeploymentFigures, description="sensors of the parachute deployment unit"
    )

    @model_validator(mode="after")
    def _check_landing(self) -> "Truth":
        for key in ("tilt_deg", "crew_dose", "tip_over_index"):
            if getattr(self.limits, key) is not None and not self.landing.assessed:
                raise ValueError(f"expected landing.assessed = true where limits.{key} is set")
        for key in ("drogue_canopy_n", "main_canopy_n"):
            if getattr(self.limits, key) is not None and not self.canopies.loads:
                raise ValueError(f"expected canopies.loads = true where limits.{key} is set")
        if self.limits.tip_over_index is not None and self.landing.surface == "sea":
            raise ValueError('expected landing.surface = "ground" where limits.tip_over_index is set')
        return self
