import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkManagerName, managerName } from '../../../../../shared/machinery/apply/manager-name.ts';
import { sameButTimes } from '../../../../../shared/machinery/apply/same-but-times.ts';

describe('managerName', () => {
  const cases = [
    { name: 'is the name in the request', fieldManager: 'me', agent: 'kubectl/1.35', want: 'me' },
    { name: 'is else the first part of the user agent', fieldManager: '', agent: 'kubectl/v1.35.2 (linux/amd64)', want: 'kubectl' },
    { name: 'leaves out what cannot be printed', fieldManager: '', agent: 'a\tb\u0000/1', want: 'ab' },
    { name: 'is cut at 128 bytes', fieldManager: '', agent: 'é'.repeat(100), want: 'é'.repeat(64) },
  ];
  for (const { name, fieldManager, agent, want } of cases) test(name, () => assert.equal(managerName(fieldManager, agent), want));
});

describe('checkManagerName', () => {
  test('takes printable names', () => assert.deepEqual(checkManagerName('kubectl edit é'), []));
  test('refuses long and unprintable ones', () => {
    assert.deepEqual(
      [...checkManagerName('x'.repeat(129)), ...checkManagerName('é\n')].map(({ message }) => message),
      ['Too long: may not be more than 128 bytes', 'Invalid value: "é\\n": invalid character U+000A (at position 2)'],
    );
  });
});

describe('sameButTimes', () => {
  const entry = { manager: 'm', operation: 'Update', time: '2026-01-01T00:00:00Z', fieldsV1: { 'f:a': {} } };
  const later = { ...entry, time: '2026-01-02T00:00:00Z' };
  const cases = [
    { name: 'looks past times', before: [entry], after: [later], want: true },
    { name: 'sees other fields', before: [entry], after: [{ ...later, fieldsV1: {} }], want: false },
    { name: 'sees other owners', before: [entry], after: [entry, later], want: false },
    { name: 'takes nobody for nobody', before: undefined, after: undefined, want: true },
  ];
  for (const { name, before, after, want } of cases) test(name, () => assert.equal(sameButTimes(before, after), want));
});
