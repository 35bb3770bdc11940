/** Builds what the settings page shows; whatever comes from outside becomes a text node, and only that. */

const SVG = "http://www.w3.org/2000/svg";
const COPIED_SECONDS = 2;

/** Find an element of the page by its id. */
export function the(id) {
  return document.getElementById(id);
}

/** Make an element; strings among the children become text nodes. */
export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/** Make an SVG element. */
export function drawn(tag, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Isolate what somebody else wrote: its direction is its own. */
export function isolated(text) {
  return element("bdi", { dir: "auto" }, text);
}

/** Make a table with a caption; its first column heads the rows, which are stacked where the page is narrow.
 *
 * Its roles are said because some browsers take them away from a table that is laid out in another way.
 */
export function table(caption, columns, rows, properties = {}) {
  const heads = columns.map((name) => element("th", { scope: "col", role: "columnheader" }, name));
  return element(
    "table",
    { role: "table", ...properties },
    element("caption", {}, caption),
    element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, ...heads)),
    element("tbody", { role: "rowgroup" }, ...rows.map((row) => tableRow(columns, row))),
  );
}

function tableRow(columns, [first, ...others]) {
  const cells = others.map((value, index) => {
    const cell = element("td", { role: "cell" }, value);
    cell.dataset.column = columns[index + 1];
    return cell;
  });
  return element("tr", { role: "row" }, element("th", { scope: "row", role: "rowheader" }, first), ...cells);
}

/** Make a box with text and a button that copies it. */
export function codeBox(name, text, properties = {}) {
  const shown = element("pre", { tabIndex: 0, ariaLabel: name, role: "group", ...properties }, text);
  return { box: element("div", { className: "code" }, shown), shown };
}

/** Make a button copy the text of an element; where the browser refuses, it is shown and selected for Ctrl+C. */
export function copies(button, shown) {
  const label = button.textContent;
  button.ariaLive = "polite";
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(shown.textContent); // absent on a page without TLS, refused in some frames
      button.textContent = "Copied";
    } catch {
      shown.hidden = false;
      getSelection().selectAllChildren(shown);
      button.textContent = "Press Ctrl+C or ⌘C";
    }
    setTimeout(() => {
      button.textContent = label;
    }, COPIED_SECONDS * 1000);
  });
  return button;
}

/** Show or clear the error of a field; a field is an element around one control with `data-field`. */
export function mark(field, message) {
  const sentence = message.charAt(0).toUpperCase() + message.slice(1);
  const error = field.querySelector(".error");
  if (error.textContent !== sentence) error.textContent = sentence;
  field.toggleAttribute("data-wrong", Boolean(message));
  for (const control of field.querySelectorAll("input, textarea, [role=switch]")) {
    control.ariaInvalid = message ? "true" : null;
  }
}

/** Write a moment as people here write it. */
export function moment(iso) {
  return new Date(iso).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

/** Write a moment of the last hours or days: the date only where it was not today. */
export function lately(iso) {
  const isToday = new Date(iso).toDateString() === new Date().toDateString();
  return isToday ? new Date(iso).toLocaleTimeString(undefined, { timeStyle: "short" }) : moment(iso);
}

/** Write a duration. */
export function duration(milliseconds) {
  if (milliseconds === null) return "–";
  return milliseconds < 1000 ? `${milliseconds} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}
