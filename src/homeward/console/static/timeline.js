// The timeline: every leg has its share, short ones enough to be hit, so that an entry shows after hours of coasting.
const clock = (epoch, t) => new Date(epoch + t * 1000).toISOString().slice(11, 19);
const escape = (s) => s.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" }[c]));

export class Timeline {
  constructor(el, seek) {
    this.el = el; this.seek = seek; this.legs = []; this.marks = []; let down = false;
    const at = (e) => { const box = el.getBoundingClientRect(); return this.time(Math.max(0, Math.min(1, (e.clientX - box.left) / box.width))); };
    el.addEventListener("pointerdown", (e) => { down = true; el.setPointerCapture(e.pointerId); seek(at(e)); });
    el.addEventListener("pointermove", (e) => { if (down) seek(at(e)); });
    for (const end of ["pointerup", "pointercancel"]) el.addEventListener(end, () => (down = false));
  }
  set(legs, start, end, blackouts, events, epoch) {
    this.epoch = epoch; this.start = start; this.end = Math.max(end, start + 1);
    let parts = legs.map((l) => [Math.max(l.start, start), Math.min(l.end, this.end), l.name]).filter(([a, b]) => b > a);
    if (!parts.length) parts = [[start, this.end, "flight"]];
    parts[0][0] = start; parts.at(-1)[1] = this.end;
    const weight = parts.map(([a, b]) => Math.max(Math.sqrt(b - a), 4)), whole = weight.reduce((a, b) => a + b, 0);
    let x = 0; this.knots = parts.map(([a, b, name], k) => { const w = weight[k] / whole, made = { a, b, name, x, w }; x += w; return made; });
    const pc = (v) => `${(100 * v).toFixed(3)}%`;
    this.el.innerHTML = this.knots.map((k) => `<div class="leg" style="left:${pc(k.x)};width:${pc(k.w)}" title="${escape(k.name)}"></div><span class="word" style="left:${pc(k.x)};max-width:${pc(k.w)}">${escape(k.name)}</span>`).join("")
      + blackouts.map(([a, b]) => `<div class="leg dark" style="left:${pc(this.share(a))};width:${pc(this.share(b) - this.share(a))};background-color:transparent" title="black-out"></div>`).join("")
      + events.filter((e) => e.level !== "green" || ["parachute", "contact", "order", "burn"].includes(e.what)).map((e) => `<div class="mark" data-level="${e.level}" style="left:${pc(this.share(e.t))}" title="${escape(e.text)}"></div>`).join("")
      + '<div class="gone"></div><div class="thumb"></div>';
    this.gone = this.el.querySelector(".gone"); this.thumb = this.el.querySelector(".thumb"); this.boxes = [...this.el.querySelectorAll(".leg:not(.dark)")];
  }
  share(t) {
    const k = this.knots.findLast((k) => k.a <= t) || this.knots[0];
    return Math.max(0, Math.min(1, k.x + (k.w * Math.min(Math.max(t - k.a, 0), k.b - k.a)) / (k.b - k.a)));
  }
  time(share) { const k = this.knots.findLast((k) => k.x <= share) || this.knots[0]; return k.a + ((share - k.x) / k.w) * (k.b - k.a); }
  leg(t, by) { // start of the leg before or after
    const k = this.knots.findLastIndex((k) => k.a <= t + 0.5);
    return by < 0 && t - this.knots[Math.max(k, 0)].a > 2 ? this.knots[k].a : this.knots[Math.max(0, Math.min(this.knots.length - 1, k + by))].a;
  }
  now(t, words) {
    if (!this.thumb) return;
    const x = `${(100 * this.share(t)).toFixed(3)}%`; this.thumb.style.left = x; this.gone.style.width = x;
    const on = this.knots.findLastIndex((k) => k.a <= t);
    if (on !== this.on) { this.boxes.forEach((b, k) => b.classList.toggle("on", k === on)); this.on = on; }
    this.el.setAttribute("aria-valuenow", Math.round(1000 * this.share(t)));
    this.el.setAttribute("aria-valuetext", `${clock(this.epoch, t)} UTC, ${words}`);
  }
}
