// Light, dark, or as the system has it; remembered by the browser.
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const words = { auto: "Theme: system", light: "Theme: light", dark: "Theme: dark" };
export function theme(button, changed) {
  let wanted = "auto"; try { wanted = localStorage.getItem("homeward-theme") || "auto"; } catch { /* no storage */ }
  const set = (tell) => {
    document.documentElement.dataset.theme = wanted === "dark" || (wanted === "auto" && dark.matches) ? "dark" : "light";
    button.textContent = words[wanted]; if (tell) changed();
  };
  button.onclick = () => { wanted = { auto: "light", light: "dark", dark: "auto" }[wanted]; try { localStorage.setItem("homeward-theme", wanted); } catch { /* no storage */ } set(true); };
  dark.addEventListener("change", () => set(true)); set(true);
}
