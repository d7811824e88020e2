import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseYaml, stringifyYaml } from '../../../../apiserver/encoding/yaml.ts';
import { ApiError } from '../../../../shared/machinery/api-error.ts';

describe('parseYaml', () => {
  const cases: { text: string; want: unknown }[] = [
    { text: 'a: yes\nb: off\nc: "yes"', want: { a: true, b: false, c: 'yes' } },
    { text: 'mode: 0644', want: { mode: 420 } },
    { text: 'port: 12:30:45\nday: 2024-01-01', want: { port: '12:30:45', day: '2024-01-01' } },
    { text: 'a: &x {k: 1}\nb: *x\nc: {<<: *x, l: 2}', want: { a: { k: 1 }, b: { k: 1 }, c: { k: 1, l: 2 } } },
    { text: '1: a\ntrue: b', want: { '1': 'a', true: 'b' } },
    { text: 'a: ~\nb:', want: { a: null, b: null } },
    { text: '{"a": [1, 2.5, "x"]}', want: { a: [1, 2.5, 'x'] } },
  ];
  for (const { text, want } of cases) test(JSON.stringify(text), () => assert.deepEqual(parseYaml(text), want));

  test('copies aliases', () => {
    const { a, b } = parseYaml('a: &x {k: 1}\nb: *x') as { a: object; b: object };
    assert.notEqual(a, b);
  });

  const bomb = [
    'a0: &a0 [x,x,x,x,x,x,x,x,x,x]',
    ...Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(10).fill(`*a${i}`)}]`),
  ].join('\n');
  const refused = [
    { name: 'text that is not YAML', text: 'a: [1' },
    { name: 'two documents', text: 'a: 1\n---\nb: 2' },
    { name: 'aliases that multiply', text: bomb },
    { name: 'not-a-number', text: 'a: .nan' },
    { name: 'depths without end', text: '['.repeat(5_000) },
    { name: 'an unknown alias', text: 'a: *x' },
  ];
  for (const { name, text } of refused) {
    test(`refuses ${name}`, () => {
      assert.throws(
        () => parseYaml(text),
        (error: unknown) =>
          error instanceof ApiError && error.code === 400 && error.message.startsWith('error converting YAML to JSON: yaml: '),
      );
    });
  }
});

describe('stringifyYaml', () => {
  test('sorts keys, quotes what would be read as something else, and is read back', () => {
    const value = { b: ['x', { c: 1 }], a: 'yes', day: '2024-01-01', text: 'two\nlines\n', empty: {}, none: null, number: '0644' };
    assert.equal(stringifyYaml({ b: ['x', { c: 1 }], a: 'yes' }), 'a: "yes"\nb:\n- x\n- c: 1\n');
    assert.deepEqual(parseYaml(stringifyYaml(value)), value);
  });
});
