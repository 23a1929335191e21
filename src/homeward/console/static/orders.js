// Commands: asked for, confirmed, sealed on the ground's end, answered by the ship.
const $ = (id) => document.getElementById(id);
const escape = (s) => String(s).replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" }[c]));
const MEANING = {
  go: "The ship leaves the hold point it waits at, and does not wait at those to come.",
  hold: "The ship stays at the hold point it is at, or comes to next, until GO.",
  retreat: "The ship goes back to the hold point before and waits there until GO.",
  abort: "The ship leaves the station for good. This cannot be taken back.",
  site: "Until 300 s before the burn, the burn is planned anew for this site; after it, the lift must reach it. The ship judges both.",
  winds: "The forecast at the site, a level a line: altitude in m, wind toward north and east in m/s. Aim and parachute follow it.",
  burn: "In place of the burn planned: the ship checks the entry angle it leads to, and whether the site stays in reach.",
  plan: "The rendezvous goes on by another plan, where its budget serves.",
};
const KINDS = { rendezvous: ["go", "hold", "retreat", "abort", "plan"], return: ["site", "winds", "burn"] };
const GRAVE = ["abort", "burn"];
const number = (id, label, value, unit) => `<label for="${id}">${label}</label><span><input id="${id}" required inputmode="decimal" autocomplete="off" value="${value ?? ""}"> ${unit}</span>`;
const FORMS = {
  site: (told) => number("f-lat", "Latitude", told.at?.[0] ?? told.site?.lat, "\u00b0 N") + number("f-lon", "Longitude", told.at?.[1] ?? told.site?.lon, "\u00b0 E") + number("f-alt", "Ground", told.site?.alt, "m"),
  winds: () => `<label for="f-rows">Levels</label><textarea id="f-rows" rows="7" required spellcheck="false" placeholder="1000, 2.0, 5.0\n12000, 4.0, 22.0"></textarea><label for="f-file">or a file</label><input id="f-file" type="file" accept=".csv,text/csv">`,
  burn: ({ burn }) => number("f-start", "Start", burn?.[0].toFixed(1), "s since the epoch") + number("f-dv", "Velocity change", burn?.[1].toFixed(2), "m/s") + number("f-pitch", "Pitch up from retrograde", 0, "\u00b0") + number("f-yaw", "Yaw to the right", 0, "\u00b0"),
  plan: (told) => `<label for="f-plan">Plan</label><select id="f-plan">${told.plans.map((p) => `<option>${escape(p)}</option>`).join("")}</select>`,
};
const value = (id) => $(id).value.trim().replace(/\u2212/g, "-");
const WORDS = {
  site: () => `site ${value("f-lat")} ${value("f-lon")} ${value("f-alt")}`,
  winds: () => `winds ${value("f-rows").split(/\n/).map((l) => l.replace(/\s*[,;\t]\s*/g, ",").trim()).filter((l) => l && !/^(#|altitude)/.test(l)).map((l) => l.replace(/\s+/g, ",")).join(" ")}`,
  burn: () => `burn ${value("f-start")} ${value("f-dv")} ${value("f-pitch")} ${value("f-yaw")}`,
  plan: () => `plan ${value("f-plan")}`,
};
export class Orders {
  constructor(told, say) {
    this.told = told; this.say = say; $("orders").hidden = !told.orders;
    if (!told.orders) return;
    const kinds = KINDS[told.orders].filter((w) => w !== "plan" || told.plans.length > 1);
    $("order-buttons").innerHTML = kinds.map((w) => `<button class="order${GRAVE.includes(w) ? " grave" : ""}" type="button" data-word="${w}">${w.toUpperCase()}${FORMS[w] ? "\u2026" : ""}</button>`).join("");
    $("order-buttons").onclick = (e) => { const w = e.target.dataset.word; if (w) this.confirm(w, w, MEANING[w], GRAVE.includes(w)); };
    $("order-words").placeholder = told.orders === "return" ? "other: site 41.6 100.1 1000" : "other: plan 6.5h";
    $("order-form").onsubmit = (e) => { e.preventDefault(); const words = $("order-words").value.trim(); if (words) this.confirm("", words, "The ship judges every command by its situation before it acts on it.", false); };
    $("confirm-no").onclick = () => $("confirm").close();
    $("confirm-form").onsubmit = (e) => {
      e.preventDefault(); $("confirm").close();
      this.say("command", { words: FORMS[this.kind] ? WORDS[this.kind]() : this.words }); $("order-words").value = "";
    };
    $("paces").innerHTML = '<span class="note">flight\u2019s pace</span>' + [1, 10, 100, 1000].map((p) => `<button class="small" type="button" data-pace="${p}">${p}\u00d7</button>`).join("");
    $("paces").onclick = (e) => { if (e.target.dataset.pace) this.say("pace", { pace: +e.target.dataset.pace }); };
  }
  confirm(kind, words, text, grave) {
    this.kind = kind; this.words = words; const form = FORMS[kind];
    $("confirm-title").textContent = `Send \u201c${form ? words.toUpperCase() : words.length > 60 ? `${words.slice(0, 60)}\u2026` : words}\u201d to ${this.told.name}?`; $("confirm-text").textContent = text;
    $("confirm-fields").innerHTML = form ? form(this.told) : "";
    const file = $("f-file"); if (file) file.onchange = async () => { $("f-rows").value = (await file.files[0].text()).trim(); };
    $("confirm-yes").classList.toggle("grave", grave); $("confirm").showModal();
    ($("confirm-fields").querySelector("input, textarea, select") ?? $(grave ? "confirm-no" : "confirm-yes")).focus();
  }
  now(m) {
    if (!this.told.orders) return;
    const open = this.told.live && this.told.feeds, pace = m.pace ?? this.pace;
    if (open === this.open && pace === this.pace) return;
    this.open = open; this.pace = pace; $("paces").hidden = !this.told.paced || !this.told.live;
    for (const b of document.querySelectorAll("#orders .order, #order-words")) b.disabled = !open;
    for (const b of $("paces").querySelectorAll("button")) b.setAttribute("aria-pressed", +b.dataset.pace === pace);
    $("orders-note").textContent = open ? "sealed with this flight\u2019s key" : this.told.live ? "no key: this stream is only watched" : "the flight has ended";
  }
  answers(list) {
    $("answers").innerHTML = list.map((a) => `<li><time>${new Date(this.told.epoch_ms + a.t * 1000).toISOString().slice(11, 19)}</time><b data-outcome="${a.outcome}">${escape(a.words)}: ${escape(a.outcome)}</b><span class="note">${escape(a.reason || "")}</span></li>`).join("");
    $("answers").scrollTop = 1e6;
  }
}
