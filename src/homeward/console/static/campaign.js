// The page of a campaign: verdicts, landings, distributions; a run is flown again by a click.
import { echarts } from "nicegui-echart";
import { theme } from "./theme.js";

const $ = (id) => document.getElementById(id);
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const escape = (s) => String(s).replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" }[c]));
const n = (v, k = 4) => (v == null || !isFinite(v) ? "\u2013" : Math.abs(v) >= 1e5 ? v.toExponential(2) : `${+v.toPrecision(k)}`).replace("-", "\u2212");
const SIGN = { met: "\u2713", "not met": "\u25a0", undecided: "?" };
let told, charts = [], wanted = null;

function panel(title, note, wide) {
  const made = document.createElement("section"); made.className = `panel${wide ? " wide" : ""}`; made.setAttribute("aria-label", title);
  made.innerHTML = `<header><h2>${escape(title)}</h2><span class="note">${escape(note)}</span></header><div class="body"><div class="chart"></div></div>`;
  $("plots").append(made); const div = made.querySelector(".chart"), chart = echarts.init(div);
  new ResizeObserver(() => chart.resize()).observe(div); return chart;
}
const axis = (more) => ({ axisLabel: { color: css("--soft"), fontSize: 10, hideOverlap: true }, axisLine: { show: false, lineStyle: { color: css("--line") } }, axisTick: { show: false }, splitLine: { lineStyle: { color: css("--faint") } }, ...more });
function map(l) {
  const chart = panel("Where the runs came down", `km east and north of ${l.site}; a click flies the run again`, true);
  const all = [...l.touchdown, ...(l.rims || []).flat()], half = Math.max(1, ...all.map(([x, y]) => Math.max(Math.abs(x), Math.abs(y)))) * 1.08, step = [0.5, 1, 2, 5, 10, 20, 50, 100, 500].find((s) => half / s <= 4) || half;
  const marks = (end) => { const k = Math.floor(end / step); return [...Array(2 * k + 1)].map((_, i) => (i - k) * step); }; // whole steps from the site
  const round = (end) => axis({ min: -end, max: end, axisTick: { show: false, customValues: marks(end) }, axisLabel: { color: css("--soft"), fontSize: 10, hideOverlap: true, customValues: marks(end), formatter: (v) => n(v, 3) } });
  const paint = () => { const wide = (half * (chart.getWidth() - 56)) / Math.max(chart.getHeight() - 40, 1); chart.setOption({ animation: false, grid: { left: 40, right: 16, top: 12, bottom: 28 }, legend: { right: 12, top: 8, orient: "vertical", textStyle: { color: css("--soft"), fontSize: 10.5 }, itemWidth: 10, itemHeight: 10, data: ["touchdown", "opening"] },
    tooltip: { trigger: "item", formatter: (p) => (p.data?.[2] != null ? `run ${p.data[2]}<br>${n(p.data[0])} km east, ${n(p.data[1])} km north` : ""), backgroundColor: css("--panel"), textStyle: { color: css("--ink"), fontSize: 12 }, borderColor: css("--line") },
    xAxis: round(wide), yAxis: round(half),
    series: [{ name: "opening", type: "scatter", data: l.open || [], symbolSize: 4, itemStyle: { color: css("--orange"), opacity: 0.55 } },
      { name: "touchdown", type: "scatter", data: l.touchdown, symbolSize: 6, cursor: "pointer", itemStyle: { color: css("--blue"), opacity: 0.75 } },
      ...(l.rims || []).map((r, k) => ({ type: "line", data: r, showSymbol: false, silent: true, lineStyle: { color: css("--vermilion"), width: 1.4, opacity: 1 - 0.25 * k } })),
      { type: "scatter", data: [[0, 0]], symbol: "rect", symbolSize: 9, silent: true, itemStyle: { color: "#0000", borderColor: css("--ink"), borderWidth: 1.6 } }] }, { notMerge: true }); };
  chart.on("click", (p) => { if (p.data?.[2] != null) ask(p.data[2]); }); charts.push(paint); window.hwMap = chart;
}
const bare = (name) => name.replace(/_(km|m_s|kg|w_m2|j_m2|pa|deg|m|g|s)$/, "").replace(/_/g, " ");
function histogram(h) {
  const chart = panel(bare(h.name), `${h.unit ? `${h.unit}; ` : ""}p50 ${n(h.p50)}, p99 ${n(h.p99)}`);
  const most = Math.max(h.edges.at(-1), ...h.limits.map((l) => l.x)), least = Math.min(h.edges[0], ...h.limits.map((l) => l.x)), pad = (most - least) * 0.03;
  const steps = [[h.edges[0], 0], ...h.counts.flatMap((c, k) => [[h.edges[k], c], [h.edges[k + 1], c]]), [h.edges.at(-1), 0]];
  charts.push(() => chart.setOption({ animation: false, grid: { left: 40, right: 14, top: 16, bottom: 26 }, xAxis: axis({ type: "value", min: least - pad, max: most + pad, splitLine: { show: false }, axisLabel: { color: css("--soft"), fontSize: 10, showMinLabel: false, showMaxLabel: false, hideOverlap: true, formatter: (v) => n(v, 3) } }), yAxis: axis({ splitNumber: 3 }),
    series: [{ type: "line", data: steps, silent: true, showSymbol: false, lineStyle: { color: css("--blue"), width: 1 }, areaStyle: { color: css("--blue"), opacity: 0.55 },
      markLine: { silent: true, symbol: "none", animation: false, label: { color: css("--vermilion"), fontSize: 9.5, formatter: (p) => p.name, position: "insideEndTop" }, lineStyle: { color: css("--vermilion"), type: [5, 4] }, data: h.limits.map((l) => ({ xAxis: l.x, name: l.name })) } }] }, { notMerge: true }));
}
function verdicts() {
  $("verdicts").innerHTML = `<thead><tr><th>requirement</th><th class="left">verdict</th><th>found</th><th>bound</th><th>margin</th><th>sure</th></tr></thead><tbody>` + told.verdicts.map((v) =>
    `<tr><td title="${escape(v.why || "")}"><b>${escape(v.id || "")}</b> ${escape(v.text)}</td><td class="left"><span class="verdict" data-verdict="${v.verdict}">${SIGN[v.verdict]} ${v.verdict}</span></td><td>${n(v.value)}</td><td>${n(v.bound)}</td><td>${n(v.margin)}</td><td>${v.confidence == null ? "these runs" : v.confidence > 0.9999 ? "> 99.99 %" : `${(100 * v.confidence).toFixed(2)} %`}</td></tr>`).join("") + "</tbody>";
}
function table() {
  const t = told.table;
  $("table").innerHTML = `<thead><tr><th>run</th><th class="left">why</th><th class="left">ended</th>${t.names.map((x, k) => `<th>${escape(bare(x))}${t.units[k] ? `<br>${escape(t.units[k])}` : ""}</th>`).join("")}<th></th></tr></thead><tbody>` + t.rows.map((r) =>
    `<tr><td><b>${r.run}</b></td><td class="left">${escape(r.why)}</td><td class="left"><span class="verdict" data-verdict="${r.ok ? "met" : "not met"}">${r.ok ? "\u2713 well" : "\u25a0 not well"}</span></td>${r.values.map((v) => `<td>${n(v)}</td>`).join("")}<td><button class="small" type="button" data-run="${r.run}">Fly again</button></td></tr>`).join("") + "</tbody>";
  $("table").onclick = (e) => { if (e.target.dataset.run) ask(+e.target.dataset.run); };
}
function ask(run) {
  wanted = run; $("confirm-title").textContent = `Fly run ${run} again?`;
  $("confirm-text").textContent = "Its block is flown once by the program of the campaign, to compare the bits, and once by the one that records: a minute or two. The flight then opens here.";
  $("confirm").showModal(); $("confirm-yes").focus();
}
export async function start(key) {
  theme($("theme"), () => charts.forEach((paint) => paint()));
  told = await fetch(`/console/campaign/${key}`).then((r) => r.json());
  $("name").innerHTML = `${escape(told.name)}<small>${escape(told.source)}</small>`; document.title = `${told.name} campaign - Homeward`;
  $("banner").textContent = told.note; $("runs").textContent = told.runs === told.wanted ? told.runs.toLocaleString("en") : `${told.runs.toLocaleString("en")} of ${told.wanted.toLocaleString("en")}`;
  $("seed").textContent = told.seed;
  window.hw = { told, said: (text) => ($("again-note").textContent = text), go: (path) => location.assign(path) };
  if (!told.runs) return;
  $("success").textContent = told.success.toLocaleString("en"); $("failed").textContent = told.failed.toLocaleString("en");
  verdicts(); if (told.landings) map(told.landings); told.histograms.forEach(histogram); table(); charts.forEach((paint) => paint());
  $("again").onsubmit = (e) => { e.preventDefault(); const run = +$("run").value; if (Number.isInteger(run) && $("run").value.trim()) ask(run); };
  $("confirm-no").onclick = () => $("confirm").close();
  $("confirm-yes").onclick = () => { $("confirm").close(); emitEvent("console", { what: "replay", run: wanted }); };
}
