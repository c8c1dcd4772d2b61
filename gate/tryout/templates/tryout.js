"use strict";
(() => {
  const data = JSON.parse(document.getElementById("tryout-data").textContent);
  const $ = (id) => document.getElementById(id);
  const SVG = "http://www.w3.org/2000/svg";
  let first = null, asked = 0, told = 0, busy = false;

  function element(tag, text, name) {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (name) made.className = name;
    return made;
  }

  /** The value of an input: a number, a text, a choice, or null where it is missing. */
  function valueOf(field, place) {
    if (field.kind === "fixed") return null;
    const written = $(`input-${place}`).value;
    if (field.kind === "text") return written;
    if (written === "") return null;
    return field.kind === "choice" ? field.choices[Number(written)] : Number(written);
  }

  const values = () => data.fields.map(valueOf);
  const drawn = () => ($("shown").value === "" ? 0 : Number($("shown").value));

  function fail(text) {
    $("fault").textContent = text;
    $("fault").hidden = text === "";
    document.querySelectorAll(".answers section").forEach((part) => { part.hidden = text !== ""; });
  }

  /** Ask for what is set now; while an answer is awaited only the last state is kept. */
  async function ask() {
    asked += 1;
    if (busy) return;
    busy = true;
    try {
      while (told < asked) {
        const turn = asked;
        await put();
        told = turn;
      }
    } finally {
      busy = false;
      document.body.dataset.told = String(told);
    }
  }

  async function put() {
    const sent = { values: values(), shown: drawn() };
    let said;
    try {
      const answer = await fetch("ask", { method: "POST", headers: { "Content-Type": "application/json", "X-Gate-Token": data.token }, body: JSON.stringify(sent) });
      said = await answer.json();
    } catch {
      said = { fault: "The gate does not answer: was it stopped?" };
    }
    if (said.fault) { fail(said.fault); return; }
    fail("");
    show(said, sent);
  }

  function show(said, sent) {
    first = first || said.answer;
    $("answer").textContent = said.answer.words;
    $("moved").textContent = said.answer.number === first.number ? "As for the made-up case." : `The made-up case: ${first.words}.`;
    $("effects").hidden = said.effects.length === 0;
    $("effects-none").hidden = said.effects.length > 0;
    $("effects").tBodies[0].replaceChildren(...said.effects.map((entry) => {
      const row = element("tr"), head = element("th", data.fields[entry.input].name);
      head.scope = "row";
      const apart = data.labels.length ? (entry.apart ? "another answer" : "the same answer") : entry.apart.toPrecision(3);
      row.append(head, element("td", entry.without.words), element("td", entry.apart === 0 ? (data.labels.length ? apart : "0") : apart));
      return row;
    }));
    const words = (at) => { const place = data.fields[said.shown].choices.indexOf(at); return place < 0 ? String(Number(Number(at).toPrecision(6))) : data.fields[said.shown].words[place]; };
    $("numbers").tBodies[0].replaceChildren(...said.curve.map((point) => {
      const row = element("tr");
      row.append(element("td", words(point.at)), element("td", point.words));
      return row;
    }));
    $("curve").replaceChildren(said.curve.length ? curve(said, sent, words) : element("p", "No input can be gone along.", "quiet"));
  }

  function shape(tag, attributes, text) {
    const made = document.createElementNS(SVG, tag);
    Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function curve(said, sent, words) {
    const points = said.curve, field = data.fields[said.shown], choice = field.kind === "choice";
    const [left, right, top, bottom] = [60, 580, 20, 200];
    const all = points.map((point) => point.number).concat(said.answer.number);
    let low = Math.min(...all), high = Math.max(...all);
    if (data.threshold !== null) [low, high] = [0, 1];
    if (data.labels.length) [low, high] = [0, Math.max(1, data.labels.length - 1)];
    if (low === high) [low, high] = [low - 1, high + 1];
    const from = choice ? 0 : points[0].at, to = choice ? Math.max(1, points.length - 1) : points[points.length - 1].at;
    const x = (at) => left + ((at - from) / (to - from || 1)) * (right - left);
    const y = (number) => bottom - ((number - low) / (high - low)) * (bottom - top);
    const place = (point, i) => x(choice ? i : point.at);
    const drawing = shape("svg", { viewBox: "0 0 600 240", class: "curve", role: "img", "aria-label": `${field.name}: from ${points[0].words} at ${words(points[0].at)} to ${points[points.length - 1].words} at ${words(points[points.length - 1].at)}` });
    drawing.append(shape("line", { x1: left, x2: right, y1: bottom, y2: bottom, class: "axis" }), shape("line", { x1: left, x2: left, y1: top, y2: bottom, class: "axis" }));
    const ticks = data.labels.length ? data.labels.map((label, i) => [i, label]).slice(0, 8) : [[low, low.toPrecision(3)], [high, high.toPrecision(3)]];
    ticks.forEach(([at, text]) => drawing.append(shape("text", { x: left - 6, y: y(at) + 4, "text-anchor": "end" }, text.length > 8 ? `${text.slice(0, 7)}…` : text)));
    const short = (text) => (text.length > 24 ? `${text.slice(0, 23)}…` : text);
    drawing.append(shape("text", { x: left, y: bottom + 18 }, short(words(points[0].at))), shape("text", { x: right, y: bottom + 18, "text-anchor": "end" }, short(words(points[points.length - 1].at))));
    if (data.threshold !== null) drawing.append(shape("line", { x1: left, x2: right, y1: y(data.threshold), y2: y(data.threshold), class: "bound" }), shape("text", { x: right, y: y(data.threshold) - 5, "text-anchor": "end" }, "selected from here on"));
    if (!choice) drawing.append(shape("polyline", { class: "line", points: points.map((point, i) => `${place(point, i)},${y(point.number)}`).join(" ") }));
    if (choice) points.forEach((point, i) => drawing.append(shape("circle", { cx: place(point, i), cy: y(point.number), r: 4, class: "dot" })));
    const now = choice ? field.choices.indexOf(sent.values[said.shown]) : sent.values[said.shown];
    if (now !== null && (!choice || now >= 0) && x(now) >= left && x(now) <= right) drawing.append(shape("circle", { cx: x(now), cy: y(said.answer.number), r: 6, class: "now" }));
    return drawing;
  }

  $("case").addEventListener("submit", (event) => event.preventDefault());
  $("case").addEventListener("input", (event) => {
    const { place, range } = event.target.dataset;
    if (range !== undefined) $(`input-${range}`).value = event.target.value;
    if (place !== undefined && $(`range-${place}`)) $(`range-${place}`).value = event.target.value;
    const moved = place === undefined ? range : place;
    if (moved !== undefined && data.fields[moved].drawn) $("shown").value = moved;
    ask();
  });
  $("case").addEventListener("reset", () => setTimeout(ask, 0));
  $("shown").addEventListener("change", ask);
  $("case").reset();
})();
