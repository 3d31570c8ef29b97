/** Forms as bodies: what is a text in them, what is edited, and that nothing else changes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openCall } from '../../src/core/pipeline.ts';
import { openaiTranscriptions } from '../../src/dialects/openai-audio.ts';
import { openaiChat } from '../../src/dialects/openai-chat.ts';
import { openaiFiles } from '../../src/dialects/openai-files.ts';
import { type FormBody, readForm } from '../../src/http/form-body.ts';
import { readBody } from '../../src/http/read-body.ts';
import { redact } from '../../src/policies/redact.ts';
import { exchangeFor, pipelineWith } from './calls.ts';

const CANARY = 'canary.lovelace@example.com';
const LIMIT = 1e6;

type Entry = readonly [name: string, value: string | File];

function formOf(entries: readonly Entry[]): FormData {
  const form = new FormData();
  for (const [name, value] of entries) form.append(name, value);
  return form;
}

async function redacted(entries: readonly Entry[]): Promise<FormBody> {
  const body = await readForm(formOf(entries), openaiFiles);
  const { refusal } = await openCall(exchangeFor(body.slots), pipelineWith([redact()]));
  if (refusal) throw refusal;
  return body;
}

/** As it would be sent. */
async function bytesOf(body: FormBody): Promise<string> {
  return Buffer.from(await new Response(body.encoded()).arrayBuffer()).toString('latin1');
}

async function partsOf(form: FormData): Promise<unknown[]> {
  const entries = [...form.entries()];
  return Promise.all(
    entries.map(async ([name, value]) =>
      typeof value === 'string'
        ? [name, value]
        : [name, value.name, value.type, Buffer.from(await value.arrayBuffer()).toString('hex')],
    ),
  );
}

const json = JSON.stringify({ custom_id: 'a', body: { messages: [{ role: 'user', content: CANARY }] } });

describe('a value does not leave in', () => {
  it.each<[string, Entry]>([
    ['a field', ['prompt', `Mail ${CANARY}`]],
    ['the name of a field', [CANARY, 'x']],
    ['the name of a file', ['file', new File(['x'], CANARY)]],
    ['the name of a file with an extension', ['file', new File(['x'], `${CANARY}.jsonl`)]],
    ['the type of a file', ['file', new File(['x'], 'a.txt', { type: `text/plain; of=${CANARY}` })]],
    ['a text file', ['file', new File([`Mail ${CANARY}`], 'a.txt')]],
    ['a text file that calls itself sound', ['file', new File([`Mail ${CANARY}`], 'a.mp3', { type: 'audio/mpeg' })]],
    ['a CSV file', ['file', new File([`name,mail\nAda,${CANARY}\n`], 'a.csv', { type: 'text/csv' })]],
    ['a JSON file', ['file', new File([JSON.stringify({ a: [CANARY] }, null, 2)], 'a.json')]],
    ['a JSON file of escapes', ['file', new File([`{"a":"${CANARY.replace('@', '\\u0040')}"}`], 'a.json')]],
    ['a line of JSON', ['file', new File([`${json}\n${json}\r\n\n`], 'a.jsonl')]],
    ['lines of which one is no JSON', ['file', new File([`${json}\n{"broken":"${CANARY}`], 'a.jsonl')]],
    ['a large file, far behind its start', ['file', new File([`${'é'.repeat(60_000)} ${CANARY}`], 'a.txt')]],
  ])('%s', async (_name, entry) => {
    const body = await redacted([['purpose', 'batch'], entry]);
    expect(body.edited).toBe(true);
    const sent = await bytesOf(body);
    expect(sent).not.toContain('canary.lovelace');
    expect(sent).toMatch(/email_address_1/i);
    expect(body.unreadable).toBe(false);
  });
});

describe('what stays', () => {
  it('structure: fields that the API lists, ids and roles in lines of JSON', async () => {
    const line = { custom_id: CANARY, url: '/v1/chat/completions', body: { model: CANARY, messages: [] } };
    const body = await redacted([
      ['purpose', CANARY],
      ['expires_after[anchor]', CANARY],
      ['file', new File([JSON.stringify(line)], 'a.jsonl')],
    ]);
    expect(body.edited).toBe(false);
  });

  it('lines without a value, byte for byte, and JSON stays JSON', async () => {
    const clean = '{ "custom_id" : "b",  "n": 12345678901234567890 }';
    const body = await redacted([['file', new File([`${clean}\r\n${json}\n\n${clean}`], 'a.jsonl')]]);
    const text = await (body.encoded().get('file') as File).text();
    expect(text).toBe(`${clean}\r\n${json.replace(CANARY, '<EMAIL_ADDRESS_1>')}\n\n${clean}`);
  });
});

describe('a file that nobody can read', () => {
  it.each([
    ['a PDF', new File(['%PDF-1.7 text'], 'a')],
    ['a PDF by its name', new File(['text'], 'a.pdf')],
    ['an archive', new File([new Uint8Array([80, 75, 3, 4, 0, 255])], 'a.zip')],
    ['text that is no UTF-8', new File([new Uint8Array([0xff, 0xfe, 65, 0])], 'a.txt')],
    ['bytes without a name', new File([new Uint8Array([0, 1, 2])], 'blob')],
    ['text with bytes behind', new File(['a'.repeat(70_000), new Uint8Array([0xff])], 'a.txt')],
  ])('is %s', async (_name, file) => {
    expect(await readForm(formOf([['file', file]]), openaiFiles)).toMatchObject({ unreadable: true });
  });

  it('is not sound or a picture, which are passed on', async () => {
    const bytes = new Uint8Array([0xff, 0xfb, 0, 1]);
    const form = formOf([
      ['file', new File([bytes], 'a.mp3')],
      ['image[]', new File([bytes], 'a', { type: 'image/png' })],
    ]);
    const body = await readForm(form, openaiTranscriptions);
    expect(body).toMatchObject({ unreadable: false, media: { count: 2, characters: 8 } });
    expect(body.files).toMatchObject([
      { field: 'file', bytes: 4 },
      { field: 'image[]', type: 'image/png' },
    ]);
  });
});

