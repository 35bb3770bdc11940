// The one error of the client.

import type { Complaint } from "./bodies.js";

/** What the service says of a request that it refuses (RFC 9457); a newer one may say more. */
export interface Refusal {
  code: string;
  title: string;
  detail?: string;
  errors?: Complaint[] | null;
}

/**
 * A request was refused, or got no answer that can be read.
 *
 * `status` is the HTTP status, null where there was no answer; `code` is the service's stable code, or one of
 * `no_connection`, `timeout`, `aborted` and `unreadable_answer`; `detail` says what to do; `errors` names the parts of
 * a request that are wrong; `requestId` finds the request in the service's log.
 */
export class ContextError extends Error {
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly errors: readonly Complaint[];

  constructor(refusal: Refusal, readonly status: number | null, readonly requestId: string | null, cause?: unknown) {
    const errors = refusal.errors ?? [];
    const wrong = errors.map((each) => `${each.loc.join(".")}: ${each.msg}`).join("; ");
    const where = `(${status ?? "no answer"} ${refusal.code}${requestId ? `, request ${requestId}` : ""})`;
    super([`${refusal.title}.`, refusal.detail, wrong, where].filter(Boolean).join(" "), { cause });
    this.name = "ContextError";
    this.code = refusal.code;
    this.title = refusal.title;
    this.detail = refusal.detail ?? "";
    this.errors = errors;
  }
}

/** Return the problem that the service answered; undefined where something before the service did. */
export async function problemOf(response: Response): Promise<unknown> {
  return response.json().catch(() => undefined);
}

/** Return a problem of the service, or of what stands before it, as the error. */
export function refusalOf(problem: unknown, response: Response): ContextError {
  const { status } = response;
  const known = typeof problem === "object" && problem !== null && "code" in problem && "title" in problem;
  const nameless = { code: `http_${status}`, title: `The service answered ${status} without saying why` };
  return new ContextError(known ? (problem as Refusal) : nameless, status, response.headers.get("X-Request-Id"));
}

/** Return a failure of the transport as the error. */
export function failed(problem: unknown, deadline: AbortSignal, signal?: AbortSignal): ContextError {
  if (problem instanceof ContextError) return problem;
  if (signal?.aborted) return new ContextError({ code: "aborted", title: "The call was ended" }, null, null, problem);
  if (deadline.aborted) {
    const refusal = { code: "timeout", title: "The service did not answer in time", detail: "Raise timeoutMs, or ask later" };
    return new ContextError(refusal, null, null, problem);
  }
  const refusal = {
    code: "no_connection",
    title: "The service cannot be reached, or the connection broke off",
    detail: "Check baseUrl, and that it runs",
  };
  return new ContextError(refusal, null, null, problem);
}
