import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isKnownFormat, stringFormat } from '../../../../apiserver/custom-resources/formats.ts';
import { compilePattern } from '../../../../apiserver/custom-resources/pattern.ts';

describe('compilePattern', () => {
  const cases: { pattern: string; matches: string[]; not: string[] }[] = [
    { pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$', matches: ['a.example.com'], not: ['-a', 'A'] },
    { pattern: 'b', matches: ['abc'], not: ['ac'] },
    { pattern: '(?i)^abc$', matches: ['ABC'], not: ['ABCD'] },
    { pattern: '^(?P<year>\\d{4})-\\d{2}$', matches: ['2026-01'], not: ['26-01'] },
    { pattern: '^[[:alpha:]_]+$', matches: ['a_B'], not: ['a1'] },
    { pattern: '\\Aa\\/b\\-c\\z', matches: ['a/b-c'], not: ['a/b-c\n'] },
    { pattern: '^[\\w.+-]+@{x}$', matches: ['a.b@{x}'], not: ['@{x}'] },
    { pattern: '^\\pL+$', matches: ['Äé'], not: ['1'] },
    { pattern: '^[^\\s]+$', matches: ['ab'], not: ['a b'] },
    { pattern: '^a{2,3}$', matches: ['aa', 'aaa'], not: ['a', 'aaaa'] },
  ];
  for (const { pattern, matches, not } of cases) {
    test(pattern, () => {
      const check = compilePattern(pattern);
      for (const text of matches) assert.equal(check(text), true, text);
      for (const text of not) assert.equal(check(text), false, text);
    });
  }
  const wrong: [string, string][] = [
    ['a(b', 'error parsing regexp: missing closing ): `a(b`'],
    ['a)b', 'error parsing regexp: unexpected ): `a)b`'],
    ['[a', 'error parsing regexp: missing closing ]: `[a`'],
    ['a(?!b)', 'error parsing regexp: invalid or unsupported Perl syntax: `(?!`'],
    ['(a)\\1', 'error parsing regexp: invalid escape sequence: `\\1`'],
    ['a{2,1001}', 'error parsing regexp: invalid repeat count: `{2,1001}`'],
  ];
  for (const [pattern, message] of wrong) test(`refuses ${pattern}`, () => assert.throws(() => compilePattern(pattern), { message }));
});

describe('stringFormat', () => {
  const cases: { format: string; fits: string[]; not: string[] }[] = [
    {
      format: 'date-time',
      fits: ['2026-02-28T10:00:00Z', '2026-02-28T10:00:00.123+02:00'],
      not: ['2026-02-30T10:00:00Z', '2026-02-28T25:00:00Z', '2026-02-28'],
    },
    { format: 'date', fits: ['2024-02-29'], not: ['2023-02-29', '2023-2-1'] },
    { format: 'ipv4', fits: ['10.0.0.1'], not: ['10.0.0', '::1'] },
    { format: 'ipv6', fits: ['::1'], not: ['10.0.0.1'] },
    { format: 'cidr', fits: ['10.0.0.0/8'], not: ['10.0.0.0'] },
    { format: 'byte', fits: ['aGk=', ''], not: ['a'] },
    { format: 'uuid', fits: ['123E4567-e89b-12d3-a456-426614174000'], not: ['123'] },
    { format: 'uri', fits: ['https://example.com/a?b', '/a'], not: ['a b', 'example.com'] },
    { format: 'duration', fits: ['1h30m', '22 ns', '1.5s'], not: ['1x', ''] },
    { format: 'hostname', fits: ['a.example.com'], not: ['-a', 'a..b'] },
    { format: 'isbn', fits: ['0321751043', '978-0321751041'], not: ['0321751044'] },
    { format: 'mac', fits: ['01:23:45:67:89:ab'], not: ['01:23'] },
    { format: 'k8s-short-name', fits: ['a-b'], not: ['A'] },
  ];
  for (const { format, fits, not } of cases) {
    test(format, () => {
      const check = stringFormat(format);
      for (const text of fits) assert.equal(check?.(text), true, text);
      for (const text of not) assert.equal(check?.(text), false, text);
    });
  }
  test('knows formats only for their types', () => {
    assert.deepEqual(
      [isKnownFormat('integer', 'int32'), isKnownFormat('string', 'int32'), isKnownFormat('object', 'date')],
      [true, false, false],
    );
  });
});
