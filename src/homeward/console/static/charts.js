// Charts of the desk: lines that stand, and a marker that moves. ECharts comes with NiceGUI's package.
import { echarts } from "nicegui-echart";
import { below } from "./earth.js";

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const round = (v) => (Math.abs(v) >= 1e4 ? `${+(v / 1e3).toPrecision(4)}k` : `${+v.toPrecision(6)}`).replace("-", "\u2212");

const clock = (s) => new Date(s * 1000).toISOString().slice(11, 19);
const minus = (text) => text.replace(/^-(?=[0.]*$)/, "").replace("-", "\u2212");

// spec: x, y: {name, min, max, log, inverse, format}; lines: [{id, name, color, dash, width, points, end}];
// limits: [{y, name}]; bands: [{from, to}] of x; marker: color
export class Chart {
  constructor(div, spec) {
    this.div = div; this.spec = spec;
    this.chart = echarts.init(div, null, { renderer: "canvas" });
    new ResizeObserver(() => this.chart.resize()).observe(div);
    this.held = {}; this.wanted = {};
    this.paint(); this.interact();
  }
  // By hand: the wheel zooms about the pointer, a drag moves what is zoomed, a double click leads back; hovering tells values.
  interact() {
    const zr = this.chart.getZr(); let drag = null;
    this.tip = document.createElement("div"); this.tip.className = "tip"; this.tip.hidden = true; this.div.parentElement.append(this.tip);
    const axes = this.spec.cursor ? ["x"] : ["x", "y"], inside = (e) => this.chart.containPixel("grid", [e.offsetX, e.offsetY]);
    zr.on("mousewheel", (e) => {
      if (!inside(e)) return;
      e.event?.preventDefault?.(); const k = e.wheelDelta > 0 ? 0.8 : 1.25;
      for (const a of axes) { const p = a === "x" ? e.offsetX : e.offsetY, [low, high] = this.pixels(a); this.hold(a, p + (low - p) * k, p + (high - p) * k); }
    });
    zr.on("mousedown", (e) => { if (inside(e)) drag = [e.offsetX, e.offsetY]; });
    zr.on("mousemove", (e) => {
      if (drag && Object.keys(this.held).length) {
        const by = { x: drag[0] - e.offsetX, y: drag[1] - e.offsetY }; drag = [e.offsetX, e.offsetY];
        for (const a of axes) { const [low, high] = this.pixels(a); this.hold(a, low + by[a], high + by[a]); }
      }
      this.hover(inside(e) ? e : null);
    });
    zr.on("mouseup", () => (drag = null)); zr.on("globalout", () => { drag = null; this.hover(null); });
    zr.on("dblclick", () => this.free());
  }
  pixels(axis) { // where an axis begins and ends
    const box = this.chart.getModel().getComponent("grid").coordinateSystem.getRect();
    return axis === "x" ? [box.x, box.x + box.width] : [box.y, box.y + box.height];
  }
  hold(axis, a, b) {
    const at = (p) => this.chart.convertFromPixel({ [axis + "AxisIndex"]: 0 }, p), ends = [at(a), at(b)].sort((x, y) => x - y);
    if (!ends.every(isFinite) || ends[1] - ends[0] < 1e-9 * Math.max(1, Math.abs(ends[0]))) return;
    this.held[axis] = true; const s = this.spec[axis];
    this.wanted[axis] ??= { min: s.min, max: s.max, interval: s.interval };
    [s.min, s.max] = ends; s.interval = undefined;
    this.chart.setOption({ [axis + "Axis"]: { min: ends[0], max: ends[1], interval: null, axisLabel: { customValues: null } } }, { lazyUpdate: true, silent: true });
  }
  free() { // as the flight has it again
    if (!Object.keys(this.held).length) return;
    for (const axis in this.held) Object.assign(this.spec[axis], this.wanted[axis]);
    this.held = {}; this.wanted = {}; this.paint(); this.fill?.();
  }
  hover(e) {
    const words = e && this.values?.(e.offsetX, e.offsetY); this.tip.hidden = !words;
    if (!words) return;
    this.tip.innerHTML = words; const left = e.offsetX > this.div.clientWidth / 2;
    this.tip.style.cssText = `top:${Math.max(2, e.offsetY - 40)}px;${left ? `right:${this.div.clientWidth - e.offsetX + 14}px` : `left:${e.offsetX + 14}px`}`;
  }
  axis(a, where) {
    const show = { name: a.name, nameLocation: "middle", nameGap: where === "x" ? 20 : 34, nameTextStyle: { color: css("--soft"), fontSize: 10.5 },
      type: a.log ? "log" : "value", inverse: !!a.inverse, min: a.min ?? null, max: a.max ?? null, scale: true,
      axisLabel: { color: css("--soft"), fontSize: 10, formatter: a.format || round, hideOverlap: true, margin: where === "x" ? 7 : 5 },
      axisLine: { show: where === "x", onZero: false, lineStyle: { color: css("--line") } }, axisTick: { show: false },
      splitLine: { lineStyle: { color: css("--faint") } }, splitNumber: where === "x" ? 6 : 4, minorSplitLine: { show: false } };
    if (a.interval) show.interval = a.interval;
    if (a.marks) Object.assign(show, { axisLabel: { ...show.axisLabel, customValues: a.marks }, splitLine: { show: false } });
    if (a.top === false) show.axisLabel.showMaxLabel = false;
    if (a.ends === false) Object.assign(show.axisLabel, { showMinLabel: false, showMaxLabel: false });
    return show;
  }
  line(l) {
    return { id: l.id, name: l.name || "", type: "line", data: l.points || [], showSymbol: false, silent: true, animation: false, z: l.z || 2,
      lineStyle: { color: css(l.color), width: l.width || 1.4, type: l.dash || "solid", opacity: l.opacity ?? 1 }, step: l.step || false,
      endLabel: l.end ? { show: true, formatter: l.name, color: css(l.color), fontSize: 10, distance: 2 } : undefined,
      label: undefined, markPoint: l.tag && l.points?.length ? { silent: true, symbol: "circle", symbolSize: 0.1, animation: false,
        data: [{ coord: l.points[Math.floor((l.points.length - 1) * (l.tag))], value: l.name,
        label: { show: true, formatter: l.name, color: css(l.color), fontSize: 10, position: l.side || "top", distance: 3,
          textBorderColor: css("--panel"), textBorderWidth: 3 } }] } : undefined };
  }
  paint() {
    const s = this.spec;
    this.chart.setOption({
      animation: false, backgroundColor: "transparent", textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      grid: { left: 46, right: s.right ?? 14, top: 12, bottom: s.x.name ? 34 : 22, containLabel: false },
      xAxis: this.axis(s.x, "x"), yAxis: this.axis(s.y, "y"),
      series: [
        { id: "bands", type: "line", data: [], silent: true, markArea: { silent: true, animation: false, itemStyle: { color: css("--faint"), opacity: 0.8 },
          data: (s.bands || []).map((b) => [{ xAxis: b.from, name: b.name || "", label: { color: css("--soft"), fontSize: 9.5, position: "insideTopLeft" } }, { xAxis: b.to }]) } },
        { id: "limits", type: "line", data: [], silent: true, markLine: { silent: true, animation: false, symbol: "none",
          data: (s.limits || []).map((l, k) => ({ yAxis: l.y, name: l.name, lineStyle: { color: css(l.color || "--vermilion"), type: [6, 4], width: 1.1 },
            label: { position: k ? "insideStartBottom" : "insideEndTop", formatter: l.name, color: css(l.color || "--vermilion"), fontSize: 9.5 } })) } },
        ...s.lines.map((l) => this.line(l)),
        { id: "now", type: "scatter", data: this.at ? [this.at] : [], symbolSize: s.cursor ? 6 : 10, silent: true, animation: false, z: 9,
          itemStyle: { color: css("--vermilion"), borderColor: css("--panel"), borderWidth: 1.5 },
          markLine: s.cursor ? { silent: true, animation: false, symbol: "none", label: { show: false }, lineStyle: { color: css("--vermilion"), width: 1.2, type: "solid" },
            data: this.at ? [{ xAxis: this.at[0] }] : [] } : undefined },
      ],
    }, { notMerge: true });
  }
  now(x, y) {
    if (this.spec.cursor && !isFinite(x)) return;
    const fine = isFinite(x) && isFinite(y); this.at = fine ? [x, y] : null; // off the chart: no marker left from before
    const series = { id: "now", data: fine ? [[x, y]] : [] };
    if (this.spec.cursor) series.markLine = { data: [{ xAxis: x }] };
    this.chart.setOption({ series: [series] }, { lazyUpdate: true, silent: true });
  }
  set(id, points) {
    const l = this.spec.lines.find((l) => l.id === id); if (!l) return;
    l.points = points; this.chart.setOption({ series: [{ id, data: points }] }, { lazyUpdate: true, silent: true });
  }
  marks(values) { // the only ones on either axis
    if (`${this.marked}` === `${values}` || Object.keys(this.held).length) return;
    this.marked = this.spec.x.marks = this.spec.y.marks = values;
    const axisLabel = { customValues: values }; this.chart.setOption({ xAxis: { axisLabel }, yAxis: { axisLabel } }, { lazyUpdate: true, silent: true });
  }
  range(axis, min, max, interval) {
    if (this.held[axis]) { this.wanted[axis] = { min, max, interval: interval || this.wanted[axis].interval }; return; }
    const a = this.spec[axis]; if (a.min === min && a.max === max) return;
    a.min = min; a.max = max; if (interval) a.interval = interval;
    this.chart.setOption({ [axis + "Axis"]: { min, max, ...(interval ? { interval } : {}) } }, { lazyUpdate: true, silent: true });
  }
}

