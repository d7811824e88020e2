import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BackwardWriter } from '../../../../apiserver/openapi/backward-writer.ts';

function written(...steps: ((out: BackwardWriter) => void)[]): number[] {
  const out = new BackwardWriter();
  for (const step of steps) step(out);
  return [...out.content()];
}

describe('BackwardWriter', () => {
  const cases: { name: string; write: (out: BackwardWriter) => void; want: number[] }[] = [
    { name: 'small numbers', write: (out) => out.varint(5), want: [5] },
    { name: 'numbers of two bytes', write: (out) => out.varint(300), want: [0xac, 0x02] },
    { name: 'numbers beyond 32 bits', write: (out) => out.varint(2 ** 40), want: [0x80, 0x80, 0x80, 0x80, 0x80, 0x20] },
    { name: 'ASCII', write: (out) => out.text('ab'), want: [0x61, 0x62] },
    { name: 'other characters', write: (out) => out.text('é€'), want: [0xc3, 0xa9, 0xe2, 0x82, 0xac] },
    { name: 'doubles', write: (out) => out.double(1), want: [0, 0, 0, 0, 0, 0, 0xf0, 0x3f] },
  ];
  for (const { name, write, want } of cases) test(`writes ${name}`, () => assert.deepEqual(written(write), want));

  test('puts what comes later before what came earlier', () => {
    assert.deepEqual(
      written(
        (out) => out.text('b'),
        (out) => out.varint(1),
        (out) => out.varint(0x0a),
      ),
      [0x0a, 1, 0x62],
    );
  });

  test('grows', () => {
    const long = 'x'.repeat(100_000);
    const out = new BackwardWriter();
    for (let i = 0; i < 3; i++) out.text(`${i}${long}`);
    assert.equal(out.content().toString(), `2${long}1${long}0${long}`);
    assert.equal(out.length, 300_003);
  });
});
