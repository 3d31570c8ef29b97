import { expect, it } from 'vitest';
import { createGateway, redact } from '../../src/index.ts';

const BODY = JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'ada@example.com' }] });

async function sentTo(search: string, headers: Record<string, string> = {}): Promise<string | number> {
  let sent = '';
  const gateway = createGateway({
    policies: [redact()],
    fetch: async (url) => {
      sent = String(url);
      return Response.json({ choices: [] });
    },
  });
  const url = `https://api.openai.com/v1/chat/completions${search}`;
  const body = headers.authorization ? '{"model":"gpt-4o-mini","messages":[]}' : BODY;
  const response = await gateway.fetch(url, { method: 'POST', body, headers });
  return response.ok ? new URL(sent).search : response.status;
}

it('values in the query of a guarded request are redacted like those of its body, which are numbered first', async () => {
  const sent = await sentTo(
    '?trace=1&user=eve%40example.org&again=ada@example.com&key=AIzaSyD-1234567890abcdefghijklmnopqrstu',
  );
  expect([...new URLSearchParams(sent as string)]).toEqual([
    ['trace', '1'],
    ['user', '<EMAIL_ADDRESS_2>'],
    ['again', '<EMAIL_ADDRESS_1>'],
    ['key', 'AIzaSyD-1234567890abcdefghijklmnopqrstu'],
  ]);
});

it('a query without values is sent as it came', async () => {
  expect(await sentTo('?api-version=2024-10-21&a=%7e+b&&c')).toBe('?api-version=2024-10-21&a=%7e+b&&c');
});

it('a signed request whose query would have to change is refused', async () => {
  expect(await sentTo('?user=eve@example.org', { authorization: 'AWS4-HMAC-SHA256 x' })).toBe(422);
});
