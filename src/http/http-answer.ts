/**
 * An answer on its way to the caller, before it is made what the caller's door speaks. A `Response` is one; one that comes whole is a plain
 * object with its bytes, for a `Response` costs 5 us to make, and its bytes would have to be read out of a web stream again.
 */

export interface HttpAnswer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array<ArrayBuffer>> | null;
}

export function toResponse(answer: HttpAnswer): Response {
  if (answer instanceof Response) return answer;
  const { status, statusText, headers, body } = answer;
  return new Response(body, { status, statusText, headers });
}

/** Nobody reads it. */
export async function dropBody({ body }: Pick<HttpAnswer, 'body'>): Promise<void> {
  if (body && !(body instanceof Uint8Array)) await body.cancel();
}
