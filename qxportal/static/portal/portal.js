"use strict";
// Everything here is comfort: each page works without it.
(() => {
  const root = document.documentElement;
  root.classList.add("js");

  document.addEventListener("click", (event) => {
    const target = event.target;
    if (target.closest("[data-theme-switch]")) {
      window.portalTheme(root.dataset.bsTheme === "dark" ? "light" : "dark");
      return;
    }
    const toast = target.closest("[data-dismiss]");
    if (toast) {
      toast.closest(".toast-message")?.remove();
      return;
    }
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(target)) menu.open = false;
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const menu = event.target.closest?.("details.menu[open]") ?? document.querySelector("details.menu[open]");
      if (menu) {
        menu.open = false;
        menu.querySelector("summary").focus();
      }
      return;
    }
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/") {
      const box = document.querySelector("[data-search]");
      if (box) {
        event.preventDefault();
        box.focus();
        box.select();
      }
      return;
    }
    if (!["j", "k", "x"].includes(event.key)) return;
    const rows = [...document.querySelectorAll("[data-rows] tbody tr")];
    if (!rows.length) return;
    const at = rows.indexOf(document.activeElement.closest("tr"));
    if (event.key === "x") {
      if (at >= 0) rows[at].querySelector("[data-tick]")?.click();
      return;
    }
    const next = rows[Math.min(rows.length - 1, Math.max(0, at + (event.key === "j" ? 1 : -1)))];
    (next.querySelector("a.row-link") ?? next.querySelector("a, input, button"))?.focus();
  });

  // The box above a column of tick boxes, and the count beside the verbs.
  const count = (form) => {
    const boxes = [...document.querySelectorAll(`[data-tick][form="${form.id}"]`)];
    const ticked = boxes.filter((box) => box.checked).length;
    const all = document.querySelector(`[data-tick-all="${form.id}"]`);
    if (all) {
      all.checked = ticked > 0 && ticked === boxes.length;
      all.indeterminate = ticked > 0 && ticked < boxes.length;
    }
    for (const number of form.querySelectorAll("[data-ticked]")) number.textContent = String(ticked);
  };
  document.addEventListener("change", (event) => {
    const all = event.target.closest("[data-tick-all]");
    if (all) {
      const form = document.getElementById(all.dataset.tickAll);
      for (const box of document.querySelectorAll(`[data-tick][form="${form.id}"]`)) box.checked = all.checked;
      count(form);
    } else if (event.target.matches("[data-tick]")) {
      const form = event.target.form;
      const ticked = form.querySelector("input[name=scope][value=ticked]");
      if (ticked) ticked.checked = true;
      count(form);
    }
  });

  document.addEventListener("click", (event) => {
    const adder = event.target.closest("[data-add-row]");
    if (!adder) return;
    const list = document.getElementById(adder.dataset.addRow);
    const last = list.lastElementChild;
    const row = last.cloneNode(true);
    for (const field of row.querySelectorAll("input")) field.value = "";
    list.append(row);
    row.querySelector("input").focus();
  });

  const toast = (words) => {
    const list = document.getElementById("messages");
    const item = document.createElement("div");
    item.className = "toast-message is-error";
    item.textContent = words;
    list.append(item);
    setTimeout(() => item.remove(), 10000);
  };
  document.addEventListener("htmx:responseError", (event) => {
    toast(`${document.body.dataset.wordsFailed} (${event.detail.xhr.status})`);
  });
  document.addEventListener("htmx:sendError", () => toast(document.body.dataset.wordsOffline));
})();
