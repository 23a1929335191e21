// The size of a canvas: its drawing buffer follows the box that the layout gives it, and never the other way round.
const MOST = 4096; // pixels a side: a layout gone wrong must not ask for more than a browser can draw

// CSS takes the canvas out of the flow (position: absolute), so that the buffer's size cannot grow its box.
export function fit(canvas) {
  const { clientWidth: width, clientHeight: height } = canvas.parentElement;
  const ratio = Math.min(window.devicePixelRatio || 1, MOST / Math.max(width, 1), MOST / Math.max(height, 1));
  const w = Math.round(width * ratio), h = Math.round(height * ratio);
  if (w && h && (canvas.width !== w || canvas.height !== h)) { canvas.width = w; canvas.height = h; }
  return { width, height, ratio };
}

// Calls back where the box has another size, or the window another pixel ratio (another screen, zoom).
export function watch(canvas, changed) {
  new ResizeObserver(changed).observe(canvas.parentElement);
  const again = () => matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`).addEventListener("change", () => { changed(); again(); }, { once: true });
  again();
}
