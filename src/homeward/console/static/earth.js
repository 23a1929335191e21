// The Earth: land of Natural Earth on a sphere, the path above it, stations, site and landing ellipse.
// Drawn only when something has changed; three.js comes with NiceGUI's package.
import { THREE } from "nicegui-scene";
import { watch } from "./canvas.js";

const RADIUS = 6371e3, HALF_WINDOW = 5400; // m; s of the path shown on either side of now
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export function place(lon, lat, alt = 0) {
  const a = (lon * Math.PI) / 180, b = (lat * Math.PI) / 180, r = 1 + alt / RADIUS;
  return new THREE.Vector3(r * Math.cos(b) * Math.cos(a), r * Math.sin(b), -r * Math.cos(b) * Math.sin(a));
}

export class Earth {
  constructor(canvas, labels, land) {
    this.canvas = canvas; this.labels = labels; this.land = land;
    this.view = { lon: 100, lat: 30, away: 2.7 }; this.following = true;
    this.path = { t: [], lon: [], lat: [], alt: [] }; this.drawn = 0; this.words = [];
    try {
      this.renderer = new THREE.WebGLRenderer({ canvas, antialias: true, alpha: true });
    } catch {
      canvas.parentElement.innerHTML = "<div class=empty>This browser cannot draw in three dimensions (WebGL).</div>";
      return;
    }
    this.scene = new THREE.Scene();
    this.camera = new THREE.PerspectiveCamera(38, 1, 0.001, 40);
    this.build(); this.listen();
    watch(canvas, () => this.size());
    this.size();
  }
  build() {
    const sheet = document.createElement("canvas");
    sheet.width = 4096; sheet.height = 2048; this.sheet = sheet;
    this.texture = new THREE.CanvasTexture(sheet);
    this.texture.colorSpace = THREE.SRGBColorSpace; this.texture.anisotropy = 8;
    const ball = new THREE.Mesh(new THREE.SphereGeometry(1, 128, 64), new THREE.MeshBasicMaterial({ map: this.texture }));
    this.rim = new THREE.Mesh(new THREE.SphereGeometry(1.004, 96, 48),
      new THREE.MeshBasicMaterial({ side: THREE.BackSide }));
    const line = (width) => new THREE.Line(new THREE.BufferGeometry(), new THREE.LineBasicMaterial({ linewidth: width }));
    this.gone = line(2); this.coming = line(1); this.track = line(1); this.drop = line(1);
    this.track.material.transparent = true; this.track.material.opacity = 0.5;
    this.rays = new THREE.LineSegments(new THREE.BufferGeometry(), new THREE.LineBasicMaterial());
    this.ship = dot(11); this.site = dot(9); this.stations = dot(5); this.seen = dot(8);
    for (const dots of [this.stations, this.seen, this.site]) dots.material.depthTest = false;
    this.ellipses = new THREE.Group();
    this.scene.add(ball, this.rim, this.gone, this.coming, this.track, this.drop, this.rays, this.ellipses,
      this.stations, this.seen, this.site, this.ship);
    this.paint();
  }
  paint() { // in the colours of the theme
    if (!this.renderer) return;
    const c = this.sheet.getContext("2d"), w = this.sheet.width, h = this.sheet.height;
    const x = (lon) => ((lon + 180) / 360) * w, y = (lat) => ((90 - lat) / 180) * h;
    c.fillStyle = css("--ocean"); c.fillRect(0, 0, w, h);
    c.beginPath();
    for (const ring of this.land.rings) for (const turn of [-360, 0, 360]) { // over the seam, longitudes run on
      let lon = ring[0], before = ring[0];
      for (let k = 0; k < ring.length; k += 2) {
        lon += ((ring[k] - before + 540) % 360) - 180; before = ring[k];
        c[k ? "lineTo" : "moveTo"](x(lon + turn), y(ring[k + 1]));
      }
      if (Math.abs(lon - ring[0]) > 180) { c.lineTo(x(lon + turn), y(-90)); c.lineTo(x(ring[0] + turn), y(-90)); } // about the pole
      c.closePath();
    }
    c.fillStyle = css("--land"); c.fill("evenodd");
    c.strokeStyle = css("--coast"); c.lineWidth = 2; c.stroke();
    c.strokeStyle = css("--grid"); c.lineWidth = 1.5; c.beginPath();
    for (let lon = -180; lon <= 180; lon += 30) { c.moveTo(x(lon), 0); c.lineTo(x(lon), h); }
    for (let lat = -60; lat <= 60; lat += 30) { c.moveTo(0, y(lat)); c.lineTo(w, y(lat)); }
    c.stroke();
    this.texture.needsUpdate = true;
    const paint = (object, name) => object.material.color.set(css(name));
    paint(this.rim, "--line"); paint(this.gone, "--blue"); paint(this.coming, "--soft"); paint(this.track, "--blue");
    paint(this.drop, "--blue"); paint(this.rays, "--green"); paint(this.ship, "--vermilion"); paint(this.site, "--ink");
    paint(this.stations, "--soft"); paint(this.seen, "--green");
    for (const e of this.ellipses.children) e.material.color.set(css("--vermilion"));
    this.draw();
  }
  listen() {
    const el = this.canvas; let last = null;
    el.addEventListener("pointerdown", (e) => { last = [e.clientX, e.clientY]; el.setPointerCapture(e.pointerId); });
    el.addEventListener("pointermove", (e) => {
      if (!last) return;
      const k = 0.22 * Math.min(this.view.away - 1, 2.2);
      this.turn(-(e.clientX - last[0]) * k, (e.clientY - last[1]) * k);
      last = [e.clientX, e.clientY];
    });
    for (const end of ["pointerup", "pointercancel"]) el.addEventListener(end, () => (last = null));
    el.addEventListener("wheel", (e) => { e.preventDefault(); this.zoom(Math.exp(e.deltaY * 0.0012)); }, { passive: false });
    el.addEventListener("keydown", (e) => {
      const step = { ArrowLeft: [-6, 0], ArrowRight: [6, 0], ArrowUp: [0, 6], ArrowDown: [0, -6] }[e.key];
      if (step) this.turn(...step); else if (e.key === "+") this.zoom(0.8); else if (e.key === "-") this.zoom(1.25); else return;
      e.preventDefault(); e.stopPropagation();
    });
  }
  turn(lon, lat) { // by hand: the ship is followed no longer
    this.follow(false);
    this.view.lon += lon; this.view.lat = Math.max(-89, Math.min(89, this.view.lat + lat)); this.draw();
  }
  follow(on) { if (on !== this.following) { this.following = on; this.onfollow?.(on); } if (on) { this.centre(); this.draw(); } }
  zoom(by) { this.view.away = 1 + Math.max(0.02, Math.min(7, (this.view.away - 1) * by)); if (this.following) this.centre(); this.draw(); }
  size() {
    const { clientWidth: w, clientHeight: h } = this.canvas.parentElement;
    if (!w || !h || !this.renderer) return;
    this.renderer.setPixelRatio(Math.min(window.devicePixelRatio || 1, 2, 4096 / w, 4096 / h)); this.renderer.setSize(w, h, false); this.camera.aspect = w / h; this.camera.updateProjectionMatrix(); this.draw();
  }
  setPath(path) { this.path = path; this.count = path.t.length; this.shape(); }
  extend(path) { for (const k of ["t", "lon", "lat", "alt"]) this.path[k].push(...path[k]); this.shape(); }
  shape() {
    if (!this.renderer) return;
    const { lon, lat, alt } = this.path, up = [], down = [];
    for (let k = 0; k < lon.length; k++) {
      up.push(...place(lon[k], lat[k], alt[k]).toArray()); down.push(...place(lon[k], lat[k], 4000).toArray());
    }
    const set = (object, numbers) => { object.geometry.dispose(); object.geometry = new THREE.BufferGeometry();
      object.geometry.setAttribute("position", new THREE.Float32BufferAttribute(numbers, 3)); object.frustumCulled = false; };
    set(this.gone, up); set(this.coming, up); set(this.track, down); this.draw();
  }
  setPlaces(stations, site) {
    this.places = stations; this.home = site;
    if (!this.renderer) return;
    this.stations.places = stations.filter((s) => !s.relay).map((s) => place(s.lon, s.lat, 3000));
    this.site.places = site ? [place(site.lon, site.lat, 3500)] : [];
    this.draw();
  }
  setEllipses(rims) {
    if (!this.renderer) return;
    this.ellipses.clear();
    rims.forEach((rim, k) => {
      const g = new THREE.BufferGeometry().setFromPoints(rim.map(([lon, lat]) => place(lon, lat, 3000)));
      this.ellipses.add(new THREE.Line(g, new THREE.LineBasicMaterial({ color: css("--vermilion"), transparent: true, opacity: 1 - 0.25 * k })));
    });
    this.draw();
  }
  now(t, lon, lat, alt, seen) {
    if (!this.renderer || !isFinite(lon + lat + alt)) return;
    const times = this.path.t, at = place(lon, lat, alt);
    const k = below(times, t), first = below(times, t - HALF_WINDOW), last = Math.min(below(times, t + HALF_WINDOW) + 1, times.length);
    this.gone.geometry.setDrawRange(first, Math.max(k - first + 1, 0));
    this.coming.geometry.setDrawRange(k, Math.max(last - k, 0));
    this.track.geometry.setDrawRange(first, Math.max(last - first, 0));
    points(this.ship, [at]);
    this.drop.geometry.setFromPoints([at, place(lon, lat, 0)]);
    const lit = (seen || []).map((i) => this.places[i]).filter((s) => s && !s.relay);
    this.seen.places = lit.map((s) => place(s.lon, s.lat, 4000));
    const ends = []; for (const s of lit) ends.push(at, place(s.lon, s.lat, 4000));
    this.rays.geometry.dispose(); this.rays.geometry = new THREE.BufferGeometry().setFromPoints(ends);
    this.rays.frustumCulled = false; this.drop.frustumCulled = false;
    this.here = { lon, lat, alt, lit };
    if (this.following) this.centre();
    this.draw();
  }
  centre() { if (this.here) { this.view.lon = this.here.lon; this.view.lat = Math.max(-75, Math.min(75, this.here.lat - 6 * Math.min(1, (this.view.away - 1) / 1.7))); } }
  draw() {
    if (this.waiting || !this.renderer) return;
    this.waiting = true;
    requestAnimationFrame(() => { this.waiting = false; this.render(); });
  }
  render() {
    const { lon, lat, away } = this.view;
    this.camera.position.copy(place(lon, lat).multiplyScalar(away));
    this.camera.lookAt(0, 0, 0);
    // A dot on the ground is drawn whole where its place is on the near side: the ball would cut it in half.
    const eye = this.camera.position, near = (p) => p.dot(eye.clone().sub(p)) > 0;
    for (const dots of [this.stations, this.seen, this.site]) points(dots, (dots.places || []).filter(near));
    this.renderer.render(this.scene, this.camera);
    const wanted = [];
    if (this.here) wanted.push({ text: this.shipName || "ship", lon: this.here.lon, lat: this.here.lat, alt: this.here.alt, main: 1 });
    if (this.home) wanted.push({ text: this.home.name, lon: this.home.lon, lat: this.home.lat, alt: 3500 });
    for (const s of this.here?.lit || []) wanted.push({ text: s.name.replace(/ \(.*| Satellite Station/g, ""), lon: s.lon, lat: s.lat, alt: 4000 });
    const { clientWidth: w, clientHeight: h } = this.canvas, from = this.camera.position;
    let html = ""; const taken = [];
    for (const p of wanted) {
      const at = place(p.lon, p.lat, p.alt), hidden = at.clone().normalize().dot(from.clone().sub(at).normalize()) < -0.02;
      const flat = at.clone().project(this.camera), x = (flat.x + 1) / 2 * w, y = (1 - flat.y) / 2 * h;
      if (hidden || x < 0 || y < 0 || x > w || y > h || taken.some(([a, b]) => Math.abs(a - x) < 90 && Math.abs(b - y) < 12)) continue;
      taken.push([x, y]);
      html += `<span class="${p.main ? "main" : ""}" style="left:${x.toFixed(0)}px;top:${y.toFixed(0)}px">${escape(p.text)}</span>`;
    }
    if (html !== this.told) { this.labels.innerHTML = html; this.told = html; }
    this.drawn++;
  }
}
const escape = (s) => s.replace(/[&<>]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" }[c]));
export function below(times, t) { // last place whose time is at or before t, 0 before all
  let low = 0, high = times.length;
  while (low < high) { const k = (low + high) >> 1; if (times[k] <= t) low = k + 1; else high = k; }
  return Math.max(low - 1, 0);
}
function dot(size) {
  const round = document.createElement("canvas"); round.width = round.height = 32;
  const c = round.getContext("2d"); c.fillStyle = "#fff"; c.beginPath(); c.arc(16, 16, 14, 0, 7); c.fill();
  const made = new THREE.Points(new THREE.BufferGeometry(), new THREE.PointsMaterial({
    size: size * Math.min(window.devicePixelRatio || 1, 2), sizeAttenuation: false, map: new THREE.CanvasTexture(round), alphaTest: 0.5, transparent: true }));
  made.frustumCulled = false; return made;
}
function points(object, places) { object.geometry.dispose(); object.geometry = new THREE.BufferGeometry().setFromPoints(places); }
