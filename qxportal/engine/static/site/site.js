// Saves each answer as it is given; keeps what could not be sent on this device and sends it, in order, once it can.
// Without this script the page works by its buttons.
(() => {
  "use strict";
  document.documentElement.classList.add("js");
  const form = document.querySelector("form[data-save]");
  const FORGET = "qx-answers:";
  for (const button of document.querySelectorAll("[data-forget]")) {
    button.addEventListener("click", () => {
      for (const key of Object.keys(localStorage)) if (key.startsWith(FORGET)) localStorage.removeItem(key);
    });
  }
  if (!form) return;

  const words = form.dataset;
  const status = document.querySelector("[data-status]");
  const key = FORGET + words.save;
  const RETRY = 3000, TYPING = 800;
  let since = words.since, sending = false, timer = 0;
  const waiting = read(); // field name -> {value, at, told}: the time of this device and, as far as told, of the server
  let known = moment(since); // the latest that is known of the server's time; never later than it is there

  function moment(iso) { return { server: Date.parse(iso), date: Date.now(), ticks: performance.now() }; }
  // Of the two clocks one stands still while a device sleeps, and the other is put back at times.
  function serverTime() { return known.server + Math.max(Date.now() - known.date, performance.now() - known.ticks); }
  function learn(iso) { if (Date.parse(iso) > serverTime()) known = moment(iso); }

  function read() {
    try { return new Map(JSON.parse(localStorage.getItem(key) || "[]")); } catch { return new Map(); }
  }
  function remember() {
    try {
      if (waiting.size) localStorage.setItem(key, JSON.stringify([...waiting]));
      else localStorage.removeItem(key);
    } catch { /* a full or closed store: the page still holds what was typed */ }
  }
  function say(text, bad = false) {
    status.textContent = text;
    status.classList.toggle("is-bad", bad);
  }
  const clock = (iso) => new Date(iso).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

  function valueOf(name) {
    const control = form.elements.namedItem(name);
    if (!control) return "";
    if (control instanceof RadioNodeList) return control.value;
    if (control.type === "checkbox") return control.checked ? control.value : "";
    if (control.type === "radio") return control.checked ? control.value : "";
    return control.value;
  }
  function show(name, value) {
    const control = form.elements.namedItem(name);
    if (!control) return;
    if (control instanceof RadioNodeList) control.value = value;
    else if (control.type === "checkbox" || control.type === "radio") control.checked = control.value === value;
    else control.value = value;
  }
  function note(name) {
    waiting.delete(name); // so that the order is that of the last change
    waiting.set(name, { value: valueOf(name), at: Date.now(), told: serverTime() });
    remember();
    const shown = form.elements["shown"]; // what the page showed no longer speaks for this field
    shown.value = shown.value.split(" ").filter((word) => !word.startsWith(`${name}:`)).join(" ");
  }

  async function send() {
    if (sending || !waiting.size) return;
    sending = true;
    clearTimeout(timer);
    const sent = [...waiting];
    const body = new URLSearchParams(); // which a server reads sooner than parts
    for (const hidden of ["csrfmiddlewaretoken", "form"]) body.set(hidden, form.elements[hidden].value);
    body.set("since", since);
    for (const [name, one] of sent) {
      body.set(name, one.value);
      const age = Math.max(0, Date.now() - one.at);
      body.set(`age.${name}`, String(age));
      body.set(`at.${name}`, String(Math.floor(Math.max(one.told || 0, serverTime() - age))));
    }
    say(words.wordsSaving);
    let answer = null, said = {};
    try {
      answer = await fetch(words.save, { method: "POST", body, credentials: "same-origin" });
      said = await answer.json();
    } catch { answer = null; }
    sending = false;
    if (!answer || answer.status >= 500) {
      say(words.wordsOffline, true);
      timer = setTimeout(send, RETRY);
      return;
    }
    if (said.reload) { location.reload(); return; }
    if (!answer.ok) { say(said.problem || words.wordsWaiting, true); return; }
    since = said.until;
    learn(since);
    for (const [name, one] of sent) if (waiting.get(name) === one) waiting.delete(name);
    remember();
    let changed = "";
    for (const other of said.elsewhere) {
      if (!waiting.has(other.name) && valueOf(other.name) !== other.value) { show(other.name, other.value); changed = other.at; }
    }
    const refused = Object.entries(said.refused);
    for (const [name] of sent) mark(name, said.refused[name] || "");
    if (refused.length) say(refused[0][1], true);
    else if (changed) say(words.wordsElsewhere.replace("{time}", changed), true);
    else say(words.wordsSaved.replace("{time}", clock(said.until)));
    if (said.moves) await renew();
    if (waiting.size) timer = setTimeout(send, 0);
  }

  function mark(name, problem) {
    const control = form.querySelector(`[name="${CSS.escape(name)}"]`);
    if (!control) return;
    const id = `problem-${name}`;
    let line = document.getElementById(id);
    if (!problem) { if (line) line.remove(); control.removeAttribute("aria-invalid"); return; }
    if (!line) {
      line = document.createElement("p");
      line.id = id;
      line.className = "problem";
      (control.closest("fieldset, .field") || control.parentElement).append(line);
    }
    line.textContent = problem;
    control.setAttribute("aria-invalid", "true");
    control.setAttribute("aria-describedby", id);
  }

  async function renew() { // an answer may bring or take away questions of this page
    const answer = await fetch(location.href, { credentials: "same-origin" }).catch(() => null);
    if (!answer || !answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("form[data-save]");
    if (!fresh) return;
    const now = new Map([...form.querySelectorAll("[data-item]")].map((one) => [one.dataset.item, one]));
    const wanted = [...fresh.querySelectorAll("[data-item]")];
    for (const [id, one] of now) if (!wanted.some((other) => other.dataset.item === id)) one.remove();
    let last = null;
    for (const one of wanted) {
      const known = now.get(one.dataset.item);
      if (known) narrow(known, one);
      if (!known) (last ? last.after(one) : form.querySelector("[data-item], .actions").before(one));
      last = known || one;
    }
  }

  function narrow(item, fresh) { // what the lists of a drill-down offer now; not while a newer answer of theirs waits
    const lists = [...item.querySelectorAll("[data-drill-down] select")];
    if (lists.some((list) => waiting.has(list.name))) return;
    for (const list of lists) {
      const other = fresh.querySelector(`select[name="${CSS.escape(list.name)}"]`);
      const words = (one) => JSON.stringify([...one.options].map((option) => [option.value, option.text]));
      if (!other || (words(list) === words(other) && list.value === other.value)) continue;
      const value = other.value;
      list.replaceChildren(...other.children);
      list.value = value;
    }
  }
  function together(list) { // lists are answered together; those after it offer nothing until the server knows the answer
    const lists = [...list.closest("[data-drill-down]").querySelectorAll("select")];
    for (const one of lists.slice(lists.indexOf(list) + 1)) one.replaceChildren(one.options[0]);
    for (const one of lists) note(one.name);
  }

  for (const input of form.querySelectorAll("input.number[data-lowest][data-highest]")) {
    const range = document.createElement("input");
    Object.assign(range, { type: "range", min: input.dataset.lowest, max: input.dataset.highest, step: input.dataset.step });
    range.value = input.value || input.dataset.lowest;
    range.setAttribute("aria-label", document.querySelector(`label[for="${CSS.escape(input.id)}"]`).textContent.trim());
    range.addEventListener("input", () => { input.value = range.value; });
    range.addEventListener("change", () => { input.value = range.value; note(input.name); send(); });
    input.addEventListener("change", () => { range.value = input.value; });
    input.after(range);
  }

  function alone(box) { // "none of these" and the others take each other away
    if (box.type !== "checkbox" || !box.checked) return;
    for (const other of box.closest("fieldset").querySelectorAll("[type=checkbox]:checked")) {
      if (other !== box && (box.matches("[data-exclusive]") || other.matches("[data-exclusive]"))) {
        other.checked = false;
        note(other.name);
      }
    }
  }

  let typing = 0;
  form.addEventListener("input", (event) => {
    const { name, type } = event.target;
    if (!name || !["text", "textarea"].includes(type)) return;
    note(name);
    clearTimeout(typing);
    typing = setTimeout(send, TYPING);
  });
  form.addEventListener("change", (event) => {
    if (!event.target.name) return;
    alone(event.target);
    if (event.target.closest("[data-drill-down]")) together(event.target);
    else note(event.target.name);
    send();
  });
  form.addEventListener("submit", (event) => {
    form.elements["given-at"].value = String(Math.ceil(serverTime()));
    if (!waiting.size) return;
    if (!navigator.onLine) { event.preventDefault(); say(words.wordsOffline, true); return; }
    for (const name of [...waiting.keys()]) if (form.elements.namedItem(name)) waiting.delete(name); // the page sends them
    remember();
  });
  window.addEventListener("online", send);
  window.addEventListener("beforeunload", (event) => {
    if (waiting.size && !navigator.onLine) event.preventDefault();
  });

  for (const [name, one] of waiting) show(name, one.value);
  send();
})();
