import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { expand } from '../../../../kubelet/env/expand.ts';

describe('expand', () => {
  const known: Record<string, string> = { A: 'a', B_1: 'b', EMPTY: '' };
  const cases: [string, string][] = [
    ['$(A)', 'a'],
    ['x$(A)y$(B_1)z', 'xaybz'],
    ['$(UNKNOWN)', '$(UNKNOWN)'],
    ['$$(A)', '$(A)'],
    ['$$$(A)', '$a'],
    ['$A', '$A'],
    ['$(A', '$(A'],
    ['$', '$'],
    ['$(EMPTY)|', '|'],
    ['$()', '$()'],
    ['$(A)$', 'a$'],
  ];
  for (const [input, want] of cases)
    test(`turns ${input} into ${want}`, () =>
      assert.equal(
        expand(input, (name) => known[name]),
        want,
      ));
});