describe('fields', () => {
  it('are numbers and flags where they read so, and can be set', async () => {
    const form = formOf([
      ['model', 'whisper-1'],
      ['stream', 'true'],
      ['temperature', '0.5'],
      ['language', 'null'],
    ]);
    const body = await readForm(form, openaiTranscriptions);
    expect(['model', 'stream', 'temperature', 'language', 'none'].map((key) => body.member(key))).toEqual([
      'whisper-1',
      true,
      0.5,
      undefined,
      undefined,
    ]);
    body.set(['model'], 'another');
    body.set(['options', 'deep'], 1);
    expect([...body.encoded().entries()]).toEqual([
      ['model', 'another'],
      ['stream', 'true'],
      ['temperature', '0.5'],
      ['language', 'null'],
      ['options[deep]', '1'],
    ]);
  });
});

describe('any form', () => {
  const name = fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme-ascii' });
  const file = fc.record({
    bytes: fc.uint8Array({ maxLength: 200 }),
    name: fc.stringMatching(/^[a-z]{1,9}\.(?:txt|mp3|bin)$/),
    type: fc.constantFrom('', 'text/plain', 'audio/mpeg', 'application/octet-stream'),
  });
  const entry = fc.oneof(
    fc.tuple(name, fc.string({ unit: 'grapheme' })),
    fc.tuple(name, file).map(([field, { bytes, ...own }]): Entry => [field, new File([bytes], own.name, own)]),
  );

  it('survives an edit beside it', () =>
    fc.assert(
      fc.asyncProperty(fc.array(entry, { maxLength: 6 }), async (entries) => {
        const body = await readForm(formOf(entries), openaiFiles);
        body.set(['added beside'], 'x');
        const sent = await new Response(body.encoded()).formData();
        const expected = await new Response(formOf([...entries, ['added beside', 'x']])).formData();
        expect(await partsOf(sent)).toEqual(await partsOf(expected));
      }),
      { numRuns: 200 },
    ));

  it('as bytes or as a stream leaves byte for byte when nothing was edited', () =>
    fc.assert(
      fc.asyncProperty(fc.array(entry, { minLength: 1, maxLength: 6 }), fc.boolean(), async (entries, streamed) => {
        const written = new Response(formOf(entries));
        const headers = new Headers({ 'content-type': written.headers.get('content-type')! });
        const bytes = new Uint8Array(await written.arrayBuffer());
        const body = streamed ? new Blob([bytes]).stream() : bytes;
        const { read, body: sent } = await readBody({ body, headers }, openaiFiles, LIMIT);
        expect(read).toMatchObject({ edited: false });
        expect(Buffer.from(sent as Uint8Array)).toEqual(Buffer.from(bytes));
      }),
      { numRuns: 200 },
    ));
});

describe('bodies that are no forms', () => {
  const headers = new Headers({ 'content-type': 'multipart/form-data; boundary=x' });

  it('are read by nobody when they are broken, or when the API takes no forms', async () => {
    const broken = await readBody({ body: 'no form', headers }, openaiFiles, LIMIT);
    expect(broken).toEqual({ read: undefined, body: 'no form' });
    const form = formOf([['model', 'x']]);
    expect(await readBody({ body: form, headers: new Headers() }, openaiChat, LIMIT)).toEqual({
      read: undefined,
      body: form,
    });
  });

  it('JSON is there at once, and may come as a stream', async () => {
    const text = '{"model":"m"}';
    const json = new Headers({ 'content-type': 'application/json' });
    const now = readBody({ body: text, headers: json }, openaiChat, LIMIT);
    expect(now).not.toBeInstanceOf(Promise);
    const later = await readBody({ body: new Blob([text]).stream(), headers: json }, openaiChat, LIMIT);
    expect(later.read?.member('model')).toBe('m');
  });

  it.each([
    ['a form', formOf([['a', 'x'.repeat(101)]])],
    ['bytes', Buffer.from('x'.repeat(101))],
    ['a stream', new Blob(['x'.repeat(101)]).stream()],
  ])('%s beyond the limit is refused', async (_name, body) => {
    const reading = Promise.resolve(readBody({ body, headers }, openaiFiles, 100));
    await expect(reading).rejects.toMatchObject({ code: 'body_too_large', status: 413 });
  });
});

it('a field that decides the call may not stand twice: the provider may read the other one', async () => {
  const body = await readForm(
    formOf([
      ['model', 'whisper-1'],
      ['model', 'gpt-4o-transcribe'],
      ['include[]', 'logprobs'],
      ['include[]', 'other'],
    ]),
    openaiTranscriptions,
  );
  expect(() => openaiTranscriptions.facts(body, { dialect: openaiTranscriptions, path: '' })).toThrow(
    expect.objectContaining({ code: 'invalid_request', param: 'model' }),
  );
});
