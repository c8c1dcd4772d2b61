"use strict";
/* What if another threshold were set: counts from the histograms in the page, limits and outcomes as gate/metrics and
   gate/judge compute them (Clopper-Pearson, guarded MOVER, all pairs, Bonferroni). Decides nothing and asks nobody. */
(function () {
  const GUARD = 0.16; // GUARD_LEVEL of gate/metrics/intervals.py

  // ------------------------------------------------------------------------------------------------ the beta function

  const LN_SQRT_2PI = 0.91893853320467274178;

  /** ln Γ(x) for x > 0: Stirling's series from 15 on, the recurrence below. */
  function logGamma(x) {
    let product = 1;
    while (x < 15) {
      product *= x;
      x += 1;
    }
    const r = 1 / x, s = r * r;
    const tail = r * (1 / 12 - s * (1 / 360 - s * (1 / 1260 - s * (1 / 1680 - s * (1 / 1188 - s * (691 / 360360))))));
    return (x - 0.5) * Math.log(x) - x + LN_SQRT_2PI + tail - Math.log(product);
  }

  /** The regularized incomplete beta function I_x(a, b): Lentz's continued fraction, on the side where it converges fast. */
  function beta(x, a, b) {
    if (x <= 0) return 0;
    if (x >= 1) return 1;
    const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
    return x < (a + 1) / (a + b + 2) ? (front * fraction(x, a, b)) / a : 1 - (front * fraction(1 - x, b, a)) / b;
  }

  function fraction(x, a, b) {
    const tiny = 1e-300;
    let c = 1, d = 1 - ((a + b) * x) / (a + 1);
    d = 1 / (Math.abs(d) < tiny ? tiny : d);
    let h = d;
    for (let m = 1; m <= 20000; m += 1) {
      for (const step of [(m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m)), (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))]) {
        d = 1 + step * d;
        c = 1 + step / c;
        d = 1 / (Math.abs(d) < tiny ? tiny : d);
        c = Math.abs(c) < tiny ? tiny : c;
        h *= d * c;
      }
      if (Math.abs(d * c - 1) < 1e-15) break;
    }
    return h;
  }

  /** The x with I_x(a, b) = p: Newton's steps, kept within a bracket that every step narrows. */
  function betaInverse(p, a, b) {
    let low = 0, high = 1, x = a / (a + b);
    const scale = logGamma(a + b) - logGamma(a) - logGamma(b);
    for (let step = 0; step < 200 && high - low > 1e-16 * high; step += 1) {
      const off = beta(x, a, b) - p;
      if (off > 0) high = x;
      else low = x;
      const slope = Math.exp(scale + (a - 1) * Math.log(x) + (b - 1) * Math.log1p(-x));
      let next = x - off / slope;
      if (!(next > low && next < high)) next = (low + high) / 2;
      if (Math.abs(next - x) <= 1e-15 * x) return next;
      x = next;
    }
    return x;
  }

  /** The quantile of the standard normal distribution, by bisection of its distribution function. */
  function normalQuantile(p) {
    let low = -40, high = 40;
    for (let step = 0; step < 200; step += 1) {
      const middle = (low + high) / 2;
      if (normalBelow(middle) < p) low = middle;
      else high = middle;
    }
    return (low + high) / 2;
  }

  /** P(Z < z) for z ≤ 0, from the continued fraction of the tail or the series near 0. */
  function normalBelow(z) {
    if (z > 0) return 1 - normalBelow(-z);
    const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI), t = -z;
    if (t < 3) {
      let term = t, sum = t;
      for (let k = 1; k < 200 && term > 1e-18 * sum; k += 1) {
        term *= (t * t) / (2 * k + 1);
        sum += term;
      }
      return 0.5 - density * sum;
    }
    let rest = 0;
    for (let k = 200; k > 0; k -= 1) rest = k / (t + rest);
    return density / (t + rest);
  }

  // ------------------------------------------------------------------------------------------ limits, as gate/metrics

  const kept = new Map();

  function exact(x, n, level) {
    const key = x + "/" + n + "/" + level;
    let found = kept.get(key);
    if (found === undefined) {
      found = [x > 0 ? betaInverse(level, x, n - x + 1) : 0, x < n ? betaInverse(1 - level, x + 1, n - x) : 1];
      if (kept.size > 60000) kept.clear();
      kept.set(key, found);
    }
    return found;
  }

  const scales = new Map();

  function guardScale(level) {
    if (!scales.has(level)) scales.set(level, Math.max(normalQuantile(level) / normalQuantile(GUARD), 0));
    return scales.get(level);
  }

  /** Clopper-Pearson limits of x of n, each at `level`, with guarded margins; null where n is 0. */
  function share(x, n, level) {
    if (!(n > 0)) return null;
    const value = x / n, [lower, upper] = exact(x, n, level), [low, high] = exact(x, n, GUARD), scale = guardScale(level);
    return { value, lower, upper, below: Math.max(value - lower, scale * (value - low)), above: Math.max(upper - value, scale * (high - value)) };
  }

  function contrastUpper(first, second) {
    const plain = first.upper - first.value + (second.value - second.lower);
    return first.value - second.value + Math.min(Math.hypot(first.above, second.below), plain);
  }

  function contrastLower(first, second) {
    return first.value - second.value - Math.hypot(first.value - first.lower, second.upper - second.value);
  }

  function ratioLower(top, bottom) {
    if (top.value === 0) return bottom.value > 0 ? 0 : null;
    const a = bottom.value ** 2 - bottom.above ** 2, b = top.value * bottom.value, c = Math.max(top.value ** 2 - top.below ** 2, 0);
    const root = b > 0 ? c / (b + Math.sqrt(Math.max(b * b - a * c, 0))) : 0;
    return Math.max(root, top.lower / bottom.upper);
  }

  function ratioUpper(top, bottom) {
    const a = bottom.lower * (2 * bottom.value - bottom.lower), b = top.value * bottom.value, c = top.upper * (2 * top.value - top.upper);
    return a <= 0 ? null : (b + Math.sqrt(Math.max(b * b - a * c, 0))) / a;
  }

  const FRACTIONS = {
    selection_rate: (c) => [[c.tp + c.fp + c.us, c.rows]],
    rejection_rate: (c) => [[c.tn + c.fn + c.ur, c.rows]],
    accuracy: (c) => [[c.tp + c.tn, c.tp + c.tn + c.fp + c.fn]],
    balanced_accuracy: (c) => [[c.tp, c.tp + c.fn], [c.fp, c.fp + c.tn]],
    precision: (c) => [[c.tp, c.tp + c.fp]],
    false_discovery_rate: (c) => [[c.fp, c.tp + c.fp]],
    false_omission_rate: (c) => [[c.fn, c.fn + c.tn]],
    true_positive_rate: (c) => [[c.tp, c.tp + c.fn]],
    false_negative_rate: (c) => [[c.fn, c.tp + c.fn]],
    false_positive_rate: (c) => [[c.fp, c.fp + c.tn]],
    true_negative_rate: (c) => [[c.tn, c.fp + c.tn]],
    f1_score: (c) => [[c.tp, c.tp + c.fp + c.fn]],
  };

  /** A rate with its limits; null where there is nothing to divide by. */
  function measured(rate, counts, level) {
    const parts = FRACTIONS[rate](counts).map(([x, n]) => share(x, n, level));
    if (parts.some((part) => part === null)) return null;
    if (rate === "balanced_accuracy") {
      const [tpr, fpr] = parts, value = (1 + tpr.value - fpr.value) / 2;
      const lower = (1 + contrastLower(tpr, fpr)) / 2, upper = (1 + contrastUpper(tpr, fpr)) / 2;
      return { value, lower, upper, below: value - lower, above: upper - value };
    }
    if (rate === "f1_score") {
      const f1 = (theta) => (2 * theta) / (1 + theta), [theta] = parts, value = f1(theta.value), lower = f1(theta.lower), upper = f1(theta.upper);
      const below = Math.max(value - f1(Math.max(theta.value - theta.below, 0)), value - lower);
      return { value, lower, upper, below, above: f1(theta.value + theta.above) - value };
    }
    return parts[0];
  }

  // ------------------------------------------------------------------------------------------- outcomes, as gate/judge

  const scaled = (limits, factor) => Object.fromEntries(Object.entries(limits).map(([name, number]) => [name, number * factor]));

  function largest(limits, pairings, scale, limit) {
    let best = null;
    for (const [firsts, seconds] of pairings) {
      for (const i of firsts) {
        if (limits[i] === null) continue;
        const first = scaled(limits[i], scale);
        for (const j of seconds) {
          if (j === i || limits[j] === null) continue;
          const value = limit(first, limits[j]);
          if (best === null || value > best.limit) best = { first: i, second: j, limit: value };
        }
      }
    }
    return best;
  }

  const within = (pairings, among) => pairings.map((sides) => sides.map((side) => side.filter((i) => among[i])));
  const anyPair = (pairings, among) => within(pairings, among).some(([a, b]) => a.some((i) => b.some((j) => i !== j)));

  function spread(limits, pairings, form) {
    const ends = within(pairings, limits.map((entry) => entry !== null))
      .filter(([a, b]) => a.some((i) => b.some((j) => i !== j)))
      .map((sides) => sides.map((side) => side.map((i) => limits[i].value)));
    const most = (numbers) => numbers.reduce((one, other) => Math.max(one, other), -Infinity);
    const least = (numbers) => numbers.reduce((one, other) => Math.min(one, other), Infinity);
    if (form === "difference") return most([0, ...ends.map(([first, second]) => most(first) - least(second))]);
    const ratios = ends.map(([first, second]) => (most(first) > 0 ? Math.min(1, least(second) / most(first)) : most(second) > 0 ? 1 : null));
    const known = ratios.filter((ratio) => ratio !== null);
    return known.length ? least(known) : null;
  }

  function betweenRate(rule, rate, counts, judged) {
    const passing = counts.map((entry) => measured(rate, entry, rule.levels[0]));
    const failing = counts.map((entry) => measured(rate, entry, rule.levels[1]));
    const pairings = rule.pairings[rule.rates.indexOf(rate)];
    const [scale, bound] = "max" in rule.bound ? [1, rule.bound.max] : [rule.bound.min, 0];
    const needed = passing.map((entry, i) => (judged[i] ? entry : null));
    const upper = largest(needed, pairings, scale, contrastUpper) || largest(passing, pairings, scale, contrastUpper);
    const lower = largest(failing, pairings, scale, contrastLower);
    if (upper === null || lower === null) return null;
    const broken = lower.limit > bound, pair = broken ? lower : upper;
    const base = anyPair(pairings, needed.map((entry) => entry !== null)) ? needed : passing;
    return { rate, passing, failing, pair, broken, met: upper.limit <= bound, severity: pair.limit, value: spread(base, pairings, rule.form) };
  }

  function between(rule, counts, judged, provable) {
    const found = rule.rates.map((rate) => betweenRate(rule, rate, counts, judged));
    if (found.some((entry) => entry === null)) return null;
    const broken = found.filter((entry) => entry.broken);
    const worst = (broken.length ? broken : found).reduce((one, other) => (other.severity > one.severity ? other : one));
    const values = found.map((entry) => entry.value);
    const value = values.includes(null) ? null : rule.form === "difference" ? Math.max(...values) : Math.min(...values);
    const { first, second } = worst.pair;
    const p = worst.passing, f = worst.failing;
    const ends = rule.form === "difference"
      ? [contrastLower(f[first], f[second]), contrastUpper(p[first], p[second])]
      : [ratioLower(p[second], p[first]), ratioUpper(f[second], f[first])];
    return { value, rate: worst.rate, deciding: [first, second], lower: ends[0], upper: ends[1], met: found.every((entry) => entry.met) && provable && value !== null, broken: broken.length > 0 };
  }

  function each(rule, counts, judged, provable) {
    const [rate] = rule.rates, floor = "min" in rule.bound, bound = floor ? rule.bound.min : -rule.bound.max;
    const passing = counts.map((entry) => measured(rate, entry, rule.levels[0]));
    const failing = counts.map((entry) => measured(rate, entry, rule.levels[1]));
    if (passing.every((entry) => entry === null)) return null;
    const strict = passing.map((entry, i) => entry !== null && judged[i]);
    const asked = strict.some(Boolean) ? strict : passing.map((entry) => entry !== null);
    const short = passing.map((entry, i) => (entry === null ? -Infinity : bound - (floor ? failing[i].upper : -failing[i].lower)));
    const doubt = passing.map((entry, i) => (asked[i] ? bound - (floor ? entry.lower : -entry.upper) : -Infinity));
    const top = (numbers) => numbers.reduce((best, number, i) => (number > numbers[best] ? i : best), 0);
    const broken = short[top(short)] > 0, i = broken ? top(short) : top(doubt);
    const values = passing.filter((entry, j) => asked[j]).map((entry) => entry.value);
    const value = values.reduce((one, other) => (floor ? Math.min(one, other) : Math.max(one, other)));
    const [low, high] = floor ? [passing, failing] : [failing, passing];
    return { value, rate, deciding: [i], lower: low[i].lower, upper: high[i].upper, met: doubt[top(doubt)] <= 0 && provable, broken };
  }

  /** What a rule would come to on these counts: outcome, value and limits. */
  function judge(rule, counts) {
    const defined = counts.map((entry) => rule.rates.every((rate) => FRACTIONS[rate](entry).every(([, n]) => n > 0)));
    const sufficient = defined.map((is, i) => is && rule.enough[i] === "1");
    const judged = rule.lenient ? sufficient : sufficient.map(() => true);
    const pairs = rule.form === "difference" || rule.form === "ratio";
    const asked = pairs ? rule.pairings.every((pairings) => anyPair(pairings, judged)) : judged.some(Boolean);
    const provable = asked && sufficient.every((is, i) => is || !judged[i]);
    const found = (pairs ? between : each)(rule, counts, judged, provable);
    return { ...(found || { value: null, lower: null, upper: null, deciding: [] }), outcome: outcome(rule, found, provable) };
  }

  function outcome(rule, found, provable) {
    if (found === null) return "inconclusive";
    if (rule.naive) {
      if (found.value === null) return "inconclusive";
      const beyond = "max" in rule.bound ? found.value > rule.bound.max + 1e-12 : found.value < rule.bound.min - 1e-12;
      return beyond ? "fail" : provable ? "pass" : "inconclusive";
    }
    return found.broken ? "fail" : found.met ? "pass" : "inconclusive";
  }

  // -------------------------------------------------------------------------------------------------------- the counts

  const holder = document.getElementById("whatif-data");
  if (holder === null) return;
  const data = JSON.parse(holder.textContent), N = data.bins;

  /** Rows at or above every threshold, by label: unlabelled, negative, positive. */
  function above(histogram) {
    return histogram.map((gaps) => {
      const sums = new Array(N + 1).fill(0);
      let bin = 0;
      for (let i = 0; i < gaps.length; i += 2) {
        bin += gaps[i];
        sums[bin] = gaps[i + 1];
      }
      for (let k = N - 1; k >= 0; k -= 1) sums[k] += sums[k + 1];
      return sums;
    });
  }

  function at(sums, k) {
    const [u, n, p] = sums;
    return { tp: p[k], fn: p[0] - p[k], fp: n[k], tn: n[0] - n[k], us: u[k], ur: u[0] - u[k], rows: u[0] + n[0] + p[0] };
  }

  const places = (count) => Array.from({ length: count }, (_, i) => i);
  data.rules.forEach((rule) => { // null stands for all of them
    if (rule.kind !== "computed") return;
    rule.groups = rule.groups || places(rule.enough.length);
    rule.pairings = rule.pairings.map((pairings) => pairings.map((sides) => sides.map((side) => side || places(rule.enough.length))));
  });

  const whole = above(data.whole);
  const features = data.features.map((feature) => ({ ...feature, sums: feature.groups.map((group) => above(group.rows)) }));

  function minus(one, others) {
    return others.reduce((rest, other) => Object.fromEntries(Object.keys(rest).map((cell) => [cell, rest[cell] - other[cell]])), one);
  }

  const plus = (counts) => counts.reduce((one, other) => Object.fromEntries(Object.keys(one).map((cell) => [cell, one[cell] + other[cell]])));

  const state = { feature: 0, apart: false, single: data.start, each: features.map((feature) => feature.groups.map(() => data.start)), costs: [1, 1] };

  /** The threshold of a group of a feature; null where the counts cannot say it. */
  function thresholdOf(feature, place) {
    if (!state.apart) return state.single;
    const chosen = features[state.feature];
    if (features[feature] === chosen) return state.each[state.feature][place];
    const part = features[feature].parts.indexOf(state.feature);
    return part < 0 ? null : state.each[state.feature][features[feature].groups[place].of[part]];
  }

  function groupCounts(feature, place) {
    const k = thresholdOf(feature, place);
    return k === null ? null : at(features[feature].sums[place], k);
  }

  function overall() {
    if (!state.apart) return at(whole, state.single);
    const chosen = features[state.feature];
    const others = minus(at(whole, state.single), chosen.sums.map((sums) => at(sums, state.single))); // rows of no declared group
    return plus([others, ...chosen.sums.map((sums, place) => at(sums, state.each[state.feature][place]))]);
  }

  function countsFor(rule) {
    if (rule.feature === null) return [overall()];
    const counts = rule.groups.map((place) => groupCounts(rule.feature, place));
    return counts.includes(null) ? null : counts;
  }

  /** Every rule at the thresholds that are set. */
  function outcomes() {
    return data.rules.map((rule) => {
      if (rule.kind !== "computed") return { outcome: rule.outcome || null, say: rule.say };
      const counts = countsFor(rule);
      return counts === null ? { outcome: null, say: "cannot be said: the counts do not hold how these groups overlap with those that have thresholds of their own" } : judge(rule, counts);
    });
  }

  // ----------------------------------------------------------------------------------------------------------- presets

  const every = places(N);
  const nearest = (distance) => every.reduce((best, k) => (distance(k) < distance(best) ? k : best), 0);
  const ratio = (x, n) => (n > 0 ? x / n : null);
  const RATES = { selection: (c) => ratio(c.tp + c.fp + c.us, c.rows), tpr: (c) => ratio(c.tp, c.tp + c.fn), fpr: (c) => ratio(c.fp, c.fp + c.tn) };

  /** One threshold per group, such that the rates come as near as they can to those of all rows at the judged threshold. */
  function matching(...rates) {
    const target = at(whole, data.start), wanted = rates.map((rate) => RATES[rate](target));
    return features[state.feature].sums.map((sums) =>
      nearest((k) => rates.reduce((sum, rate, i) => {
        const own = RATES[rate](at(sums, k));
        return sum + (own === null || wanted[i] === null ? Math.abs(k - data.start) : Math.abs(own - wanted[i]));
      }, 0)));
  }

  const PRESETS = {
    single: () => { state.apart = false; state.single = data.start; },
    accuracy: () => {
      state.apart = false;
      state.single = nearest((k) => { const c = at(whole, k); return c.fp + c.fn; });
    },
    parity: () => { state.apart = true; state.each[state.feature] = matching("selection"); },
    opportunity: () => { state.apart = true; state.each[state.feature] = matching("tpr"); },
    odds: () => { state.apart = true; state.each[state.feature] = matching("tpr", "fpr"); },
  };

  // ---------------------------------------------------------------------------------------------------------- the page

  const $ = (id) => document.getElementById(id);

  function element(tag, text, name) {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (name) made.className = name;
    return made;
  }

  const shown = (number, digits = 3) => (number === null || number === undefined ? "–" : number.toFixed(digits));
  const percent = (number) => (number === null ? "–" : (number * 100).toFixed(1) + " %");
  const threshold = (k) => (k / N).toFixed(4);

  function slider(label, k, change) {
    const box = element("label", "", "slide"), input = element("input"), out = element("output", threshold(k));
    box.append(element("span", label));
    Object.assign(input, { type: "range", min: 0, max: N - 1, step: 1, value: k });
    input.setAttribute("aria-valuetext", threshold(k));
    input.addEventListener("input", () => {
      const place = Number(input.value);
      out.textContent = threshold(place);
      input.setAttribute("aria-valuetext", threshold(place));
      change(place);
      later();
    });
    box.append(input, out);
    return box;
  }

  function controls() {
    const holder = $("whatif-thresholds");
    holder.replaceChildren();
    if (!state.apart) {
      holder.append(slider("One threshold for everybody", state.single, (k) => { state.single = k; }));
    } else {
      features[state.feature].groups.forEach((group, place) =>
        holder.append(slider(group.name, state.each[state.feature][place], (k) => { state.each[state.feature][place] = k; })));
    }
    $("whatif-apart").checked = state.apart;
    $("whatif-law").hidden = !state.apart;
  }

  function row(name, counts, k) {
    const made = element("tr"), head = element("th", name);
    head.scope = "row";
    made.append(head);
    const labelled = counts.tp + counts.fp + counts.tn + counts.fn, cost = counts.fp * state.costs[0] + counts.fn * state.costs[1];
    const cells = [k === null ? "by group" : threshold(k), percent(RATES.selection(counts)), percent(RATES.tpr(counts)), percent(RATES.fpr(counts)),
      percent(ratio(counts.tp, counts.tp + counts.fp)), shown(labelled > 0 ? (cost * 100) / labelled : null, 1)];
    cells.forEach((text) => made.append(element("td", text, "number")));
    return made;
  }

  const WORDS = { pass: "would pass", fail: "would fail", inconclusive: "would stay undecided" };

  function ruleRow(rule, found) {
    const made = element("tr"), head = element("th", rule.rule);
    head.scope = "row";
    const pair = (found.deciding || []).map((place) => (rule.feature === null ? "all rows" : features[rule.feature].groups[rule.groups[place]].name));
    made.append(head, element("td", rule.where + (pair.length && rule.feature !== null ? ": " + pair.join(" vs ") : "")));
    if (rule.kind !== "computed" || found.outcome === null) {
      const said = element("td", found.say, "quiet");
      said.colSpan = 3;
      made.append(said, element("td", found.outcome ? WORDS[found.outcome].replace("would ", "") + " (as judged)" : "not computed", "outcome"));
      return made;
    }
    made.append(element("td", shown(found.value), "number"), element("td", "[" + shown(found.lower) + ", " + shown(found.upper) + "]", "number"),
      element("td", rule.limit, "number"));
    made.append(element("td", WORDS[found.outcome], "outcome " + { pass: "met", fail: "blocks", inconclusive: "holds" }[found.outcome]));
    return made;
  }

  function draw() {
    const rates = $("whatif-rates"), rules = $("whatif-rules"), chosen = features[state.feature];
    rates.replaceChildren(row("All rows", overall(), state.apart ? null : state.single));
    if (chosen) chosen.groups.forEach((group, place) => rates.append(row(group.name, groupCounts(state.feature, place), thresholdOf(state.feature, place))));
    const found = outcomes(), tally = { pass: 0, fail: 0, inconclusive: 0 };
    rules.replaceChildren(...found.map((entry, place) => ruleRow(data.rules[place], entry)));
    found.forEach((entry) => { if (entry.outcome) tally[entry.outcome] += 1; });
    $("whatif-tally").textContent = "At these thresholds, of " + found.length + " questions " + tally.pass + " would pass, " + tally.fail + " would fail, " + tally.inconclusive + " would stay undecided.";
  }

  let waiting = false;

  function later() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; draw(); });
  }

  function ready() {
    const select = $("whatif-feature");
    features.forEach((feature, place) => {
      const option = element("option", feature.name);
      option.value = String(place);
      select.append(option);
    });
    select.addEventListener("change", () => { state.feature = Number(select.value); controls(); later(); });
    $("whatif-apart").addEventListener("change", (event) => {
      state.apart = event.target.checked;
      if (state.apart) state.each[state.feature] = features[state.feature].groups.map(() => state.single);
      controls();
      later();
    });
    [["whatif-fp", 0], ["whatif-fn", 1]].forEach(([id, place]) => $(id).addEventListener("input", (event) => {
      const cost = Number(event.target.value);
      if (Number.isFinite(cost) && cost >= 0) { state.costs[place] = cost; later(); }
    }));
    document.querySelectorAll("[data-preset]").forEach((button) => button.addEventListener("click", () => { PRESETS[button.dataset.preset](); controls(); later(); }));
    if (!features.length) document.querySelectorAll("[data-apart]").forEach((part) => { part.hidden = true; });
    $("whatif").hidden = false;
    $("whatif-without").hidden = true;
    controls();
    draw();
  }

  ready();
  // For those who check the arithmetic: set thresholds and read what the tables are made of.
  window.whatif = {
    at(single, apart) { state.apart = Boolean(apart); state.single = single; if (apart) { [state.feature, state.each[state.feature]] = apart; } return { outcomes: outcomes(), overall: overall(), groups: features.map((feature, f) => feature.groups.map((_, g) => groupCounts(f, g))) }; },
    rates(counts) { return { ...Object.fromEntries(Object.keys(FRACTIONS).map((rate) => [rate, measured(rate, counts, 0.05)])) }; },
    preset(name) { PRESETS[name](); controls(); draw(); return { apart: state.apart, single: state.single, each: state.each[state.feature] }; },
  };
})();
