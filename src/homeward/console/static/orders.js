// Commands: asked for, confirmed, sealed on the ground's end, answered by the ship.
const $ = (id) => document.getElementById(id);
const escape = (s) => String(s).replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" }[c]));
const MEANING = {
  go: "The ship leaves the hold point it waits at, and does not wait at those to come.",
  hold: "The ship stays at the hold point it is at, or comes to next, until GO.",
  retreat: "The ship goes back to the hold point before and waits there until GO.",
  abort: "The ship leaves the station for good. This cannot be taken back.",
};
export class Orders {
  constructor(told, say) {
    this.told = told; this.say = say; $("orders").hidden = !told.orders;
    if (!told.orders) return;
    $("order-buttons").innerHTML = ["go", "hold", "retreat", "abort"].map((w) => `<button class="order${w === "abort" ? " grave" : ""}" type="button" data-word="${w}">${w.toUpperCase()}</button>`).join("");
    $("order-buttons").onclick = (e) => { const w = e.target.dataset.word; if (w) this.confirm(w, MEANING[w], w === "abort"); };
    $("order-form").onsubmit = (e) => { e.preventDefault(); const words = $("order-words").value.trim(); if (words) this.confirm(words, "The ship judges every command by its situation before it acts on it.", false); };
    $("confirm-no").onclick = () => $("confirm").close();
    $("confirm-yes").onclick = () => { $("confirm").close(); this.say("command", { words: this.words }); $("order-words").value = ""; };
    $("paces").innerHTML = '<span class="note">flight\u2019s pace</span>' + [1, 10, 100, 1000].map((p) => `<button class="small" type="button" data-pace="${p}">${p}\u00d7</button>`).join("");
    $("paces").onclick = (e) => { if (e.target.dataset.pace) this.say("pace", { pace: +e.target.dataset.pace }); };
  }
  confirm(words, text, grave) {
    this.words = words; $("confirm-title").textContent = `Send \u201c${words}\u201d to ${this.told.name}?`; $("confirm-text").textContent = text;
    $("confirm-yes").classList.toggle("grave", grave); $("confirm").showModal(); $(grave ? "confirm-no" : "confirm-yes").focus();
  }
  now(m) {
    if (!this.told.orders) return;
    const open = this.told.live, pace = m.pace ?? this.pace;
    if (open === this.open && pace === this.pace) return;
    this.open = open; this.pace = pace; $("paces").hidden = !this.told.live;
    for (const b of document.querySelectorAll("#orders .order, #order-words")) b.disabled = !open;
    for (const b of $("paces").querySelectorAll("button")) b.setAttribute("aria-pressed", +b.dataset.pace === pace);
    $("orders-note").textContent = open ? "sealed with this flight\u2019s key" : "the flight has ended";
  }
  answers(list) {
    $("answers").innerHTML = list.map((a) => `<li><time>${new Date(this.told.epoch_ms + a.t * 1000).toISOString().slice(11, 19)}</time><b data-outcome="${a.outcome}">${escape(a.words)}: ${escape(a.outcome)}</b><span class="note">${escape(a.reason || "")}</span></li>`).join("");
    $("answers").scrollTop = 1e6;
  }
}
