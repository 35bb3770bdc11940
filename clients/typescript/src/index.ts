// Calls Customer Context, which looks up who wrote a support ticket.

export type * from "./bodies.js";
export { REASONS } from "./bodies.js";
export type { Event, Limits, Settings, Tagged } from "./caller.js";
export { CustomerContextClient } from "./client.js";
export { ContextError } from "./errors.js";
export { readEvent, WebhookRefused } from "./webhooks.js";
export type { WebhookHeaders } from "./webhooks.js";
