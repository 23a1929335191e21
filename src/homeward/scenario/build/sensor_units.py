"""Figures of a data sheet in the units that are reckoned with."""

import numpy as np

from homeward.earth.constants import G0
from homeward.scenario.build.world import ARCSECOND
from homeward.scenario.schema.sensors import SensorFigures


def per_second(f: SensorFigures) -> dict[str, float]:
    """Of the inertial unit, in rad, m and s; its instruments' and its block's."""
    return {
        "gyro_bias": float(np.radians(f.gyro_bias_deg_h)) / 3600.0,
        "gyro_walk": float(np.radians(f.gyro_walk_deg_sqrt_h)) / 60.0,
        "gyro_scale": 1e-6 * f.gyro_scale_ppm,
        "accelerometer_bias": 1e-6 * G0 * f.accelerometer_bias_ug,
        "accelerometer_walk": f.accelerometer_walk_m_s_sqrt_s,
        "accelerometer_scale": 1e-6 * f.accelerometer_scale_ppm,
        "gyro_instability": float(np.radians(f.gyro_instability_deg_h)) / 3600.0,
        "accelerometer_instability": 1e-6 * G0 * f.accelerometer_instability_ug,
        "gyro_quantum": ARCSECOND * f.gyro_pulse_arcsec,
        "accelerometer_quantum": f.accelerometer_pulse_m_s,
        "crossed": ARCSECOND * f.misalignment_arcsec,
        "mounting": ARCSECOND * f.mounting_arcsec,
    }
