// Sends what an operation describes, tries again what is safe to try again, and reads the answer.

import { readEvents, type Event } from "./events.js";
import { ContextError, failed, problemOf, refusalOf } from "./errors.js";

export type { Event };

/** An answer with its version: `etag` given as `ifMatch` guards a change against somebody else's. */
export interface Tagged<T> {
  body: T;
  etag: string;
}

/** What bounds one call, whichever it is. */
export interface Limits {
  /** Ends the call early. */
  signal?: AbortSignal;
}

/** How a client is made. */
export interface Settings {
  /** A service token, or an access token for what that opens. */
  token: string;
  /** Milliseconds that a call may take in all, beyond the time that the service is asked to wait or may need. */
  timeoutMs?: number;
  /** How often a call is repeated that is safe to repeat. */
  retries?: number;
  /** Stands in for the platform's `fetch`. */
  fetch?: typeof fetch;
}

/** One request, and what is to be made of its answer. */
export interface Call {
  method: string;
  path: string;
  query?: Record<string, string | number | boolean | null | undefined>;
  headers?: Record<string, string | undefined>;
  body?: object;
  accept?: string;
  tagged?: boolean;
  once?: boolean;
}

const JSON_TYPE = "application/json";

/** What a service may take at most to look a customer up, however it is set up, and then answers. */
const LONGEST_RUN_MS = 300_000;

/** A stream of results that has been silent for so long is dead: a sign of life comes every 15 s. */
const SILENCE_MS = 45_000;

/** A service that asks to be left alone for longer than this is reported instead of waited for. */
const LONGEST_PAUSE_MS = 10_000;

const FIRST_PAUSE_MS = 250;

/** What the clients' operations stand on. The token is private to the language: no log line can show it. */
export class Caller {
  readonly #authorization: string;
  readonly #base: string;
  readonly #timeoutMs: number;
  readonly #retries: number;
  readonly #fetch: typeof fetch;

  /** `baseUrl` is the service's address. */
  constructor(baseUrl: string, settings: Settings) {
    const parts = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
    if (!parts || !/^https?:$/.test(parts.protocol) || parts.username || parts.search || parts.hash) {
      throw new TypeError("baseUrl must be the service's address, such as https://context.example.com");
    }
    if (!/^[!-~]+$/.test(settings.token)) {
      throw new TypeError("the token must be visible ASCII characters, without spaces or line ends");
    }
    this.#base = baseUrl.replace(/\/+$/, "");
    this.#authorization = `Bearer ${settings.token}`;
    this.#timeoutMs = settings.timeoutMs ?? 10_000;
    this.#retries = settings.retries ?? 2;
    this.#fetch = settings.fetch ?? ((input, init) => fetch(input, init));
  }

