// The docking view: the station's port as the ship comes to it, corridor and contact box about it.
import { fit, watch } from "./canvas.js";
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const nice = (v) => { const p = 10 ** Math.floor(Math.log10(v)); return p * [1, 2, 5, 10].find((k) => k * p >= v * 0.999); };
export { nice };

export class Crosshair {
  constructor(canvas, told) {
    this.canvas = canvas; this.told = told; this.last = null;
    watch(canvas, () => this.paint());
  }
  now(v) { this.last = v; this.paint(); }
  paint() {
    const { width: w, height: h, ratio: d } = fit(this.canvas);
    if (!w || !h) return;
    const c = this.canvas.getContext("2d"), v = this.last; c.setTransform(d, 0, 0, d, 0, 0); c.clearRect(0, 0, w, h);
    if (!v || !isFinite(v.x + v.y + v.z)) return;
    const x0 = w / 2, y0 = h / 2, size = Math.min(w, h) / 2 - 16, off = Math.hypot(v.y, v.z);
    const cone = this.told.corridor_deg ? Math.tan((this.told.corridor_deg * Math.PI) / 180) * Math.max(v.x, 0) : null;
    const half = nice(Math.max(1.25 * off, 0.2, v.x < 400 && cone ? Math.min(1.05 * cone, 40) : 0)), k = size / half;
    const ring = (r, colour, width, dash) => { c.beginPath(); c.setLineDash(dash || []); c.strokeStyle = css(colour); c.lineWidth = width; c.arc(x0, y0, r * k, 0, 7); c.stroke(); c.setLineDash([]); };
    const line = (a, b, e, f) => { c.beginPath(); c.moveTo(a, b); c.lineTo(e, f); c.stroke(); };
    c.font = `10px ${getComputedStyle(document.body).fontFamily}`; c.textBaseline = "middle";
    for (const part of [0.25, 0.5, 0.75, 1]) ring(half * part, "--faint", 1);
    c.strokeStyle = css("--line"); c.lineWidth = 1; line(x0 - size - 6, y0, x0 + size + 6, y0); line(x0, y0 - size - 6, x0, y0 + size + 6);
    c.fillStyle = css("--soft"); c.textAlign = "left"; const rim = `${half} m`, inner = `${half / 2} m`, from = size - c.measureText(rim).width - 2;
    c.fillText(rim, x0 + from, y0 + 9); this.inner = size / 2 + 3 + c.measureText(inner).width + 6 < from; // no room for both on a small view
    if (this.inner) c.fillText(inner, x0 + size / 2 + 3, y0 + 9);
    if (cone && cone < half * 1.5) { ring(cone, "--orange", 1.4, [7, 4]); c.fillStyle = css("--orange"); c.textAlign = "right"; c.fillText("corridor", x0 - Math.min(cone * k, size) * 0.71 - 4, y0 + Math.min(cone * k, size) * 0.71 + 4); }
    if (this.told.box.lateral * k > 4) { ring(this.told.box.lateral, "--green", 1.6); c.fillStyle = css("--green"); c.textAlign = "right"; c.fillText("contact box", x0 - this.told.box.lateral * k * 0.71 - 5, y0 - this.told.box.lateral * k * 0.71 - 7); }
    // The ship's port as seen along the axis from outside: y to the right, z (down in the orbit) downward.
    const px = x0 + v.y * k, py = y0 + v.z * k, roll = ((v.roll || 0) * Math.PI) / 180;
    c.save(); c.translate(px, py); c.rotate(roll); c.strokeStyle = css("--blue"); c.lineWidth = 2.2;
    line(-17, 0, -5, 0); line(5, 0, 17, 0); line(0, -17, 0, -5); line(0, 5, 0, 17); c.restore();
    c.lineWidth = 1.4; c.strokeStyle = css("--blue"); c.beginPath(); c.arc(px, py, 5, 0, 7); c.stroke();
    // where it drifts to in 20 s, and the turn that is missing, one degree an eighth of the view
    c.setLineDash([3, 3]); line(px, py, px + v.vy * 20 * k, py + v.vz * 20 * k); c.setLineDash([]);
    const ax = x0 + (v.yaw || 0) * size / 8, ay = y0 - (v.pitch || 0) * size / 8;
    c.strokeStyle = css("--purple"); c.lineWidth = 1.6; c.beginPath(); c.moveTo(ax, ay - 7); c.lineTo(ax + 7, ay); c.lineTo(ax, ay + 7); c.lineTo(ax - 7, ay); c.closePath(); c.stroke();
    const tell = (lines, x, y, align) => { c.textAlign = align; lines.forEach(([name, value, colour], i) => {
      c.font = `10px ${getComputedStyle(document.body).fontFamily}`; c.fillStyle = css("--soft"); c.fillText(name, x, y + 31 * i);
      c.font = `600 15px ${getComputedStyle(document.body).fontFamily}`; c.fillStyle = css(colour || "--ink"); c.fillText(value, x, y + 14 + 31 * i); }); };
    const f = (n, k) => (isFinite(n) ? n.toFixed(k).replace(/^-(?=[0.]*$)/, "").replace("-", "\u2212") : "\u2013");
    // After contact a ship that no longer closes is as it should be.
    const [low, high] = this.told.box.closing, near = v.x < 1.5 && !v.docked;
    const wrong = near && (v.closing > high || (v.range > 0.1 && v.closing < 0.5 * low));
    tell([["distance", `${f(v.range, v.range < 100 ? 2 : 0)} m`], ["closing", v.docked ? "in contact" : `${f(v.closing, 3)} m/s`, wrong ? "--vermilion" : "--ink"]], 12, 14, "left");
    tell([["off the axis", `${f(off, 3)} m`, near && off > this.told.box.lateral ? "--vermilion" : "--ink"], ["sideways", `${f(Math.hypot(v.vy, v.vz), 3)} m/s`]], w - 12, 14, "right");
    tell([["roll missing", `${f(v.roll, 2)}\u00b0`]], 12, h - 26, "left");
    tell([["\u25c7 pitch, yaw missing", `${f(v.pitch, 2)}\u00b0  ${f(v.yaw, 2)}\u00b0`, "--purple"]], w - 12, h - 26, "right");
  }
}
