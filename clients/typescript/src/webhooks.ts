// Verifies and reads webhook events, which are signed after Standard Webhooks (standardwebhooks.com).

import type { WebhookEvent } from "./bodies.js";

/** How far a message's time may be from now, in seconds: an older one may be somebody's copy. */
const TOLERANCE_SECONDS = 300;

/** A message that is not the service's, or too old; the text says why and holds nothing of it. */
export class WebhookRefused extends Error {
  override name = "WebhookRefused";
}

/** Headers of a request, as `fetch` or Node.js have them. */
export type WebhookHeaders = Headers | Record<string, string | string[] | undefined>;

/**
 * Return the event that a request to your webhook brings; throws `WebhookRefused`.
 *
 * `body` is the raw body as it came. `secrets` are those of CC_WEBHOOK_SECRETS: during a rotation, the old one and the
 * new one.
 */
export async function readEvent(
  body: string | Uint8Array,
  headers: WebhookHeaders,
  secrets: string | readonly string[],
  now: Date = new Date(),
): Promise<WebhookEvent> {
  const [id, at, signatures] = ["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) => header(headers, name));
  if (!/^[0-9]+$/.test(at!) || Math.abs(Number(at) - now.getTime() / 1000) > TOLERANCE_SECONDS) {
    throw new WebhookRefused("the header webhook-timestamp is not of these minutes");
  }
  const text = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const head = new TextEncoder().encode(`${id}.${at}.`);
  const signed = new Uint8Array(head.length + text.length);
  signed.set(head);
  signed.set(text, head.length);
  const offered = signatures!.split(" ").filter((each) => each.startsWith("v1,")).map((each) => bytes(each.slice(3)));
  for (const secret of typeof secrets === "string" ? [secrets] : secrets) {
    const raw = bytes(secret.replace(/^whsec_/, ""));
    if (!raw) throw new TypeError("a webhook secret is whsec_ and base64");
    const key = await crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
    for (const signature of offered) {
      if (signature && (await crypto.subtle.verify("HMAC", key, signature, signed))) {
        return JSON.parse(new TextDecoder().decode(text)) as WebhookEvent;
      }
    }
  }
  throw new WebhookRefused("no signature is by any of the secrets");
}

function header(headers: WebhookHeaders, name: string): string {
  const value = headers instanceof Headers ? headers.get(name) : Object.entries(headers).find(([each]) => each.toLowerCase() === name)?.[1];
  if (typeof value !== "string") throw new WebhookRefused(`the header ${name} is missing`);
  return value;
}

function bytes(base64: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    const text = atob(base64);
    const read = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i += 1) read[i] = text.charCodeAt(i);
    return read;
  } catch {
    return undefined;
  }
}