  /** Send a call and return what it answers; throws `ContextError`. */
  protected async call<T>(call: Call, limits: Limits): Promise<T> {
    const deadline = AbortSignal.timeout(this.#timeoutMs + patienceMs(call));
    const response = await this.#exchange(call, limits, deadline);
    let content: unknown = null;
    try {
      if (response.status !== 204) content = await response.text();
    } catch (problem) {
      throw failed(problem, deadline, limits.signal);
    }
    if (typeof content === "string" && (call.accept ?? JSON_TYPE) === JSON_TYPE) content = parsed(content, response);
    return (call.tagged ? { body: content, etag: response.headers.get("ETag") ?? "" } : content) as T;
  }

  /** Listen: what is returned yields events until the service ends the stream; leaving the loop hangs up. */
  protected async listen<T>(call: Call, limits: Limits): Promise<AsyncIterable<Event<T>>> {
    const quiet = call.method === "GET" ? SILENCE_MS : this.#timeoutMs + LONGEST_RUN_MS;
    const silence = new Silence(quiet);
    try {
      return readEvents<T>(await this.#exchange(call, limits, silence.signal), silence, limits.signal);
    } catch (problem) {
      silence.over();
      throw problem;
    }
  }

  async #exchange(call: Call, limits: Limits, deadline: AbortSignal): Promise<Response> {
    // All are resolved on the way, escaped or not: `customers/..` would be the project.
    if (/\/\.{0,2}(?:\/|$)/.test(call.path)) {
      throw new TypeError("an id must not be empty, . or ..: the path would mean another resource");
    }
    const signal = AbortSignal.any(limits.signal ? [deadline, limits.signal] : [deadline]);
    for (let tried = 0; ; tried++) {
      const pause = Math.max(FIRST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tried * (0.5 + Math.random() / 2));
      try {
        const response = await this.#fetch(this.#base + call.path + queryOf(call), {
          method: call.method,
          headers: this.#headersOf(call),
          body: call.body === undefined ? undefined : JSON.stringify(call.body),
          redirect: "error",
          signal,
        });
        if (response.ok) return response;
        const asked = response.status === 503 ? Number(response.headers.get("Retry-After") ?? NaN) * 1_000 : NaN;
        if (!(asked <= LONGEST_PAUSE_MS) || !repeatable(call) || tried >= this.#retries) {
          throw refusalOf(await problemOf(response), response);
        }
        await response.body?.cancel();
        await paused(Math.max(asked, pause), signal);
      } catch (problem) {
        if (problem instanceof ContextError) throw problem;
        const again = !signal.aborted && (unsent(problem) || repeatable(call)) && tried < this.#retries;
        if (!again) throw failed(problem, deadline, limits.signal);
        await paused(pause, signal);
      }
    }
  }

  #headersOf(call: Call): Headers {
    const headers = new Headers({ Authorization: this.#authorization, Accept: call.accept ?? JSON_TYPE });
    if (call.body !== undefined) headers.set("Content-Type", JSON_TYPE);
    for (const [name, value] of Object.entries(call.headers ?? {})) if (value !== undefined) headers.set(name, value);
    return headers;
  }
}

/** Ends a stream that says nothing any more. */
export class Silence {
  readonly #controller = new AbortController();
  readonly #milliseconds: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds;
    this.broken();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Begin to wait anew. */
  broken(): void {
    this.over();
    this.#timer = setTimeout(() => this.#controller.abort(), this.#milliseconds);
  }

  /** Wait no longer. */
  over(): void {
    clearTimeout(this.#timer);
  }
}

/**
 * Whether doing it twice leaves what doing it once leaves. A change under `ifMatch` is not: the second would be refused
 * because of the first. Nor is a refresh, which would run twice.
 */
function repeatable(call: Call): boolean {
  if (call.headers?.["If-Match"] !== undefined || call.query?.["refresh"]) return false;
  const tickets = (call.body as { tickets?: Array<{ refresh?: boolean }> } | undefined)?.tickets ?? [];
  return call.once ? !tickets.some((each) => each.refresh) : ["GET", "PUT", "DELETE"].includes(call.method);
}

/** How long the service may take because it was asked to wait, or has a customer to look up. */
function patienceMs(call: Call): number {
  if (call.query?.["wait"]) return Number(call.query["wait"]) * 1_000;
  if (!/\/(enrich|refresh|look-up|test)$/.test(call.path)) return 0;
  const prefer = call.headers?.["Prefer"] ?? "";
  const wait = /\bwait=(\d{1,3})\b/.exec(prefer);
  return wait ? Number(wait[1]) * 1_000 : prefer.includes("respond-async") ? 0 : LONGEST_RUN_MS;
}

function queryOf(call: Call): string {
  const given = Object.entries(call.query ?? {}).filter(([, value]) => value !== undefined && value !== null);
  return given.length ? `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}` : "";
}

/** Whether a request never left: then it may be sent again, whatever it is. */
function unsent(problem: unknown): boolean {
  const cause = problem instanceof Error ? (problem.cause as { code?: string } | undefined) : undefined;
  return ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH"].includes(cause?.code ?? "");
}

function parsed(text: string, response: Response): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const detail = "Check that baseUrl leads to Customer Context";
    throw refusalOf({ code: "unreadable_answer", title: "The answer is not JSON", detail }, response);
  }
}

function paused(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