// Columns over time, one cursor; `focus` decides what stretch of time is looked at.
export class TimeChart extends Chart {
  constructor(div, data, columns, spec) {
    const day = spec.day, x = { ends: false, ...spec.x };
    super(div, { cursor: true, ...spec, x, bands: (spec.bands || []).map((b) => ({ ...b, from: b.from + day, to: b.to + day })), lines: columns.map((c) => ({ id: c.column, width: 1.5, ...c })) });
    this.columns = columns; this.data = data; this.day = day; this.fill();
  }
  fill() {
    const t = this.data.t;
    for (const c of this.columns) {
      const v = this.data.c[c.column] || [], k = c.scale || 1, out = [];
      for (let i = 0; i < t.length; i++) out.push([t[i] + this.day, v[i] == null || (i && c.wrap && Math.abs(v[i] - v[i - 1]) > 180) ? null : v[i] * k]);
      this.set(c.column, out);
    }
  }
  values(x) {
    const time = this.chart.convertFromPixel({ xAxisIndex: 0 }, x) - this.day, k = below(this.data.t, time), t = this.data.t[k];
    if (t === undefined) return "";
    return `${clock(t + this.day)} UTC<br>` + this.columns.map((c) => { const v = this.data.c[c.column]?.[k]; return `<span style="color:${css(c.color)}">${c.label || ""}</span> <b>${v == null ? "\u2013" : minus((v * (c.scale || 1)).toFixed(c.digits ?? 2))}</b> ${c.unit || ""}`; }).join("<br>");
  }
  focus([a, b]) { // with a whole number of minutes or hours of UTC between two marks
    const step = [10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400, 43200].find((s) => (b - a) / s <= 7) || 86400;
    this.range("x", Math.floor((a + this.day) / step) * step, b + this.day, step);
  }
  now(t, y) { super.now(t + this.day, y); }
}

