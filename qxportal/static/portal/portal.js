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

  // The page of a row opens in a panel beside its list where there is room for both; elsewhere the link leads to it.
  // The address names it, so that Back closes it, and a reload or a copied link shows it again.
  const panel = document.getElementById("panel");
  const room = window.matchMedia("(min-width: 62rem)");
  const address = () => location.pathname + location.search;
  let list = address(); // of the page that is shown beside the panel
  let opened = "";
  const ofList = "[data-panel] a.row-link";
  let row = null; // the link that was used: several rows of a list may lead to the same page
  const opener = () => (row?.isConnected ? row : [...document.querySelectorAll(ofList)].find((link) => link.href === opened));
  const markOpener = () => {
    for (const link of document.querySelectorAll(`${ofList}[aria-current]`)) link.removeAttribute("aria-current");
    opener()?.setAttribute("aria-current", "true");
  };
  const openPanel = (url, link = null) => {
    opened = url;
    row = link;
    window.htmx.ajax("GET", opened, { source: panel, target: panel, swap: "innerHTML" });
  };
  const hidePanel = () => {
    const back = opener() ?? document.getElementById("content");
    panel.hidden = true;
    panel.replaceChildren();
    opened = "";
    row = null;
    markOpener();
    back.focus();
  };
  const closePanel = () => {
    hidePanel(); // at once, so that a second Escape does not go back once more
    if (history.state?.panel) history.back();
    else history.replaceState(history.state, "", address());
  };
  const nameOpened = (fresh) => {
    const hash = `#panel=${new URL(opened).pathname}`;
    if (location.hash === hash) return;
    if (fresh) {
      const before = location.hash.startsWith("#panel=") ? address() : location.href; // what could not be opened is not named again
      history.replaceState({ ...history.state, panel: false }, "", before);
      history.pushState({ panel: true }, "", hash);
    } else {
      history.replaceState(history.state, "", hash);
    }
  };
  const followAddress = () => {
    const named = /^#panel=(\/o\/[\w-]+\/[\w/-]*)$/.exec(location.hash)?.[1] ?? "";
    const home = `${location.pathname.split("/", 3).join("/")}/`; // of the organisation
    if (!named.startsWith(home)) {
      if (opened && (!location.hash || history.state?.panel === false)) hidePanel();
    } else if (!room.matches) {
      location.replace(named);
    } else if (location.origin + named !== opened) {
      openPanel(location.origin + named);
    }
  };
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-panel-close]")) closePanel();
    const link = event.target.closest(ofList);
    const plain = !event.defaultPrevented && event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (!link || !plain || !panel || !room.matches) return;
    event.preventDefault();
    openPanel(link.href, link);
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target, xhr } = event.detail;
    if (target !== panel || !event.detail.shouldSwap) return;
    if (opened && xhr.responseText.includes('id="panel-title"')) return;
    event.detail.shouldSwap = false; // the panel was closed meanwhile, or another page answered, such as the one to log in
    if (opened) location[row ? "assign" : "replace"](opened); // Back would lead to an address that names this page, and here again
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (opened) markOpener();
    if (event.detail.target !== panel) return;
    if (opened) nameOpened(panel.hidden);
    panel.hidden = false;
    panel.scrollTop = 0;
    panel.querySelector("#panel-title").focus();
  });
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.target !== panel || !panel.hidden) return;
    opened = ""; // such as a person of a copied link who is no longer there
    history.replaceState(history.state, "", address());
  });
  for (const written of ["htmx:pushedIntoHistory", "htmx:replacedInHistory"]) {
    document.addEventListener(written, () => {
      list = address();
      if (panel && !panel.hidden) nameOpened(false);
    });
  }
  // Before htmx, which reads the whole page anew.
  window.addEventListener("popstate", (event) => {
    if (!panel) return;
    if (address() === list) {
      event.stopImmediatePropagation();
      followAddress();
    } else if (!event.state?.htmx) {
      location.reload(); // of a list before the last one, over which a panel was opened
    }
  });
  if (panel) followAddress();

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const menu = event.target.closest?.("details.menu[open]") ?? document.querySelector("details.menu[open]");
      if (menu) {
        menu.open = false;
        menu.querySelector("summary").focus();
      } else if (panel && !panel.hidden) {
        if (panel.contains(event.target) && event.target.matches("input, textarea, select")) {
          panel.querySelector("#panel-title").focus(); // what was typed stays
        } else {
          closePanel();
        }
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
    const rows = [...document.querySelectorAll("[data-rows] tbody tr")].filter((row) => !panel?.contains(row));
    if (!rows.length) return;
    const inPanel = panel?.contains(document.activeElement);
    const at = rows.indexOf((inPanel ? opener() : document.activeElement)?.closest("tr"));
    if (event.key === "x") {
      if (at >= 0) rows[at].querySelector("[data-tick]")?.click();
      return;
    }
    const next = rows[Math.min(rows.length - 1, Math.max(0, at + (event.key === "j" ? 1 : -1)))];
    const link = next.querySelector("a.row-link") ?? next.querySelector("a, input, button");
    if (inPanel && link?.matches(ofList)) openPanel(link.href, link);
    else link?.focus();
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

  // Lists of a drill-down: each offers what stands below the answer in the list before. Without this they are grouped.
  const narrow = (drill) => {
    const lists = [...drill.querySelectorAll("select")];
    lists.slice(1).forEach((list, place) => {
      const groups = [...list.querySelectorAll("optgroup[data-below]")];
      for (const group of groups) group.hidden = group.disabled = group.dataset.below !== lists[place].value;
      if (list.selectedOptions[0]?.closest("optgroup")?.hidden) list.value = "";
      list.disabled = groups.length > 0 && groups.every((group) => group.hidden);
    });
  };
  for (const drill of document.querySelectorAll("[data-drill-down]")) narrow(drill);
  document.addEventListener("change", (event) => {
    const drill = event.target.closest("[data-drill-down]");
    if (drill) narrow(drill);
  });

  // Ticks survive a search or a turned page: what leaves the screen stays in the form as hidden fields.
  const kept = (form, value) => [...form.querySelectorAll("input[data-kept]")].find((field) => field.value === value);
  document.addEventListener("htmx:beforeSwap", () => {
    for (const box of document.querySelectorAll("[data-tick][data-keep]")) {
      const field = kept(box.form, box.value);
      if (box.checked && !field) {
        const hidden = document.createElement("input");
        Object.assign(hidden, { type: "hidden", name: box.name, value: box.value });
        hidden.dataset.kept = "";
        box.form.append(hidden);
      } else if (!box.checked) {
        field?.remove();
      }
    }
  });
  document.addEventListener("htmx:afterSwap", () => {
    for (const box of document.querySelectorAll("[data-tick][data-keep]")) {
      const field = kept(box.form, box.value);
      if (field) {
        box.checked = true;
        field.remove();
      }
    }
    for (const words of document.querySelectorAll("[data-kept-count]")) {
      const form = document.getElementById(words.dataset.keptCount);
      const number = form.querySelectorAll("input[data-kept]").length;
      words.hidden = number === 0;
      words.querySelector(".num").textContent = String(number);
    }
  });

  // A menu above a list stays open when the list is swapped, as after the search box is left for it, and keeps the focus.
  let openTools = [];
  let focused = null;
  document.addEventListener("htmx:beforeSwap", () => {
    focused = document.activeElement?.closest(".list-tool") && document.activeElement;
    openTools = [...document.querySelectorAll(".list-tool")].map((tool) => tool.open);
  });
  document.addEventListener("htmx:afterSwap", () => {
    [...document.querySelectorAll(".list-tool")].forEach((tool, place) => {
      if (openTools[place]) tool.open = true;
    });
    if (focused?.isConnected && document.activeElement !== focused) focused.focus({ preventScroll: true });
    openTools = [];
    focused = null;
  });

  // Filters that are off stay out of the URL.
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.verb !== "get" || !event.target.matches("form")) return;
    for (const [name, value] of Object.entries(event.detail.parameters)) {
      if (value === "") delete event.detail.parameters[name];
    }
  });

  // A page that would load itself anew, as something it waited for has ended, leaves alone what somebody types in it.
  const typedIn = new Set();
  document.addEventListener("input", (event) => {
    if (event.target.form?.method === "post") typedIn.add(event.target.form);
  });
  document.addEventListener("submit", (event) => typedIn.delete(event.target));
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const { elt, xhr, requestConfig } = event.detail;
    const typed = [...typedIn].some((form) => form.isConnected);
    if (!typed || requestConfig.verb !== "get" || xhr.getResponseHeader("HX-Refresh") !== "true") return;
    event.preventDefault();
    const said = document.createElement("span");
    said.setAttribute("role", "status");
    const link = Object.assign(document.createElement("a"), { href: window.location.pathname + window.location.search, className: "inline-link" });
    link.textContent = document.body.dataset.wordsReload;
    said.append(`${document.body.dataset.wordsNewer} `, link);
    elt.replaceWith(said);
  });

  // A search that changed nothing (Enter after typing, leaving the field) adds no step to the browser's history.
  document.addEventListener("htmx:beforeHistoryUpdate", (event) => {
    const { history } = event.detail;
    const { pathname, search } = new URL(history.path, location.href); // the fragment may name what is open beside the list
    if (history.type === "push" && pathname + search === address()) history.type = "replace";
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
    toast(document.body.dataset.wordsFailed.replace("{status}", event.detail.xhr.status));
  });
  document.addEventListener("htmx:sendError", () => toast(document.body.dataset.wordsOffline));

  // After a form came back with errors, the first of them is where to go on; a closed menu is not opened for it.
  const wrong = [...document.querySelectorAll("main [aria-invalid='true']")].find((field) => field.checkVisibility?.() ?? true);
  wrong?.focus();

  // On a small screen the current tab may lie outside its row.
  for (const tab of document.querySelectorAll(".tabs a[aria-current]")) {
    const row = tab.parentElement;
    row.scrollLeft = tab.offsetLeft - row.offsetLeft - (row.clientWidth - tab.offsetWidth) / 2;
  }
})();
