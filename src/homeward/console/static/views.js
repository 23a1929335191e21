// The middle of the desk: the entry view of a return, the docking view of a rendezvous.
import { Chart, PathChart, TimeChart } from "./charts.js";
import { Crosshair, nice } from "./docking.js";
import { below } from "./earth.js";

const LIVE_WINDOW = 900; // s of a live flight that the charts look back on

function panel(into, title, note, grow = "grow", html = '<div class="chart"></div>') {
  const made = document.createElement("section");
  made.className = `panel ${grow}`; made.setAttribute("aria-label", title);
  made.innerHTML = `<header><h2>${title}</h2><span class="note">${note}</span></header><div class="body">${html}</div>`;
  into.append(made);
  return made.querySelector(".body").firstElementChild;
}
const num = (x, k) => (x == null || !isFinite(x) ? "\u2013" : x.toFixed(k).replace(/^-(?=[0.]*$)/, "").replace("-", "\u2212"));
const hms = (s) => new Date(Math.round(s) * 1000).toISOString().slice(11, s % 60 ? 19 : 16); // of a second of the day

const low = (c, i) => c.altitude_m[i] != null && c.altitude_m[i] < 125e3; // a row without a number is nowhere

export class EntryView {
  constructor(into, told, below_) {
    this.told = told; const { data } = told, c = data.c, day = (told.epoch_ms / 1e3) % 86400, utc = hms;
    const bands = told.blackouts.map(([from, to], k) => ({ from, to, name: k ? "" : "black-out" }));
    const limit = (column, scale, unit) => {
      const l = told.limits.find((x) => x.column === column); if (!l) return [];
      return [[l.high_red, "--vermilion", "red"], [l.high_yellow, "--orange", "yellow"]].filter(([v]) => v != null)
        .map(([v, color, name]) => ({ y: v * scale, color, name: `${name} ${+(v * scale).toPrecision(3)} ${unit}` }));
    };
    const colours = { load: "--vermilion", heat: "--orange", pressure: "--purple", glide: "--green" };
    const edges = told.corridor.map((e, k) => ({ id: `edge${k}`, name: e.name, color: colours[e.kind] || "--soft", dash: e.name.includes("60") ? "dotted" : "dashed",
      width: 1.1, points: e.points, tag: [0.52, 0.6, 0.3, 0.86, 0.78][k] ?? 0.5, side: k < 3 ? "bottom" : "top" }));
    const top = Math.max(8, Math.ceil(Math.max(...c.speed_m_s.filter(isFinite).map((v) => v / 1e3), 0) + 0.2));
    this.corridor = new PathChart(panel(into, "Entry corridor", "altitude, km, over speed, km/s", "grow2"), data,
      (c, i) => (low(c, i) ? c.speed_m_s[i] / 1e3 : NaN), (c, i) => (low(c, i) ? c.altitude_m[i] / 1e3 : NaN),
      { x: { name: "", min: 0, max: top, digits: 3, unit: "km/s" }, y: { name: "", min: 0, max: 125, interval: 25 }, lines: edges, epoch: told.epoch_ms, tip: (c, i) => `${num(c.speed_m_s[i] / 1e3, 3)} km/s<br>${num(c.altitude_m[i] / 1e3, 2)} km` });
    const bounds = limit("load_factor_g", 1, "g"); // the axis ends above them, without a mark that would crowd the one below
    this.load = new TimeChart(panel(into, "Load", "g"), data, [{ column: "load_factor_g", color: "--blue", label: "Load", unit: "g", digits: 2 }],
      { day, x: { name: "", format: utc }, y: { name: "", min: 0, top: false, max: (v) => Math.ceil(1.1 * Math.max(v.max || 0, 5, ...bounds.map((l) => l.y))) }, bands, limits: bounds });
    this.bank = new TimeChart(panel(into, "Bank", "degrees: <b style='color:var(--blue)'>flown</b>, <b style='color:var(--orange)'>commanded</b>"), data,
      [{ column: "bank_command_deg", label: "commanded", unit: "\u00b0", digits: 1, color: "--orange", wrap: true, width: 3, step: "end", opacity: 0.75 }, { column: "bank_deg", label: "flown", unit: "\u00b0", digits: 1, color: "--blue", wrap: true }],
      { day, x: { name: "", format: utc }, y: { name: "", min: -180, max: 180, interval: 60 }, bands });
    this.landing = new Landing(panel(below_, "Landing", "km east and north of the site"), told);
    this.start = told.t0;
  }
  grown() { for (const c of [this.corridor, this.load, this.bank]) c.fill(); this.landing.grown(); }
  now(t, v) {
    const f = this.told.focus, last = this.told.data.t.at(-1) ?? t;
    const range = this.told.live ? [Math.max(this.told.data.t[0] ?? t, t - LIVE_WINDOW), Math.max(t, (this.told.data.t[0] ?? t) + 60)]
      : f && t >= f[0] && t <= f[1] ? f : [Math.max(this.told.data.t[0], t - 1500), Math.min(last, t + 1500)];
    this.corridor.until(t); this.corridor.now(v.altitude_m < 125e3 ? v.speed_m_s / 1e3 : NaN, v.altitude_m / 1e3);
    this.load.focus(range); this.load.now(t, v.load_factor_g);
    this.bank.focus(range); this.bank.now(t, v.bank_deg);
    this.landing.now(t, v);
  }
  paint() { for (const c of [this.corridor, this.load, this.bank, this.landing.chart]) c?.paint(); }
  forecast(f) { this.landing.forecast(f); }
  site(s) { this.landing.site(s); }
}

