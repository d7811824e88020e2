import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { encodeOpenApiV2 } from '../../../../apiserver/openapi/protobuf-v2.ts';

/** A field of a message or text. */
const field = (number: number, ...content: (Buffer | string)[]): Buffer => {
  const bytes = Buffer.concat(content.map((part) => Buffer.from(part)));
  return Buffer.concat([Buffer.from([number * 8 + 2, bytes.length]), bytes]);
};

describe('encodeOpenApiV2', () => {
  const cases = [
    { name: 'texts', document: { swagger: '2.0' }, want: field(1, '2.0') },
    {
      name: 'definitions',
      document: { definitions: { A: { type: 'object' } } },
      want: field(9, field(1, field(1, 'A'), field(2, Buffer.from([0xb2, 0x01, 8]), field(1, 'object')))),
    },
    {
      name: 'parameters by where they are, and their flags',
      document: {
        paths: {
          '/a': {
            parameters: [
              { name: 'n', in: 'path', required: true },
              { name: 'q', in: 'query' },
            ],
          },
        },
      },
      want: field(
        8,
        field(
          2,
          field(1, '/a'),
          field(
            2,
            field(9, field(1, field(2, field(4, field(4, 'n'), field(2, 'path'), Buffer.from([8, 1]))))),
            field(9, field(1, field(2, field(3, field(4, 'q'), field(2, 'query'))))),
          ),
        ),
      ),
    },
    {
      name: 'extensions as YAML',
      document: { paths: { '/a': { get: { 'x-kubernetes-action': 'get' } } } },
      want: field(8, field(2, field(1, '/a'), field(2, field(2, field(13, field(1, 'x-kubernetes-action'), field(2, field(2, '"get"'))))))),
    },
    {
      name: 'answers by code',
      document: { paths: { '/a': { get: { responses: { 200: { description: 'OK', schema: { $ref: '#/x' } } } } } } },
      want: field(
        8,
        field(
          2,
          field(1, '/a'),
          field(2, field(2, field(9, field(1, field(1, '200'), field(2, field(1, field(1, 'OK'), field(2, field(1, field(1, '#/x'))))))))),
        ),
      ),
    },
    { name: 'nothing of what it has no field for', document: { securityDefinitions: {} }, want: Buffer.alloc(0) },
  ];
  for (const { name, document, want } of cases) {
    test(`writes ${name}`, () => assert.equal(encodeOpenApiV2(document).toString('hex'), want.toString('hex')));
  }
});
