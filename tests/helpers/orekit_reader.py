"""A program of its own: reads navigation messages with Orekit, and prints as JSON what it found in them.

``python orekit_reader.py FILE...``; the ending of each name tells the message. Needs orekit-jpype and a Java
machine. Orekit's leap seconds are written for it from ERFA's, which ours come from too; all else is its own.
"""

import json
import sys
import tempfile
from pathlib import Path

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def leap_seconds() -> str:
    """ERFA's leap seconds from 1972 on in the form of the USNO's ``tai-utc.dat``."""
    import erfa

    lines = []
    for year, month, offset in erfa.leap_seconds.get():
        if year >= 1972:
            jd = sum(erfa.cal2jd(year, month, 1))
            lines.append(
                f" {year} {MONTHS[month - 1]}  1 =JD {jd:.1f}  TAI-UTC={offset:6.1f}       "
                "S + (MJD - 41317.) X 0.0      S"
            )
    return "\n".join(lines) + "\n"


def stand_in_earth() -> None:
    """The Earth as a body of Orekit's, which it would otherwise look for in an ephemeris of the planets."""
    from jpype import JImplements, JOverride
    from org.orekit.data import DataContext
    from org.orekit.frames import FramesFactory

    @JImplements("org.orekit.bodies.CelestialBody", deferred=True)
    class Earth:
        @JOverride
        def getInertiallyOrientedFrame(self):
            return FramesFactory.getGCRF()

        @JOverride
        def getBodyOrientedFrame(self):
            return FramesFactory.getGCRF()

        @JOverride
        def getName(self):
            return "Earth"

        @JOverride
        def getGM(self):
            return 3.986004415e14

        # A reader asks for the body's name, frames and constant only; where it is would be a wrong question.
        @JOverride
        def getPVCoordinates(self, date, frame):
            raise NotImplementedError

        @JOverride
        def getPosition(self, date, frame):
            raise NotImplementedError

        @JOverride
        def toExtendedPositionProvider(self):
            raise NotImplementedError

    @JImplements("org.orekit.bodies.CelestialBodyLoader", deferred=True)
    class Loader:
        @JOverride
        def loadCelestialBody(self, name):
            return Earth()

    DataContext.getDefault().getCelestialBodies().addCelestialBodyLoader("Earth", Loader())


def main(files: list[str]) -> None:
    import orekit_jpype

    orekit_jpype.initVM()
    from java.io import File
    from org.orekit.data import DataContext, DataSource, DirectoryCrawler
    from org.orekit.files.ccsds.ndm import ParserBuilder

    folder = Path(tempfile.mkdtemp())
    (folder / "tai-utc.dat").write_text(leap_seconds())
    DataContext.getDefault().getDataProvidersManager().addProvider(DirectoryCrawler(File(str(folder))))
    stand_in_earth()
    build = ParserBuilder()
    tai = DataContext.getDefault().getTimeScales().getTAI()

    def seconds(date) -> float:
        """Seconds of TAI since 2000-01-01T12:00:00 TAI."""
        from org.orekit.time import AbsoluteDate

        return float(date.durationFrom(AbsoluteDate(2000, 1, 1, 12, 0, 0.0, tai)))

    def vectors(pv) -> list[float]:
        return [
            float(x) for v in (pv.getPosition(), pv.getVelocity()) for x in (v.getX(), v.getY(), v.getZ())
        ]

    def matrix(m) -> list[list[float]]:
        return [[float(x) for x in row] for row in m.getData()]

    def oem(source):
        message = build.buildOemParser().parseMessage(source)
        return [
            {
                "name": str(s.getMetadata().getObjectName()), "frame": str(s.getFrame()),
                "rows": [[seconds(c.getDate()), *vectors(c)] for c in s.getCoordinates()],
            }
            for s in message.getSegments()
        ]  # fmt: skip

    def opm(source):
        message = build.buildOpmParser().parseMessage(source)
        found = {"row": [seconds(message.getDate()), *vectors(message.getPVCoordinates())]}
        block = message.getData().getCovarianceBlock()
        found["mass"] = float(message.getData().getMass())
        found["covariance"] = None if block is None else matrix(block.getCovarianceMatrix())
        return found

    def aem(source):
        message = build.buildAemParser().parseMessage(source)
        found = []
        for s in message.getSegments():
            rows = []
            for c in s.getAngularCoordinates():
                # As Orekit has it: the rotation takes components in A to components in B.
                m, w = c.getRotation().getMatrix(), c.getRotationRate()
                rows.append([
                    seconds(c.getDate()), [[float(x) for x in row] for row in m],
                    [float(w.getX()), float(w.getY()), float(w.getZ())],
                ])  # fmt: skip
            found.append(rows)
        return found

    def cdm(source):
        message = build.buildCdmParser().parseMessage(source)
        about = message.getRelativeMetadata()
        p, v = about.getRelativePosition(), about.getRelativeVelocity()
        objects = []
        for s in message.getSegments():
            block, state = s.getData().getRTNCovarianceBlock(), s.getData().getStateVectorBlock()
            objects.append({
                "name": str(s.getMetadata().getObjectName()),
                "row": [float(x) for u in (state.getPositionVector(), state.getVelocityVector())
                        for x in (u.getX(), u.getY(), u.getZ())],
                "covariance": matrix(block.getRTNCovarianceMatrix()),
            })  # fmt: skip
        return {
            "tca": seconds(about.getTca()), "miss": float(about.getMissDistance()),
            "relative": [float(x) for u in (p, v) for x in (u.getX(), u.getY(), u.getZ())],
            "objects": objects,
        }  # fmt: skip

    def tdm(source):
        message = build.buildTdmParser().parseMessage(source)
        return [
            [[str(o.getType().name()), seconds(o.getEpoch()), float(o.getMeasurement())]
             for o in s.getData().getObservations()]
            for s in message.getSegments()
        ]  # fmt: skip

    def omm(source):
        message = build.buildOmmParser().parseMessage(source)
        elements, tle = message.getData().getKeplerianElementsBlock(), message.getData().getTLEBlock()
        return {
            "epoch": seconds(elements.getEpoch()), "eccentricity": float(elements.getE()),
            "inclination": float(elements.getI()), "mean_motion": float(elements.getMeanMotion()),
            "number": int(tle.getNoradID()), "bstar": float(tle.getBStar()),
        }  # fmt: skip

    readers = {"oem": oem, "opm": opm, "aem": aem, "cdm": cdm, "tdm": tdm, "omm": omm}
    print(json.dumps({file: readers[file.rpartition(".")[2]](DataSource(File(file))) for file in files}))


if __name__ == "__main__":
    main(sys.argv[1:])
