// Reads server-sent events (WHATWG HTML, 9.2) as they come.

import type { Silence } from "./caller.js";
import { failed, refusalOf } from "./errors.js";

/** One event of a stream. */
export interface Event<T> {
  name: string;
  data: T;
}

/** Yield the events of an answer; throws `ContextError`, also where the service ends the stream with a problem. */
export async function* readEvents<T>(
  response: Response,
  silence: Silence,
  signal?: AbortSignal,
): AsyncGenerator<Event<T>> {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      silence.broken();
      const blocks = (rest + value).split(/\r?\n\r?\n/);
      rest = blocks.pop()!;
      for (const block of blocks) {
        const event = eventOf<T>(block);
        if (event?.name === "problem") throw refusalOf(event.data, response);
        if (event) yield event;
      }
    }
  } catch (problem) {
    throw failed(problem, silence.signal, signal);
  } finally {
    silence.over();
    await reader.cancel().catch(() => undefined);
  }
}

function eventOf<T>(block: string): Event<T> | undefined {
  let name = "message";
  const data: string[] = [];
  for (const line of block.split(/\r?\n/)) {
    const [, field, value] = /^([^:]*):? ?(.*)$/s.exec(line)!;
    if (field === "event") name = value!;
    if (field === "data") data.push(value!);
  }
  return data.length ? { name, data: JSON.parse(data.join("\n")) as T } : undefined;
}
