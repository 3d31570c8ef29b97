/** What a backend says of a batch that it took in part, in both of OTLP's encodings. */
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { expect, it, test } from 'vitest';
import { partialSuccessOf } from '../../src/cli/doctor/partial-success.ts';

const SCHEMA = `syntax = "proto3";
message ExportTraceServiceResponse { PartialSuccess partial_success = 1; }
message PartialSuccess { int64 rejected_spans = 1; string error_message = 2; }`;
const RESPONSE = protobuf.parse(SCHEMA).root.lookupType('ExportTraceServiceResponse');

const inProtobuf = (partialSuccess?: object): Buffer =>
  Buffer.from(RESPONSE.encode(RESPONSE.create(partialSuccess ? { partialSuccess } : {})).finish());
const read = (body: Buffer | string, type = 'application/x-protobuf') =>
  partialSuccessOf({ body: Buffer.from(body), headers: { 'content-type': type } });

it('is read from protobuf as an independent encoder writes it', () => {
  fc.assert(
    fc.property(fc.nat(), fc.string(), (rejectedSpans, errorMessage) => {
      const expected =
        rejectedSpans === 0 && errorMessage === '' ? undefined : { rejectedSpans, message: errorMessage };
      expect(read(inProtobuf({ rejectedSpans, errorMessage }))).toEqual(expected);
    }),
  );
});

test.each([
  ['{"partialSuccess":{"rejectedSpans":"3","errorMessage":"too old"}}', { rejectedSpans: 3, message: 'too old' }],
  ['{"partialSuccess":{"rejectedSpans":3}}', { rejectedSpans: 3, message: '' }],
  ['{"partialSuccess":{"errorMessage":"use v2"}}', { rejectedSpans: 0, message: 'use v2' }],
  ['{"partialSuccess":{}}', undefined],
  ['{"partialSuccess":{"rejectedSpans":"many","errorMessage":7}}', undefined],
  ['{}', undefined],
  ['no JSON', undefined],
])('%s', (body, expected) => {
  expect(read(body, 'application/json')).toEqual(expected);
});

it('is nothing where nothing was said', () => {
  expect(read('')).toBeUndefined();
  expect(read(inProtobuf())).toBeUndefined();
  expect(read(inProtobuf({}))).toBeUndefined();
  expect(partialSuccessOf({ body: Buffer.from('ok'), headers: {} })).toBeUndefined();
});

it('never fails on bytes that are no message, or on the beginning of one', () => {
  const whole = inProtobuf({ rejectedSpans: 300, errorMessage: 'too old' });
  for (let end = 0; end < whole.length; end++) expect(read(whole.subarray(0, end))).toBeUndefined();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      expect(() => read(Buffer.from(bytes))).not.toThrow();
    }),
  );
});
