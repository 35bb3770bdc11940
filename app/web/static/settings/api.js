/** Talks to the service as any client of its API does: configuration, test, activity, with the token of this tab. */

/** An answer that is a refusal: problem details (RFC 9457). */
export class Problem extends Error {
  constructor({ status = 0, code = "unreachable", title = "", detail = "", errors = [] }) {
    super(title);
    Object.assign(this, { status, code, title, detail, errors: Array.isArray(errors) ? errors : [] });
  }
}

const UNREACHABLE = {
  title: "The service cannot be reached",
  detail: "Check your connection, then try again. Nothing that you typed is lost.",
};
const BROKEN_OFF = {
  code: "broken_off",
  title: "The connection broke off",
  detail: "It ended before its result arrived; run it again.",
};

export class Api {
  #project;

  constructor({ token, project }) {
    this.token = token; // may be replaced, by a newer link
    this.#project = `projects/${encodeURIComponent(project)}`;
  }

  /** Read the configuration, and the ETag that a save must bring. */
  async configuration() {
    return configurationOf(await this.#ask(""));
  }

  /** Change some fields; raises a Problem 412 unless the configuration is still at this ETag. */
  async save(changes, etag) {
    return configurationOf(await this.#ask("", { method: "PATCH", headers: { "If-Match": etag }, json: changes }));
  }

  /** List the last versions, the newest first. */
  async versions() {
    return (await (await this.#ask("/versions")).json()).versions;
  }

  /** Save the fields of a version again; as `save`. */
  async restore(version, etag) {
    return configurationOf(await this.#ask(`/versions/${version}/restore`, { method: "POST", headers: { "If-Match": etag } }));
  }

  /** List the access tokens. */
  async tokens() {
    return (await (await this.#ask("/access-tokens", { at: this.#project })).json()).access_tokens;
  }

  /** Make an access token that only reads. */
  async makeToken(label, seconds) {
    const json = { label, expires_in: seconds, scope: "read" };
    return (await this.#ask("/access-tokens", { at: this.#project, method: "POST", json })).json();
  }

  /** End an access token. */
  async revokeToken(id) {
    await this.#ask(`/access-tokens/${encodeURIComponent(id)}`, { at: this.#project, method: "DELETE" });
  }

  /** Read a page of the audit trail. */
  async audit(cursor) {
    const from = cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
    return (await this.#ask(`/audit?limit=20${from}`, { at: this.#project })).json();
  }

  /** Read the activity of some days. */
  async activity(days) {
    return (await this.#ask(`/activity?days=${days}`)).json();
  }

  /** Read the settings of the operator's sample endpoint. */
  async sample() {
    return (await (await this.#ask("/sample-endpoint")).json()).sample;
  }

  /** Check the endpoint; `told` has a function for each `step` before it, and one for each `finding` of it. */
  async check(asked, told, signal) {
    return this.#told("/check", asked, told, signal);
  }

  /** Run a test; `onStep` is called as each step begins and ends. */
  async test(sample, onStep, signal) {
    return this.#told("/test", sample, { step: onStep }, signal);
  }

  async #told(path, json, told, signal) {
    const headers = { Accept: "text/event-stream" };
    const answer = await this.#ask(path, { method: "POST", headers, json, signal });
    const ending = {};
    for await (const [name, data] of eventsOf(answer.body)) {
      if (name in told) told[name](data);
      else ending[name] = data;
    }
    if (ending.result) return ending.result;
    throw new Problem(ending.problem ?? BROKEN_OFF);
  }

  async #ask(path, { at = `${this.#project}/customer-context`, headers = {}, json, ...options } = {}) {
    const sent = { Authorization: `Bearer ${this.token}`, ...headers };
    if (json !== undefined) Object.assign(sent, { "Content-Type": "application/json" });
    let answer;
    try {
      const body = json === undefined ? undefined : JSON.stringify(json);
      const always = { headers: sent, body, cache: "no-store", credentials: "omit" };
      answer = await fetch(at + path, { ...options, ...always });
    } catch (fault) {
      if (fault.name === "AbortError") throw fault;
      throw new Problem(UNREACHABLE);
    }
    if (answer.ok) return answer;
    const told = await answer.json().catch(() => ({}));
    const { status } = answer;
    throw new Problem({ title: `The service answered ${status}`, code: "unknown", ...told, status });
  }
}

async function configurationOf(answer) {
  return { configuration: await answer.json(), etag: answer.headers.get("ETag") };
}

/** Read server-sent events (WHATWG HTML, 9.2) as they arrive: pairs of a name and its JSON. */
async function* eventsOf(stream) {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let text = "";
  while (true) {
    const { done, value } = await read(reader);
    if (done) return;
    const events = (text + decoder.decode(value, { stream: true })).split("\n\n");
    text = events.pop();
    for (const event of events) yield eventOf(event);
  }
}

async function read(reader) {
  try {
    return await reader.read();
  } catch (fault) {
    if (fault.name === "AbortError") throw fault;
    throw new Problem(BROKEN_OFF); // the network went away
  }
}

function eventOf(event) {
  const fields = Object.fromEntries(event.split("\n").map((line) => line.split(/: ?(.*)/s, 2)));
  return [fields.event, JSON.parse(fields.data)];
}
