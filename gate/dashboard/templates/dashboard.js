"use strict";
// Filters, comparisons and the passing of time. The page is whole without it: this only hides, adds, and takes back what is over.
(() => {
  const at = (id) => document.getElementById(id);
  const made = (tag, text, kind) => {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    if (kind) element.className = kind;
    return element;
  };

  // ---- what was true when the page was made, and is over now
  const now = Date.now();
  const notes = [];
  let over = 0;
  for (const badge of document.querySelectorAll("[data-until]")) {
    if (!(Date.parse(badge.dataset.until) > now)) {
      const request = badge.className.includes("state-");
      const row = badge.closest("tr[data-status]");
      over += 1;
      badge.textContent = "LAPSED";
      badge.className = request ? "badge state-lapsed" : "badge lapsed";
      badge.after(made("span", " since this page was made", "quiet"));
      if (row && !request && !["not-proven"].includes(row.dataset.status)) row.dataset.status = "lapsed";
    }
  }
  const days = Math.floor((now - Date.parse(document.body.dataset.made)) / 86400000);
  if (days >= 1) notes.push(`This page was made ${days === 1 ? "a day" : `${days} days`} ago. What has happened since is not on it: build it again.`);
  if (over) notes.push(`${over === 1 ? "One entry has" : `${over} entries have`} lapsed since it was made, and the sums at the top do not say so.`);
  at("old").textContent = notes.join(" ");
  at("old").hidden = !notes.length;

  // ---- filter
  const form = at("filter");
  if (form) {
    const rows = [...document.querySelectorAll("tr[data-model]")].map((row) => ({ row, text: row.dataset.model.toLowerCase() }));
    const main = at("table-models") || at("table-history");
    const choices = ["tier", "owner", "status"].map((key) => [key, at(`filter-${key}`)]).filter(([, select]) => select);
    const allowed = new Set(["passed", "overridden"]);
    const fits = (row, key, wanted) => !wanted || (wanted === "!" ? !allowed.has(row.dataset[key]) : row.dataset[key] === wanted);
    const apply = () => {
      const words = at("filter-text").value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0, all = 0;
      for (const { row, text } of rows) {
        const own = main.contains(row);
        if (!own && main.id === "table-history") continue;
        row.hidden = !(words.every((word) => text.includes(word)) && choices.every(([key, select]) => fits(row, key, select.value)));
        if (own) { all += 1; shown += row.hidden ? 0 : 1; }
      }
      at("filter-count").textContent = `${shown} of ${all} shown`;
    };
    form.hidden = false;
    for (const happening of ["input", "change"]) form.addEventListener(happening, apply);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(apply, 0));
    apply();
  }

  // ---- compare two decisions
  const source = at("decisions");
  if (!source) return;
  const data = JSON.parse(source.textContent);
  if (data.decisions.length < 2) {
    at("compare-tool").replaceChildren(made("p", "There are not two decisions to compare."));
    at("compare-tool").hidden = false;
    return;
  }
  const [before, after] = [at("compare-before"), at("compare-after")];
  for (const select of [before, after]) {
    data.decisions.forEach((entry, place) => select.append(new Option(entry.label, String(place))));
  }
  const number = (value) => (value === null ? "" : String(Number(value.toPrecision(4))));
  const said = (point) => {
    if (!point) return "not asked";
    const [, outcome, value, lower, upper, bound] = point;
    const bounds = lower === null && upper === null ? "" : ` [${number(lower)}, ${number(upper)}]`;
    return `${outcome.replaceAll("_", " ")}${value === null ? "" : ` ${number(value)}${bounds}`}${bound === null ? "" : `, bound ${number(bound)}`}`;
  };
  const row = (cells, changed) => {
    const line = made("tr", undefined, changed ? "changed" : "");
    cells.forEach((cell, place) => {
      const element = made(place ? "td" : "th", cell);
      if (!place) element.scope = "row";
      line.append(element);
    });
    return line;
  };
  const compare = () => {
    const [old, recent] = [data.decisions[before.value], data.decisions[after.value]];
    const names = ["tier", "policy", "gate.yaml", "holdout"];
    const lines = [row(["verdict", old.word, recent.word, old.word === recent.word ? "" : "changed"], old.word !== recent.word)];
    names.forEach((name, place) => {
      const [was, is] = [old.grounds[place], recent.grounds[place]];
      lines.push(row([name, was.slice(0, 19), is.slice(0, 19), was === is ? "" : "changed"], was !== is));
    });
    const points = [old, recent].map((entry) => new Map(entry.points.map((point) => [point[0], point])));
    data.rules.forEach(([rule, feature], place) => {
      const [was, is] = points.map((found) => found.get(place));
      if (!was && !is) return;
      const step = was && is && was[2] !== null && is[2] !== null ? number(is[2] - was[2]) : "";
      const changed = !was || !is || was[1] !== is[1];
      lines.push(row([feature === null ? rule : `${rule} on ${feature}`, said(was), said(is), [changed ? "changed" : "", Number(step) > 0 ? `+${step}` : step].filter(Boolean).join(", ")], changed));
    });
    const table = made("table");
    const head = made("tr");
    for (const title of ["What", "Before", "After", "Difference"]) {
      const cell = made("th", title);
      cell.scope = "col";
      head.append(cell);
    }
    const [top, body] = [made("thead"), made("tbody")];
    top.append(head);
    body.append(...lines);
    table.append(top, body);
    const scroll = made("div", undefined, "scroll");
    scroll.tabIndex = 0;
    scroll.setAttribute("role", "region");
    scroll.setAttribute("aria-label", "The comparison");
    scroll.append(table);
    at("compare-result").replaceChildren(scroll);
  };
  before.value = "1";
  after.value = "0";
  for (const select of [before, after]) select.addEventListener("change", compare);
  at("table-history").addEventListener("click", (event) => {
    if (!event.target.matches("button.small")) return;
    const place = Number(event.target.closest("tr").dataset.place);
    after.value = String(place);
    before.value = String(Math.min(place + 1, data.decisions.length - 1));
    compare();
    at("compare").scrollIntoView();
    after.focus({ preventScroll: true });
  });
  for (const line of document.querySelectorAll("#table-history tbody tr")) {
    const button = made("button", "Compare", "small");
    button.type = "button";
    button.setAttribute("aria-label", `Compare the decision of ${line.cells[0].textContent} with the one before`);
    if (line.cells[4].textContent) line.cells[4].append(document.createElement("br"));
    line.cells[4].append(button);
  }
  at("compare-tool").hidden = false;
  compare();
})();
