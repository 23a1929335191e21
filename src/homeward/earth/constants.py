"""Constants of the Earth, each with its source. SI units."""

WGS84_A = 6378137.0  # semi-major axis, m: NGA.STND.0036 (WGS84)
WGS84_F = 1.0 / 298.257223563  # flattening: NGA.STND.0036
MU_WGS84 = 3.986004418e14  # gravitational parameter, m3/s2: NGA.STND.0036
OMEGA_WGS84 = 7.292115e-5  # nominal rotation rate, rad/s: NGA.STND.0036

MU_EGM96 = 3.986004415e14  # m3/s2: NASA/TP-1998-206861
RADIUS_EGM96 = 6378136.3  # reference radius of the coefficients, m: NASA/TP-1998-206861
J2_EGM96 = 1.08262668355e-3  # -sqrt(5) C20 of EGM96 (zero-frequency tide as shipped)

MU_SUN = 1.32712440041e20  # m3/s2: IAU 2015 / DE430
MU_MOON = 4.9028e12  # m3/s2: DE430, to the digits that matter in low orbit

ROTATION_RATE = 7.292115146706979e-5  # d(ERA)/d(UT1), rad/s: IERS Conventions 2010 eq. 5.15
G0 = 9.80665  # standard gravity, m/s2: ISO 80000-3

SPEED_OF_LIGHT = 299_792_458.0  # m/s: by definition of the metre
GAS_CONSTANT_AIR = 287.05287  # J/(kg K): US Standard Atmosphere 1976
GAMMA_AIR = 1.4  # ratio of specific heats: US Standard Atmosphere 1976
SUTTON_GRAVES_EARTH = 1.7415e-4  # kg^0.5/m: Sutton and Graves (1971), NASA TR R-376
