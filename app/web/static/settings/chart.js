/** Draws look-ups per day as stacked bars, each status with a colour and a pattern; a table tells the same. */

import { drawn, element, table } from "./elements.js";
import { STATUSES } from "./words.js";

const HEIGHT = 180; // px, and so all that follows
const LEFT = 36;
const TOP = 10;
const BOTTOM = 24;
const LABEL_WIDTH = 64;
const WIDEST_BAR = 36;

/** What is drawn over a status's colour, in a tile of 6 by 6: who cannot tell the colours apart can tell these. */
const PATTERNS = {
  no_data: "M3 0V6",
  no_identifier: "M0 6 6 0M-1 1 1 -1M5 7 7 5",
  fetch_error: "M0 0 6 6M0 6 6 0",
  skipped_credits: "M2 3a1 1 0 1 0 2 0 1 1 0 1 0-2 0",
  disabled: "M0 3H6",
};

/** Return the chart with its legend and its table; it is drawn anew when its width changes. */
export function chart(perDay) {
  const holder = element("div", { className: "chart" });
  new ResizeObserver(() => {
    const width = Math.floor(holder.clientWidth);
    if (width > LEFT && holder.dataset.width !== String(width)) {
      holder.dataset.width = width;
      holder.replaceChildren(picture(perDay, width));
    }
  }).observe(holder);
  return element("figure", {}, legend(perDay), holder, asTable(perDay));
}

function picture(perDay, width) {
  const most = roundedUp(Math.max(...perDay.map(total)));
  const step = (width - LEFT) / perDay.length;
  const scale = (HEIGHT - TOP - BOTTOM) / most;
  const base = HEIGHT - BOTTOM;
  const bars = perDay.map((day, index) => bar(day, LEFT + step * index, step, scale, base));
  const name = `Look-ups per day and status, ${perDay.length} days; the same as a table below`;
  return drawn(
    "svg",
    { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, role: "img", "aria-label": name },
    patterns(),
    ...[0, most / 2, most].filter(Number.isInteger).flatMap((count) => rule(count, base - count * scale, width)),
    ...bars,
    ...dayLabels(perDay, step),
  );
}

function bar({ day, by_status: counts }, x, step, scale, base) {
  const width = Math.max(1, Math.min(WIDEST_BAR, step * 0.72));
  const group = drawn("g", {}, drawn("title", {}, `${dayName(day)}: ${inWords(counts)}`));
  // The whole column answers the pointer, also above a low bar.
  group.append(drawn("rect", { class: "column", x, y: TOP, width: step, height: base - TOP }));
  let top = base;
  for (const status of Object.keys(STATUSES).filter((each) => counts[each] > 0)) {
    const height = counts[status] * scale;
    top -= height;
    const place = { x: x + (step - width) / 2, y: top, width, height };
    group.append(drawn("rect", { class: `bar ${status}`, ...place }));
    if (status in PATTERNS) group.append(drawn("rect", { fill: `url(#pattern-${status})`, ...place }));
  }
  return group;
}

function patterns() {
  return drawn(
    "defs",
    {},
    ...Object.entries(PATTERNS).map(([status, d]) =>
      drawn(
        "pattern",
        { id: `pattern-${status}`, width: 6, height: 6, patternUnits: "userSpaceOnUse" },
        drawn("path", { class: "ink", d }),
      ),
    ),
  );
}

function rule(count, y, width) {
  return [
    drawn("line", { class: "rule", x1: LEFT, x2: width, y1: y, y2: y }),
    drawn("text", { class: "scale", x: LEFT - 6, y: y + 4, "text-anchor": "end" }, count.toLocaleString()),
  ];
}

function dayLabels(perDay, step) {
  const every = Math.max(1, Math.ceil(LABEL_WIDTH / step));
  return perDay.flatMap(({ day }, index) => {
    const fromLast = perDay.length - 1 - index;
    if (fromLast % every !== 0) return [];
    const anchor = fromLast === 0 && step < LABEL_WIDTH ? "end" : "middle";
    const x = LEFT + step * (anchor === "end" ? index + 1 : index + 0.5);
    if (anchor === "middle" && x < LEFT + LABEL_WIDTH / 2) return [];
    return [drawn("text", { x, y: HEIGHT - 6, "text-anchor": anchor }, dayName(day))];
  });
}

function legend(perDay) {
  const items = Object.entries(STATUSES).map(([status, name]) => {
    const count = perDay.reduce((sum, day) => sum + day.by_status[status], 0);
    const size = { viewBox: "0 0 12 12", width: 12, height: 12 };
    const swatch = drawn("svg", { class: "swatch", "aria-hidden": "true", ...size });
    swatch.append(drawn("rect", { class: `bar ${status}`, width: 12, height: 12 }));
    if (status in PATTERNS) swatch.append(drawn("path", { class: "ink", d: PATTERNS[status], transform: "scale(2)" }));
    return element("li", {}, swatch, `${name} `, element("b", {}, count.toLocaleString()));
  });
  return element("ul", { className: "legend" }, ...items);
}

function asTable(perDay) {
  const rows = [...perDay].reverse().map(({ day, by_status: counts }) => [
    dayName(day),
    ...Object.keys(STATUSES).map((status) => counts[status].toLocaleString()),
  ]);
  const columns = ["Day (UTC)", ...Object.values(STATUSES)];
  const days = table("Look-ups per day and status", columns, rows, { className: "days" });
  return element("details", {}, element("summary", {}, "Show as a table"), days);
}

function total(day) {
  return Object.values(day.by_status).reduce((sum, count) => sum + count, 0);
}

function inWords(counts) {
  const some = Object.entries(STATUSES).filter(([status]) => counts[status] > 0);
  return some.map(([status, name]) => `${counts[status].toLocaleString()} ${name.toLowerCase()}`).join(", ") || "none";
}

/** Round a count up to 2, 4, 10, 20, 40, 100 …: half of it is whole too. */
function roundedUp(count) {
  for (let power = 1; ; power *= 10) {
    const fits = [2, 4, 10].find((each) => each * power >= count);
    if (fits) return fits * power;
  }
}

function dayName(day) {
  const parts = { day: "numeric", month: "short", timeZone: "UTC" };
  return new Date(`${day}T00:00:00Z`).toLocaleDateString(undefined, parts);
}
