/** Calls to which the provider adds what it kept of earlier ones: a placeholder of then never turns into a value of now. */
import { expect, it } from 'vitest';
import { createGateway, redact } from '../../src/index.ts';

const ADA = 'ada@example.com';
const GRACE = 'grace@example.org';

interface Asked {
  readonly url: string;
  readonly body: Record<string, unknown>;
}

const OPENAI = 'https://api.openai.com/v1';
const GOOGLE = 'https://generativelanguage.googleapis.com/v1beta';
const RESPONSE = { model: 'gpt-4o-mini', input: `Who is ${GRACE}?` };
const MESSAGE = {
  model: 'claude-sonnet-4-5',
  max_tokens: 9,
  messages: [{ role: 'user', content: `Who is ${GRACE}?` }],
};

const KEPT: readonly (Asked & { readonly name: string })[] = [
  { name: 'a response', url: `${OPENAI}/responses`, body: { ...RESPONSE, previous_response_id: 'resp_1' } },
  { name: 'a conversation', url: `${OPENAI}/responses`, body: { ...RESPONSE, conversation: 'conv_1' } },
  { name: 'a prompt', url: `${OPENAI}/responses`, body: { ...RESPONSE, prompt: { id: 'pmpt_1' } } },
  {
    name: 'a thread',
    url: 'https://api.anthropic.com/v1/messages',
    body: { ...MESSAGE, thread: { previous_message_id: 'msg_1' } },
  },
  {
    name: 'a cached content that is made',
    url: `${GOOGLE}/cachedContents`,
    body: { model: 'models/gemini-2.5-flash', contents: [{ role: 'user', parts: [{ text: `Who is ${GRACE}?` }] }] },
  },
];
const ALONE: readonly Asked[] = [
  { url: `${OPENAI}/responses`, body: { ...RESPONSE, previous_response_id: null } },
  { url: 'https://api.anthropic.com/v1/messages', body: MESSAGE },
];

/** What the provider got, and what the caller got of an answer that says both placeholders. */
async function ask({ url, body }: Asked): Promise<{ sent: string; shown: string }> {
  let sent = '';
  const gateway = createGateway({
    policies: [redact()],
    fetch: async (input, init) => {
      sent = await new Request(input, init).text();
      const [placeholder = ''] = /<EMAIL_ADDRESS_\w+>/.exec(sent) ?? [];
      const text = `then <EMAIL_ADDRESS_1>, now ${placeholder}`;
      return Response.json({
        id: 'x',
        output: [{ type: 'message', content: [{ type: 'output_text', text }] }],
        displayName: text,
        content: [{ type: 'text', text }],
      });
    },
  });
  const headers = { 'content-type': 'application/json' };
  const answer = await gateway.fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  return { sent, shown: await answer.text() };
}

it.each(KEPT)('$name', async (asked) => {
  const { sent, shown } = await ask(asked);
  expect(sent).toMatch(/<EMAIL_ADDRESS_[0-9a-f]{6}>/);
  expect(sent).not.toContain(GRACE);
  expect(shown).toContain(`then <EMAIL_ADDRESS_1>, now ${GRACE}`);
});

it('a file', async () => {
  let sent = '';
  const gateway = createGateway({
    policies: [redact()],
    fetch: async (input, init) => {
      sent = await new Request(input, init).text();
      return Response.json({ id: 'file_1' });
    },
  });
  const form = new FormData();
  form.set('purpose', 'user_data');
  form.set('file', new File([`${ADA} writes`], 'notes.txt', { type: 'text/plain' }));
  expect((await gateway.fetch(`${OPENAI}/files`, { method: 'POST', body: form })).status).toBe(200);
  expect(sent).toMatch(/<EMAIL_ADDRESS_[0-9a-f]{6}> writes/);
});

it.each(ALONE)('a call that stands alone counts from one', async (asked) => {
  const { sent, shown } = await ask(asked);
  expect(sent).toContain('<EMAIL_ADDRESS_1>');
  expect(shown).toContain(`then ${GRACE}, now ${GRACE}`);
});
