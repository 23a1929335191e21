// The clocks that people fly by: mission elapsed time, time to and from ignition and interface, countdowns.
const two = (n) => String(n).padStart(2, "0");
const hms = (n) => `${two(Math.floor(n / 3600))}:${two(Math.floor(n / 60) % 60)}:${two(n % 60)}`;
export const whole = (s) => (s < 0 ? Math.ceil(s) : Math.floor(s)) + 0; // toward zero, and never minus zero
export function elapsed(s) { const n = whole(s); return `${n < 0 ? "\u2212" : ""}${hms(Math.abs(n))}`; }
// A countdown: minus before, plus after; the second before zero reads -00:00:01, so that zero is zero.
export function signed(s) { const n = Math.floor(s); return `${n < 0 ? "\u2212" : "+"}${hms(Math.abs(n))}`; }
const left = (s) => hms(Math.max(0, Math.ceil(s)));

const AFTER = 600; // s for which a burn is counted from, if another one is to come

// The burn that is counted to or from: the next one, unless one was a short while ago.
export function ignition(burns, t) {
  const gone = burns.filter((b) => b[0] <= t).at(-1), next = burns.find((b) => b[0] > t);
  return gone && (!next || t - gone[0] < AFTER) ? gone : next ?? null;
}
const next = (list, t, k) => list.filter((w) => w[k] != null && w[k] > t).sort((a, b) => a[k] - b[k])[0] ?? null;
const short = (name) => name.replace(/ \(.*| Satellite Station/g, "");

// Rows of the strip: name, what it says, a note; of what there is at a time t [s since the epoch].
export function readings(told, t) {
  const { burns, interface: entry, dark, windows } = told.marks, rows = [];
  rows.push(["MET", elapsed(t - told.t0), `since ${told.kind === "return" ? "undocking" : "insertion"}`]);
  rows.push(["Since epoch", `${(Math.round(t * 10) / 10 + 0).toFixed(1).replace("-", "\u2212")} s`, ""]);
  const burn = ignition([...burns].sort((a, b) => a[0] - b[0]), t);
  if (burn) rows.push(["TIG", signed(t - burn[0]), burn[1]]);
  if (entry) rows.push(["EI", signed(t - entry[0]), entry[1] ? "foreseen" : "entry interface"]);
  const inside = dark.find((d) => d[0] <= t && (d[1] == null || t < d[1])), coming = next(dark, t, 0);
  if (inside) rows.push(["Black-out", elapsed(t - inside[0]), inside[1] != null && !told.live ? `ends in ${left(inside[1] - t)}` : "since it began"]);
  else if (coming) rows.push(["Black-out in", left(coming[0] - t), coming[2] ? "foreseen" : ""]);
  const open = windows.filter((w) => w[0] <= t && t < w[1]).sort((a, b) => b[1] - a[1])[0], aos = next(windows, t, 0);
  if (open) rows.push(["LOS in", left(open[1] - t), short(open[2])]);
  if (aos) rows.push(["AOS in", left(aos[0] - t), short(aos[2])]);
  return rows;
}

export class Clocks {
  constructor(div) { this.div = div; this.names = ""; }
  now(told, t) {
    const rows = readings(told, t), names = rows.map((r) => r[0]).join();
    if (names !== this.names) {
      this.names = names;
      this.div.innerHTML = rows.map(() => '<div class="field"><span class="name"></span><b></b><span class="note"></span></div>').join("");
    }
    rows.forEach((row, k) => { const cells = this.div.children[k].children; row.forEach((text, i) => { if (cells[i].textContent !== text) cells[i].textContent = text; }); });
  }
}
