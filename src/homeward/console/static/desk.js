// The desk of one flight: takes what the server sends ten times a second and shows it; sends back what is asked.
import { Earth } from "./earth.js";
import { DockingView, EntryView } from "./views.js";
import { Timeline } from "./timeline.js";
import { Orders } from "./orders.js";
import { Clocks, elapsed } from "./clocks.js";
import { Plot } from "./plot.js";
import { theme } from "./theme.js";

const $ = (id) => document.getElementById(id);
const WORDS = ["nominal", "unknown", "yellow", "RED"], LEVELS = ["green", "unknown", "yellow", "red"], SIGNS = ["\u2713", "?", "\u25b2", "\u25a0"];
const say = (what, more = {}) => emitEvent("console", { what, ...more });
const escape = (s) => String(s).replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" }[c]));
const fixed = (x, k) => { const s = x.toFixed(k); return s.startsWith("-") ? (+s === 0 ? s.slice(1) : `\u2212${s.slice(1)}`) : s; };

class Desk {
  constructor(key, told, land) {
    this.told = told; this.clocks = new Clocks($("clocks")); this.plot = new Plot(key, told); $("truth").hidden = !told.truth; this.ticks = 0; this.t = told.t0;
    told.data = { t: told.data.t, c: told.data.c };
    $("name").innerHTML = `${escape(told.name)}<small>${escape(told.source)}</small>`; document.title = `${told.name} - Homeward`;
    $("limits-note").textContent = told.setting; $("banner").textContent = told.note;
    this.earth = new Earth($("globe"), $("labels"), land); this.earth.shipName = told.name;
    this.earth.setPath({ t: [...told.data.t], lon: [...told.data.c.longitude_deg], lat: [...told.data.c.latitude_deg], alt: [...told.data.c.altitude_m] });
    this.earth.setPlaces(told.stations, told.site); this.earth.onfollow = (on) => $("follow").setAttribute("aria-pressed", on);
    $("follow").onclick = () => this.earth.follow(!this.earth.following); $("nearer").onclick = () => this.earth.zoom(0.6); $("farther").onclick = () => this.earth.zoom(1.6);
    const log = document.querySelector(".log"), row = document.createElement("div");
    if (told.kind === "return") {
      row.className = "two"; log.before(row);
      const side = document.createElement("div"); side.className = "column"; row.append(log, side);
      this.view = new EntryView($("views"), told, side);
    } else this.view = new DockingView($("views"), told);
    this.orders = new Orders(told, say);
    this.table(); this.timeline = new Timeline($("track"), (t) => this.seek(t)); this.lay(); this.log(); this.buttons(); this.keys();
    theme($("theme"), () => { this.earth.paint(); this.view.paint(); this.plot.draw(); });
  }
  lay() { this.timeline.set(this.told.legs, this.told.t0, this.told.t1, this.told.blackouts, this.told.events, this.told.epoch_ms); }
  table() {
    let section = "", html = "";
    this.told.shown.forEach((s, k) => {
      if (s.section !== section) { section = s.section; html += `<tbody><tr><th scope="rowgroup" colspan="4">${escape(section)}</th></tr>`; }
      html += `<tr data-k="${k}"${s.section.startsWith("Truth") ? ' class="truth"' : ""}><th scope="row"><button type="button" aria-pressed="false">${escape(s.label)}</button></th><td class="number">\u2013</td><td class="unit">${escape(s.unit)}</td><td class="state"></td></tr>`;
    });
    $("telemetry").innerHTML = html;
    $("telemetry").onclick = (e) => { const tr = e.target.closest("tr[data-k]"); if (tr) this.plot.toggle(this.told.shown[+tr.dataset.k].column); };
    this.cells = this.told.shown.map((_, k) => { const tr = $("telemetry").querySelector(`[data-k="${k}"]`); return { tr, number: tr.children[1], state: tr.children[3], text: "", level: -1 }; });
    this.limited = this.told.limits.map((l) => this.told.shown.findIndex((s) => s.column === l.column));
    this.told.limits.forEach((l, k) => { const cell = this.cells[this.limited[k]]; if (!cell) return;
      const s = this.told.shown[this.limited[k]], n = (v) => (v == null ? "\u2013" : +(v * s.scale + s.offset).toPrecision(4));
      cell.tr.title = `yellow below ${n(l.low_yellow)} or above ${n(l.high_yellow)}, red below ${n(l.low_red)} or above ${n(l.high_red)} ${s.unit}`; });
  }
  log() {
    $("log").innerHTML = this.told.events.map((e) => `<li data-t="${e.t}" data-level="${e.level}"><time>${this.utc(e.t)}</time><button type="button">${e.level === "green" ? "" : `${SIGNS[LEVELS.indexOf(e.level)]} `}${escape(e.text)}</button></li>`).join("")
      || `<li><span></span><span class="note">nothing to tell yet</span></li>`;
    $("log").onclick = (e) => { const li = e.target.closest("li[data-t]"); if (li) this.seek(+li.dataset.t); };
    this.lines = [...$("log").querySelectorAll("li[data-t]")]; this.logged = -1;
  }
  buttons() {
    const rates = [1, 5, 10, 50, 100];
    $("rates").innerHTML = rates.map((r) => `<button class="small" type="button" data-rate="${r}">${r}\u00d7</button>`).join("");
    $("rates").onclick = (e) => { if (e.target.dataset.rate) say("rate", { rate: +e.target.dataset.rate }); };
    $("play").onclick = () => say("toggle"); $("golive").onclick = () => say("live");
    this.rates = rates;
  }
  keys() {
    document.addEventListener("keydown", (e) => {
      const el = e.target, typing = el.closest("input, dialog"), button = el.closest("button, a");
      if (typing || e.ctrlKey || e.metaKey || e.altKey) return;
      const by = e.shiftKey ? 60 : 10;
      if (e.key === " " && !(button && button.id !== "play")) { if (!button) say("toggle"); else return; }
      else if (e.key === "ArrowRight") this.seek(this.from() + by); else if (e.key === "ArrowLeft") this.seek(this.from() - by);
      else if (e.key === "Home") this.seek(this.told.t0); else if (e.key === "End") this.seek(this.told.t1);
      else if (e.key === "]") this.seek(this.timeline.leg(this.from(), 1)); else if (e.key === "[") this.seek(this.timeline.leg(this.from(), -1));
      else if (/^[1-5]$/.test(e.key)) say("rate", { rate: this.rates[+e.key - 1] });
      else return;
      e.preventDefault();
    });
  }
  seek(t) { // numbered: a key that follows goes on from the time asked for until the server has answered that number
    this.asked = { t: Math.min(Math.max(t, this.told.t0), this.told.t1), n: (this.asked?.n ?? 0) + 1, open: true };
    say("seek", { t: this.asked.t, n: this.asked.n });
  }
  from() { return this.asked?.open ? this.asked.t : this.t; }
  utc(t) { return new Date(this.told.epoch_ms + t * 1000).toISOString().slice(11, 19); }
  grow(m) { // what has come since: rows, legs, events, landing forecasts
    if (m.rows) {
      const { data } = this.told; data.t.push(...m.rows.t); for (const k in data.c) data.c[k].push(...m.rows.c[k]);
      this.earth.extend({ t: m.rows.t, lon: m.rows.c.longitude_deg, lat: m.rows.c.latitude_deg, alt: m.rows.c.altitude_m });
      this.view.grown();
    }
    if (m.t1 !== undefined) this.told.t1 = m.t1;
    if (m.legs) this.told.legs = m.legs;
    if (m.blackouts) this.told.blackouts = m.blackouts;
    if (m.events) { this.told.events = m.events; this.log(); }
    if (m.again) location.reload();
    if (m.marks) this.told.marks = m.marks;
    if (m.note !== undefined) $("banner").textContent = m.note;
    if (m.live !== undefined) this.told.live = m.live;
    if (m.rows || m.legs || m.events || m.t1 !== undefined) this.lay();
    if (m.landing) this.told.landing.push(...m.landing);
    if (m.orders) this.orders.answers(m.orders);
  }
  tick(m) {
    this.grow(m); this.t = m.t; this.ticks++;
    if (this.asked && m.n === this.asked.n) this.asked.open = false;
    const v = {}; this.told.columns.forEach((name, k) => (v[name] = m.v[k] ?? NaN));
    this.told.shown.forEach((s, k) => {
      const x = v[s.column], cell = this.cells[k];
      const text = !isFinite(x) ? "\u2013" : s.words.length ? s.words[x] ?? x : fixed(x * s.scale + s.offset, s.digits);
      if (text !== cell.text) cell.number.textContent = cell.text = text;
    });
    m.l.forEach((level, k) => {
      const cell = this.cells[this.limited[k]]; if (!cell || cell.level === level) return;
      cell.level = level; cell.tr.dataset.level = LEVELS[level]; cell.state.textContent = `${SIGNS[level]} ${WORDS[level]}`;
    });
    const worst = m.l.reduce((a, b) => Math.max(a, b), 0);
    const quiet = m.contact, said = `${SIGNS[worst]} ${["All limits kept", "A value is unknown", "Yellow", "RED"][worst]}${quiet ? ", as last heard" : ""}`;
    if ($("state").textContent !== said) { $("state").dataset.level = LEVELS[worst]; $("state").textContent = said; }
    $("desk").classList.toggle("quiet", !!quiet);
    $("utc").textContent = `${new Date(this.told.epoch_ms + m.t * 1000).toISOString().slice(0, 10)} ${this.utc(m.t)}`;
    this.clocks.now(this.told, m.t); this.plot.now(m.t); $("leg").textContent = m.leg || "\u2013";
    const seen = m.seen.map((k) => this.told.stations[k].name.replace(/ \(.*| Satellite Station/g, ""));
    $("seen").textContent = seen.length ? (seen.length > 2 ? `${seen.length} stations` : seen.join(", ")) : quiet ? "no contact" : "nobody"; $("seen").title = seen.join(", ");
    const words = quiet ? `${quiet.why[0].toUpperCase()}${quiet.why.slice(1)}: last contact ${elapsed(m.t - quiet.since)} ago` : "";
    const mode = words || (this.told.live ? (m.f ? "\u25cf Live" : "\u25cf Live, looking back") : m.p ? "Playing" : "Stopped");
    if ($("mode").textContent !== mode) { $("mode").textContent = mode; $("mode").classList.toggle("live", this.told.live && !quiet); $("mode").dataset.level = quiet ? "yellow" : ""; }
    const play = m.p || m.f ? "Pause" : "Play"; if ($("play").textContent !== play) $("play").textContent = play;
    if (m.r !== this.rate) { this.rate = m.r; for (const b of $("rates").children) b.setAttribute("aria-pressed", +b.dataset.rate === m.r); }
    $("golive").hidden = !this.told.live; $("golive").setAttribute("aria-pressed", m.f);
    this.told.burn = m.burn; this.orders.now(m);
    if (String(m.site) !== String(this.told.at)) { // another landing site has been ordered, or one looks back to before it
      this.told.at = m.site; const s = m.site ? { ...this.told.site, lat: m.site[0], lon: m.site[1] } : this.told.site;
      this.earth.setPlaces(this.told.stations, s); this.view.site?.(s);
    }
    if (m.fc !== undefined && m.fc !== this.fc) { this.fc = m.fc; const f = m.fc == null ? null : this.told.landing[m.fc] ?? null;
      this.earth.setEllipses(f ? f.rims : []); this.view.forecast(f); $("earth-note").textContent = f ? `landing foretold at ${this.utc(f.made_s)}: 1\u03c3 ${Math.round(f.axes[0])} \u00d7 ${Math.round(f.axes[1])} m` : ""; }
    this.earth.now(m.t, v.longitude_deg, v.latitude_deg, v.altitude_m, m.seen);
    this.view.now(m.t, v, this.told.events.some((e) => e.what === "contact" && e.t <= m.t + 0.05)); this.timeline.now(m.t, m.leg);
    const gone = this.lines.findLastIndex((li) => +li.dataset.t <= m.t);
    if (gone !== this.logged) { this.logged = gone; this.lines.forEach((li, k) => li.classList.toggle("later", k > gone)); this.lines[gone]?.scrollIntoView({ block: "nearest" }); }
  }
}

export async function start(key) {
  const [told, land] = await Promise.all([fetch(`/console/flight/${key}`).then((r) => r.json()), fetch("/console/static/land.json").then((r) => r.json())]);
  const desk = new Desk(key, told, land); window.hw = { tick: (m) => desk.tick(m), desk };
  say("ready", { rows: told.rows, events: told.events.length, landing: told.landing.length });
}
