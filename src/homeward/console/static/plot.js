// The plot: any parameters of the telemetry over time, chosen by a click into the table; hover tells values, the wheel zooms.
import { echarts } from "nicegui-echart";

const $ = (id) => document.getElementById(id);
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const COLOURS = ["--blue", "--vermilion", "--green", "--purple"], ANEW = 3000; // ms between two looks at a live flight
const escape = (s) => String(s).replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" }[c]));

export class Plot {
  constructor(key, told) {
    this.key = key; this.told = told; this.lines = []; this.stamp = 0;
    $("plot-close").onclick = () => { this.lines = []; this.draw(); };
    $("plot-whole").onclick = () => this.chart?.dispatchAction({ type: "dataZoom", start: 0, end: 100 });
  }
  async toggle(column) {
    const k = this.lines.findIndex((l) => l.shown.column === column);
    if (k >= 0) this.lines.splice(k, 1);
    else {
      const shown = this.told.shown.find((s) => s.column === column), points = await this.fetch(shown);
      const units = () => [...new Set(this.lines.map((l) => l.shown.unit))];
      while (this.lines.length >= COLOURS.length || (units().length >= 2 && !units().includes(shown.unit))) this.lines.shift(); // two axes at most
      if (!this.lines.some((l) => l.shown.column === column)) this.lines.push({ shown, points });
    }
    this.draw();
  }
  async fetch(shown) {
    const { t, v } = await fetch(`/console/flight/${this.key}/column/${shown.column}`).then((r) => r.json());
    return t.map((x, k) => [this.told.epoch_ms + 1000 * x, v[k] == null ? null : v[k] * shown.scale + shown.offset]);
  }
  async renew() {
    this.stamp = performance.now();
    for (const line of this.lines) line.points = await this.fetch(line.shown);
    this.chart?.setOption({ series: this.lines.map((l) => ({ id: l.shown.column, data: l.points })) });
  }
  draw() {
    $("plot").hidden = !this.lines.length;
    for (const tr of document.querySelectorAll("#telemetry tr[data-k]")) {
      const on = this.lines.some((l) => l.shown.column === this.told.shown[+tr.dataset.k].column);
      tr.querySelector("button").setAttribute("aria-pressed", on);
    }
    if (!this.lines.length) return;
    if (!this.chart) {
      this.chart = echarts.init($("plot-chart"), null, { renderer: "canvas" });
      new ResizeObserver(() => this.chart.resize()).observe($("plot-chart"));
    }
    const units = [...new Set(this.lines.map((l) => l.shown.unit))], soft = css("--soft");
    const clock = (ms) => new Date(ms).toISOString().slice(11, 19);
    $("plot-note").innerHTML = this.lines.map((l, k) => `<b style="color:${css(COLOURS[k])}">${escape(l.shown.label)}</b>${l.shown.unit ? `, ${escape(l.shown.unit)}` : ""}`).join(" \u00b7 ");
    this.chart.setOption({
      animation: false, textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      grid: { left: 58, right: units.length > 1 ? 58 : 16, top: 14, bottom: 26 },
      tooltip: { trigger: "axis", confine: true, backgroundColor: css("--panel"), borderColor: css("--line"), textStyle: { color: css("--ink"), fontSize: 12 },
        formatter: (list) => `${clock(list[0].axisValue)} UTC<br>` + list.filter((p) => p.value[1] != null).map((p) => { const s = this.lines[p.seriesIndex]?.shown; return s ? `${p.marker}${escape(s.label)} <b>${this.words(s, p.value[1])}</b> ${escape(s.unit)}` : ""; }).join("<br>") },
      dataZoom: [{ type: "inside", filterMode: "none" }],
      xAxis: { type: "time", min: "dataMin", max: "dataMax", axisLabel: { color: soft, fontSize: 10, hideOverlap: true, formatter: (ms) => clock(ms) }, axisLine: { lineStyle: { color: css("--line") } }, splitLine: { show: true, lineStyle: { color: css("--faint") } } },
      yAxis: units.map((u, k) => ({ type: "value", scale: true, position: k ? "right" : "left", axisLabel: { color: soft, fontSize: 10 }, splitLine: { show: !k, lineStyle: { color: css("--faint") } } })),
      series: this.lines.map((l, k) => ({ id: l.shown.column, name: l.shown.label, type: "line", data: l.points, yAxisIndex: units.indexOf(l.shown.unit), showSymbol: false, step: l.shown.words.length ? "end" : false,
        lineStyle: { color: css(COLOURS[k]), width: 1.6 }, itemStyle: { color: css(COLOURS[k]) },
        markLine: k ? undefined : { silent: true, animation: false, symbol: "none", label: { show: false }, lineStyle: { color: css("--vermilion"), width: 1.2, type: "solid" }, data: this.t == null ? [] : [{ xAxis: this.told.epoch_ms + 1000 * this.t }] } })),
    }, { replaceMerge: ["series", "yAxis"] });
  }
  words(shown, v) { return shown.words.length ? shown.words[v] ?? v : v.toFixed(shown.digits).replace(/^-(?=[0.]*$)/, "").replace("-", "\u2212"); }
  now(t) {
    this.t = t;
    if (!this.lines.length) return;
    this.chart.setOption({ series: [{ id: this.lines[0].shown.column, markLine: { data: [{ xAxis: this.told.epoch_ms + 1000 * t }] } }] }, { lazyUpdate: true, silent: true });
    if (this.told.live && performance.now() - this.stamp > ANEW) this.renew();
  }
}
