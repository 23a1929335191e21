"""One course of a rendezvous for tests of its navigation: two bodies under J2, from 50 km behind to contact.

Gravity here is the test's own. Ship B comes from behind to the aft port: docked, B has the axes of L.
"""

import itertools

import numpy as np

MU, RADIUS, J2 = 3.986004418e14, 6378137.0, 1.0826e-3
ORBIT = RADIUS + 390e3
RATE = np.sqrt(MU / ORBIT**3)

PORT_T, DOCK_B = np.array([-8.0, 0.5, 0.0]), np.array([4.0, 0.0, 0.0])
C_DT = np.diag([-1.0, -1.0, 1.0])
DOCKED = PORT_T - DOCK_B  # ship's centre of mass from the station's when docked, L


def gravity(r):
    """Central and J2, a pole along z [m/s2]."""
    d2 = r @ r
    k = 1.5 * J2 * RADIUS**2 / d2
    s2 = r[2] ** 2 / d2
    return -MU / d2**1.5 * r * (1.0 + k * np.array([1.0 - 5.0 * s2, 1.0 - 5.0 * s2, 3.0 - 5.0 * s2]))


def step(x, push, dt):
    """One Runge-Kutta step of position and velocity under gravity and an even push."""

    def rates(x):
        return np.concatenate([x[3:], gravity(x[:3]) + push])

    a = rates(x)
    b = rates(x + 0.5 * dt * a)
    c = rates(x + 0.5 * dt * b)
    d = rates(x + dt * c)
    return x + dt / 6.0 * (a + 2.0 * b + 2.0 * c + d)


def axes(station):
    """``C_LI`` and the frame's rate [rad/s, L]."""
    r, v = station[:3], station[3:]
    h = np.cross(r, v)
    z, y = -r / np.linalg.norm(r), -h / np.linalg.norm(h)
    return np.stack([np.cross(y, z), y, z]), np.array([0.0, -np.linalg.norm(h) / (r @ r), 0.0])


def in_L(ship, station):
    """Relative position and velocity in L, which turns."""
    C, w = axes(station)
    r = C @ (ship[:3] - station[:3])
    return r, C @ (ship[3:] - station[3:]) - np.cross(w, r)


def transfer(r, goal, time):
    """Velocity [m/s, L] with which a drift arrives: Clohessy-Wiltshire."""
    s, c, t = np.sin(RATE * time), np.cos(RATE * time), RATE * time
    near = np.array([[1.0, 0.0, 6.0 * (t - s)], [0.0, c, 0.0], [0.0, 0.0, 4.0 - 3.0 * c]])
    fast = (
        np.array([[4.0 * s - 3.0 * t, 0.0, 2.0 * (1.0 - c)], [0.0, s, 0.0], [2.0 * (c - 1.0), 0.0, s]]) / RATE
    )
    return np.linalg.solve(fast, goal - near @ r)


class Course:
    """Both bodies at every cycle, and what the ship gained in the cycle before [m/s, I]."""

    def __init__(self, place_L, speed_L):
        tilt, node = np.radians(41.5), 0.7
        x = np.array([np.cos(node), np.sin(node), 0.0])
        y = np.array([-np.sin(node) * np.cos(tilt), np.cos(node) * np.cos(tilt), np.sin(tilt)])
        self.station = np.concatenate([ORBIT * x, np.sqrt(MU / ORBIT) * y])
        C, w = axes(self.station)
        place, speed = C.T @ place_L, C.T @ (speed_L + np.cross(w, place_L))
        self.ship = self.station + np.concatenate([place, speed])
        self.rows = [(self.ship, self.station, np.zeros(3), 0.0)]

    def fly(self, dt, gain_L=None):
        gain = np.zeros(3) if gain_L is None else axes(self.station)[0].T @ gain_L
        self.ship, self.station = step(self.ship, gain / dt, dt), step(self.station, np.zeros(3), dt)
        self.rows.append((self.ship, self.station, gain, dt))

    def hop(self, goal, time, dt, most=3.0):
        """To a point in L by a transfer aimed again every tenth of the time; then the speed taken off."""
        left = round(time / dt)
        every = max(left // 10, 1)
        for k in range(left):
            gain = None
            if k % every == 0 and left - k > 2:
                r, v = in_L(self.ship, self.station)
                gain = np.clip(transfer(r, goal, (left - k) * dt) - v, -most, most)
            self.fly(dt, gain)
        for _ in range(12):
            self.fly(dt, np.clip(-in_L(self.ship, self.station)[1], -most, most))

    def follow(self, places, dt):
        """Along given places in L with a push every cycle."""
        for now, then in itertools.pairwise(places):
            r, v = in_L(self.ship, self.station)
            # What pulls in L, and back to the line within ten seconds.
            pull = np.array([2.0 * RATE * v[2], -(RATE**2) * r[1], 3.0 * RATE**2 * r[2] - 2.0 * RATE * v[0]])
            wanted = (then - now) / dt + 0.1 * (now - r)
            self.fly(dt, 0.5 * (wanted - v) - pull * dt)


def far():
    """50 km behind and 4 km below, drifting up to 5 km behind; cycles of 10 s."""
    course = Course(np.array([-50e3, 300.0, 4e3]), np.array([1.5 * RATE * 4e3, 0.0, 0.0]))
    for _ in range(400):
        course.fly(10.0)
    course.hop(np.array([-5e3, 0.0, 0.0]), 2000.0, 10.0, most=12.0)
    return course


def near(start):
    """5 km hold, a hop to 400 m from port to port, 400 m to 0.2 m in 800 s; cycles of 1 s."""
    course = Course(*in_L(start.ship, start.station))
    course.ship, course.station = start.ship, start.station
    course.rows = [(course.ship, course.station, np.zeros(3), 0.0)]
    for _ in range(100):
        course.fly(1.0)
    course.hop(DOCKED - np.array([400.0, 0.0, 0.0]), 1200.0, 1.0, most=0.6)
    r, _ = in_L(course.ship, course.station)
    settle = np.linspace(r, DOCKED - np.array([400.0, 0.0, 0.0]), 60)
    share = np.concatenate([np.linspace(0.0, 1.0, 61), np.ones(640), np.linspace(1.0, 0.1, 100)])
    way = np.cumsum(share[1:])
    approach = DOCKED - np.outer(400.0 - 399.8 * way / way[-1], [1.0, 0.0, 0.0])
    course.follow(np.concatenate([settle, approach]), 1.0)
    return course


def arrays(course):
    """``ship, station (n, 6), gain (n, 3), dt (n), C_LI (n, 3, 3)``."""
    ship, station, gain, dt = (np.array(x) for x in zip(*course.rows, strict=True))
    return ship, station, gain, dt, np.array([axes(s)[0] for s in station])


def quaternion(C):
    """``q`` of a matrix, scalar first, by the eigenvector of Bar-Itzhack's matrix."""
    K = np.array(
        [
            [C[0, 0] + C[1, 1] + C[2, 2], 0, 0, 0],
            [C[2, 1] - C[1, 2], C[0, 0] - C[1, 1] - C[2, 2], 0, 0],
            [C[0, 2] - C[2, 0], C[0, 1] + C[1, 0], C[1, 1] - C[0, 0] - C[2, 2], 0],
            [C[1, 0] - C[0, 1], C[0, 2] + C[2, 0], C[1, 2] + C[2, 1], C[2, 2] - C[0, 0] - C[1, 1]],
        ]
    )
    q = np.linalg.eigh(K, UPLO="L")[1][:, -1]
    return q if q[0] >= 0.0 else -q
