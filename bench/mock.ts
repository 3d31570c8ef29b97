/** A provider without a network: answers inside the client's `fetch`, so that what is added can be told from what a transport saves. */
import { PIECES, streamEvents, WHOLE_TEXT, wholeAnswer } from './answers.ts';

export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

const ANSWER = wholeAnswer(WHOLE_TEXT);
const EVENTS = streamEvents(PIECES).map((event) => new TextEncoder().encode(event));

/** Old clients of OpenAI send their bodies indented. */
export const asksForStream = (body: string | Buffer): boolean =>
  body.includes('"stream":true') || body.includes('"stream": true');

/** `look` gets each body as it was sent. */
export function mockedFetch(look: (body: string) => void): Fetch {
  return async (_, init) => {
    const body = String(init?.body);
    look(body);
    if (asksForStream(body)) return streamed();
    return new Response(ANSWER, { headers: { 'content-type': 'application/json' } });
  };
}

function streamed(): Response {
  let at = 0;
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at < EVENTS.length) controller.enqueue(EVENTS[at++]!);
      else controller.close();
    },
  });
  return new Response(stream, { headers: { 'content-type': 'text/event-stream' } });
}
