/** Shows typed values as a reader's locale writes them; what has no type, or not the form of its type, stays as sent. */

const NUMBER = /^-?\d{1,30}(?:\.(\d{1,15}))?$/;
const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/;
const GROUPED = /\d[,'’\u00a0\u202f ]\d{3}(?!\d)/;

const GOOD = new Set(
  (
    "active enabled on yes true open paid verified valid subscribed shipped delivered good premium current succeeded " +
    "aktiv ja bezahlt gültig geliefert versandt geprüft"
  ).split(" "),
);
const BAD = new Set(
  (
    "inactive canceled cancelled expired closed ended terminated suspended disabled overdue unpaid unverified invalid " +
    "blocked revoked failed denied rejected frozen lapsed past_due past-due gekündigt abgelaufen gesperrt überfällig " +
    "unbezahlt inaktiv"
  ).split(" "),
);

/** Return the text of a row's value in a locale. */
export function shownValue({ type, value, raw }, locale) {
  try {
    return (typeof raw === "string" && FORMATS[type]?.(raw.trim(), value, locale)) || value;
  } catch {
    return value; // a currency or a date that the browser does not know
  }
}

/** Return how the dot of a choice looks: `good`, `trouble` or `quiet`; `""` for what is no choice. */
export function toneOf({ type, value, raw }) {
  if (type !== "choice") return "";
  const said = value.toLowerCase().replace(/\s*\(.*$/, "");
  const words = [said, said.replace(/\s+/g, "_"), typeof raw === "string" ? raw.toLowerCase() : ""];
  if (words.slice(0, 2).some((word) => BAD.has(word))) return "trouble";
  if (words.slice(0, 2).some((word) => GOOD.has(word))) return "good";
  return "quiet";
}

/** Tell whether a summary says no more than the rows: each of its parts is a label and its value, the last may be cut. */
export function repeats(summary, rows) {
  const said = new Set(rows.map(({ label, value }) => `${label}: ${value}`));
  const parts = summary.split(" · ");
  const last = parts.at(-1).endsWith("…") ? parts.pop().slice(0, -1) : "";
  return parts.every((part) => said.has(part)) && (!last || [...said].some((each) => each.startsWith(last)));
}

/** Return the address of a value that is nothing but one, or null; only http and https, and no user name in it. */
export function addressIn(value) {
  if (!/^https?:\/\/\S+$/i.test(value) || !URL.canParse(value)) return null;
  const url = new URL(value);
  return url.username || url.password ? null : url;
}

const FORMATS = {
  number: (raw, value, locale) => (NUMBER.test(raw) && NUMBER.test(plain(value)) ? decimal(raw, value, locale) : ""),
  percent: (raw, value, locale) => {
    const [number] = raw.split(/\s*%/);
    // A literal is shown with its own digits: Intl's percent style would multiply by a hundred.
    const written = NUMBER.test(number) ? decimal(number, "", locale, { style: "unit", unit: "percent" }) : "";
    return written;
  },
  money: (raw, value, locale) => {
    const [number, currency] = raw.split(" ");
    if (!NUMBER.test(number) || !/^[A-Z]{3}$/.test(currency ?? "")) return "";
    return decimal(number, "1,000", locale, { style: "currency", currency });
  },
  date: (raw, value, locale) => {
    const found = DATE.exec(raw);
    if (!found) return "";
    const day = new Date(Date.UTC(...[found[1], found[2] - 1, found[3]].map(Number)));
    return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" }).format(day);
  },
  datetime: (raw, value, locale) => {
    if (!MOMENT.test(raw)) return "";
    const options = { dateStyle: "medium", timeStyle: "short" };
    return new Intl.DateTimeFormat(locale, options).format(new Date(raw));
  },
};

/** Write a number with the decimals that it was sent with, and grouped only where the service grouped it too. */
function decimal(number, value, locale, style = {}) {
  const written = NUMBER.exec(number)[1]?.length;
  const digits = style.currency && written === 1 ? 2 : written; // 12.5 EUR are €12.50
  const decimals = digits === undefined ? {} : { minimumFractionDigits: digits, maximumFractionDigits: digits };
  const useGrouping = GROUPED.test(value) ? "always" : false;
  return new Intl.NumberFormat(locale, { ...style, ...decimals, useGrouping }).format(number);
}

function plain(value) {
  return value.replace(/[,'’\u00a0\u202f ]/g, "");
}
