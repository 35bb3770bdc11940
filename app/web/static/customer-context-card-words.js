/**
 * Words and sentences of the card, in English and German; a page lays its own over them with `card.strings`.
 *
 * In braces stands what is put in: {label}, {count}, {age}, {host}, {message}.
 */

export const WORDS = {
  en: {
    title: "Customer context",
    refresh: "Refresh",
    refreshName: "Refresh customer context",
    found: "Customer found",
    noData: "Unknown customer",
    noIdentifier: "No customer identified",
    fetchError: "Look-up failed",
    skippedCredits: "Not looked up",
    disabled: "Not available",
    pending: "Looking up the customer …",
    nothing: "Nothing looked up yet",
    unreadable: "Nothing to show",
    unreadableNote: "This result cannot be shown; refresh to look the customer up again.",
    verified: "Sender verified",
    mismatch: "The sender may be somebody else: this email's address is not the one on file for this customer.",
    notTied: "The sender may be somebody else: this email could not be tied to this customer.",
    verify: "Verify who is writing before you share anything.",
    withheld: "The reply draft was told nothing of this record.",
    lastAttempt: "Last try {age}: {message}",
    lookedUpBy: "Looked up by",
    enteredBy: "Entered by an agent:",
    identifier: "identifier",
    value: "Value",
    copy: "Copy",
    copyName: "Copy {label}",
    copied: "Copied",
    copiedName: "Copied {label}",
    byHand: "Press Ctrl+C or ⌘C",
    byHandName: "{label} is selected: press Control C or Command C to copy it",
    more: "Show {count} more",
    fewer: "Show fewer",
    wholeValue: "Show all",
    wholeValueName: "Show all of {label}",
    lookUpLabel: "Customer ID or email",
    lookUp: "Look up",
    newTab: "{label}, {host} (opens in a new tab)",
    justNow: "just now",
  },
  de: {
    title: "Kundenkontext",
    refresh: "Aktualisieren",
    refreshName: "Kundenkontext aktualisieren",
    found: "Kunde gefunden",
    noData: "Unbekannter Kunde",
    noIdentifier: "Kein Kunde erkannt",
    fetchError: "Abfrage fehlgeschlagen",
    skippedCredits: "Nicht abgefragt",
    disabled: "Nicht verfügbar",
    pending: "Der Kunde wird gesucht …",
    nothing: "Noch nichts abgefragt",
    unreadable: "Nichts anzuzeigen",
    unreadableNote: "Dieses Ergebnis lässt sich nicht anzeigen; bitte aktualisieren, um erneut abzufragen.",
    verified: "Absender geprüft",
    mismatch: "Der Absender könnte jemand anderes sein: Die Adresse dieser E-Mail ist nicht die hinterlegte des Kunden.",
    notTied: "Der Absender könnte jemand anderes sein: Diese E-Mail ließ sich dem Kunden nicht zuordnen.",
    verify: "Bitte erst prüfen, wer schreibt, bevor etwas mitgeteilt wird.",
    withheld: "Der Antwortentwurf kennt nichts aus diesem Datensatz.",
    lastAttempt: "Letzter Versuch {age}: {message}",
    lookedUpBy: "Abgefragt mit",
    enteredBy: "Von Hand eingegeben:",
    identifier: "Kennung",
    value: "Wert",
    copy: "Kopieren",
    copyName: "{label} kopieren",
    copied: "Kopiert",
    copiedName: "{label} kopiert",
    byHand: "Strg+C oder ⌘C drücken",
    byHandName: "{label} ist markiert: zum Kopieren Strg C oder Befehl C drücken",
    more: "{count} weitere anzeigen",
    fewer: "Weniger anzeigen",
    wholeValue: "Alles anzeigen",
    wholeValueName: "{label} ganz anzeigen",
    lookUpLabel: "Kundennummer oder E-Mail",
    lookUp: "Suchen",
    newTab: "{label}, {host} (öffnet sich in einem neuen Tab)",
    justNow: "gerade eben",
  },
};

/** Return the words for a reader's language, English where there are none, with a page's own over them. */
export function wordsFor(locale, own) {
  const language = locale.split("-")[0].toLowerCase();
  const known = Object.hasOwn(WORDS, language) ? WORDS[language] : WORDS.en;
  const taken = Object.entries(own ?? {}).filter(([name, word]) => Object.hasOwn(known, name) && typeof word === "string");
  return { ...known, ...Object.fromEntries(taken) };
}

/** Put values into a sentence. */
export function filled(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** Say how long ago something was, in the reader's language. */
export function ageInWords(milliseconds, locale, words) {
  const minutes = Math.floor(milliseconds / 60_000);
  if (minutes < 1) return words.justNow; // also where the clocks differ and it lies ahead
  const [count, unit] =
    minutes < 60 ? [minutes, "minute"]
    : minutes < 1440 ? [minutes / 60, "hour"]
    : minutes < 43_200 ? [minutes / 1440, "day"]
    : minutes < 525_600 ? [minutes / 43_200, "month"]
    : [minutes / 525_600, "year"];
  return new Intl.RelativeTimeFormat(locale, { numeric: "always" }).format(-Math.floor(count), unit);
}