const axes = (lat, lon) => { const [s, c, so, co] = [Math.sin(lat), Math.cos(lat), Math.sin(lon), Math.cos(lon)]; return [[c * co, c * so, s], [-s * co, -s * so, c], [-so, co, 0]]; };
// Kilometres east and north of a place, along the ground from there: without a seam at +-180 degrees or a pole.
export function flat(home, lat, lon) {
  const k = Math.PI / 180, [up, north, east] = axes(home.lat * k, home.lon * k), [there] = axes(lat * k, lon * k);
  const [u, n, e] = [up, north, east].map((a) => a[0] * there[0] + a[1] * there[1] + a[2] * there[2]), far = Math.hypot(n, e);
  const km = 111.2 / k * (far > 0 ? Math.atan2(far, u) / far : 1); return [e * km, n * km];
}

class Landing {
  constructor(div, told) {
    this.told = told; this.div = div;
    if (!told.site) { div.outerHTML = '<div class="empty">No scenario tells where the site is.</div>'; return; }
    this.home = told.site;
    this.flat = (a, b) => flat(this.home, a, b);
    this.chart = new PathChart(div, told.data, (c, i) => (low(c, i) ? this.flat(c.latitude_deg[i], c.longitude_deg[i])[0] : NaN), (c, i) => this.flat(c.latitude_deg[i], c.longitude_deg[i])[1],
      { x: { name: "", marks: [0] }, y: { name: "", marks: [0] }, right: 10, epoch: told.epoch_ms, tip: (c, i) => { const [x, y] = this.flat(c.latitude_deg[i], c.longitude_deg[i]); return `${num(x, 2)} km east<br>${num(y, 2)} km north`; },
        lines: [0, 1].map((k) => ({ id: `ring${k}`, color: "--line", width: 1, points: [] })).concat( [1, 2, 3].map((s) => ({ id: `s${s}`, name: `${s}\u03c3`, color: "--vermilion", width: 1.4, opacity: 1.15 - 0.25 * s, points: [] }))
          , [{ id: "site", color: "--ink", points: [[0, 0]], width: 0 }]) });
    this.chart.chart.setOption({ series: [{ id: "site", showSymbol: true, symbol: "rect", symbolSize: 8, itemStyle: { color: "#0000", borderColor: getComputedStyle(document.documentElement).getPropertyValue("--ink"), borderWidth: 1.6 } }] });
  }
  grown() { this.chart?.fill(); }
  site(s) { if (this.chart && s) { this.home = s; this.chart.fill(); this.forecast(this.told_); } }
  forecast(f) {
    this.told_ = f;
    if (!this.chart) return;
    this.larger = f ? f.rims[2] : null;
    [1, 2, 3].forEach((s, k) => this.chart.set(`s${s}`, f ? f.rims[k].map(([lon, lat]) => this.flat(lat, lon)) : []));
  }
  now(t, v) {
    if (!this.chart) return;
    const [x, y] = this.flat(v.latitude_deg, v.longitude_deg), away = Math.hypot(x, y);
    let spread = 2; // km: the ellipse is to be seen whole, and the ship once it is near
    for (const [lon, lat] of this.larger || []) spread = Math.max(spread, Math.hypot(...this.flat(lat, lon)));
    const half = nice(Math.max(1.1 * spread, away < 60 ? 1.2 * away : 0)), wide = (half * this.div.clientWidth) / Math.max(this.div.clientHeight, 1);
    this.chart.range("x", -wide, wide); this.chart.range("y", -half, half); this.chart.marks([-half, -half / 2, 0, half / 2, half]);
    if (half !== this.half) { this.half = half; [half / 2, half].forEach((r, k) => this.chart.set(`ring${k}`, [...Array(73)].map((_, i) => [r * Math.cos(i * Math.PI / 36), r * Math.sin(i * Math.PI / 36)]))); }
    this.chart.until(t); this.chart.now(x, y);
  }
}