// A path in a plane: what was flown strong, what is to come faint.
export class PathChart extends Chart {
  constructor(div, data, x, y, spec) {
    super(div, { ...spec, lines: [...(spec.lines || []), { id: "all", color: "--soft", width: 1, opacity: 0.55, z: 3 }, { id: "gone", color: "--blue", width: 2, z: 4 }] });
    this.data = data; this.xy = [x, y]; this.fill();
  }
  fill() {
    const { t, c } = this.data, [x, y] = this.xy; this.points = [];
    for (let i = 0; i < t.length; i++) this.points.push([x(c, i), y(c, i)]);
    this.points.forEach((p, i) => { if (!isFinite(p[0] + p[1])) this.points[i] = [null, null]; });
    this.set("all", this.points); this.k = -1;
  }
  values(x, y) {
    let best = -1, least = 30 * 30; // px
    const box = this.chart.getModel().getComponent("grid").coordinateSystem;
    this.points.forEach((p, i) => { if (p[0] == null) return; const [a, b] = box.dataToPoint(p), d = (a - x) ** 2 + (b - y) ** 2; if (d < least) { least = d; best = i; } });
    return best < 0 || !this.spec.tip ? "" : `${clock(this.spec.epoch / 1e3 + this.data.t[best])} UTC<br>${this.spec.tip(this.data.c, best)}`;
  }
  until(t, from = -Infinity) {
    const k = below(this.data.t, t), stamp = performance.now();
    if (k === this.k || (stamp - (this.stamp || 0) < 240 && Math.abs(k - this.k) < 40)) return;
    this.k = k; this.stamp = stamp; this.set("gone", this.points.slice(from > -Infinity ? below(this.data.t, from) : 0, k + 1));
  }
}