export class DockingView {
  constructor(into, told) {
    this.told = told; const { data, docking } = told;
    this.cross = new Crosshair(panel(into, "Docking", "the station's port, seen along its axis", "grow2", "<canvas></canvas>"), docking);
    const holds = docking.holds.map((d, k) => ({ id: `hold${k}`, color: "--green", dash: "dotted", width: 1, points: [[d, 0], [d, 1e3]], name: `${d} m`, tag: 0 }));
    const metres = (m) => (m >= 1e6 ? `${m / 1e6}k km` : m >= 1e3 ? `${m / 1e3} km` : `${m} m`);
    this.closing = new PathChart(panel(into, "Closing speed", "m/s over distance from port to port: flown <b style='color:var(--blue)'>blue</b>, profile <b style='color:var(--sky)'>wide</b>, holds green, contact box shaded"), data,
      (c, i) => (c.port_range_m[i] > 0.05 ? c.port_range_m[i] : NaN), (c, i) => c.closing_speed_m_s[i],
      { x: { name: "", log: true, min: 0.05, max: 400, inverse: true, format: metres }, y: { name: "", min: 0, max: 1 }, epoch: told.epoch_ms, tip: (c, i) => `${num(c.port_range_m[i], 2)} m<br>${num(c.closing_speed_m_s[i], 3)} m/s`,
        lines: [{ id: "profile", color: "--sky", width: 5, opacity: 0.45, points: docking.profile }, ...holds,
          { id: "box", color: "--green", width: 6, opacity: 0.45, points: [[0.05, docking.box.closing[0]], [0.05, docking.box.closing[1]]] }] });
    this.path = new PathChart(panel(into, "Relative path", "in the station's orbit: right is ahead (+V-bar), down is toward the Earth (+R-bar)"), data,
      (c, i) => c.relative_position_along_m[i], (c, i) => -c.relative_position_below_m[i],
      { x: { name: "", format: metres2 }, y: { name: "", format: metres2 }, epoch: told.epoch_ms, tip: (c, i) => `ahead ${metres2(c.relative_position_along_m[i])}<br>above ${metres2(-c.relative_position_below_m[i])}`, lines: [{ id: "home", color: "--ink", width: 0, points: [[0, 0]] }] });
  }
  grown() { this.closing.fill(); this.path.fill(); }
  now(t, v, docked) {
    this.cross.now({ docked, x: v.port_position_x_d_m, y: v.port_position_y_d_m, z: v.port_position_z_d_m, vy: v.port_velocity_y_d_m_s, vz: v.port_velocity_z_d_m_s,
      roll: v.docking_turn_x_b_deg, pitch: v.docking_turn_y_b_deg, yaw: v.docking_turn_z_b_deg, range: v.port_range_m, closing: v.closing_speed_m_s });
    const r = v.port_range_m, far = nice(Math.max(1.15 * r, 400));
    this.closing.range("x", r < 450 ? 0.05 : Math.max(0.05, far / 2000), far);
    const most = Math.max(Math.abs(v.closing_speed_m_s), r < 450 ? 0.6 : 1), up = nice(1.2 * most);
    this.closing.range("y", v.closing_speed_m_s < -0.02 && !docked ? -up : 0, up);
    this.closing.until(t); this.closing.now(Math.max(r, 0.05), v.closing_speed_m_s);
    const x = v.relative_position_along_m, y = -v.relative_position_below_m, half = nice(Math.max(1.25 * Math.hypot(x, y), 20));
    const side = x < 0 ? [-half, 0.25 * half] : [-0.25 * half, half];
    this.path.range("x", ...side, half / 4); this.path.range("y", -0.5 * half, 0.5 * half, half / 4);
    this.path.until(t); this.path.now(x, y);
  }
  paint() { this.cross.paint(); this.closing.paint(); this.path.paint(); }
  forecast() {}
}
const metres2 = (m) => (m == null || !isFinite(m) ? "\u2013" : Math.abs(m) >= 1e3 ? `${+(m / 1e3).toPrecision(4)} km` : `${+m.toPrecision(3)} m`).replace("-", "\u2212");
