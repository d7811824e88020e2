import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  formatSelector,
  type Labels,
  matchesLabelSelector,
  parseSelector,
  SelectorError,
  selectorMatches,
} from '../../../../shared/machinery/label-selector.ts';

describe('parseSelector', () => {
  const labels: Labels = { a: '1', b: 'x', empty: '' };
  const cases: { text: string; want: boolean }[] = [
    { text: '', want: true },
    { text: 'a', want: true },
    { text: 'c', want: false },
    { text: '!c', want: true },
    { text: '! c', want: true },
    { text: 'a=1', want: true },
    { text: 'a == 1 , b=x', want: true },
    { text: 'a!=1', want: false },
    { text: 'c!=1', want: true },
    { text: 'b in (x, y)', want: true },
    { text: 'b in (y)', want: false },
    { text: 'c notin (y)', want: true },
    { text: 'empty=', want: true },
    { text: 'empty in ()', want: true },
    { text: 'a>0', want: true },
    { text: 'a<1', want: false },
    { text: 'in=x', want: false },
  ];
  for (const { text, want } of cases)
    test(`${JSON.stringify(text)} ${want ? 'matches' : 'does not match'}`, () =>
      assert.equal(selectorMatches(parseSelector(text), labels), want));
  for (const text of ['a=b=c', 'a,', ',a', 'a in', 'a in (b', '(a)', 'a b', '!', '-a', `a=${'x'.repeat(64)}`, 'a>b', 'a=_b'])
    test(`refuses ${JSON.stringify(text.slice(0, 20))}`, () => assert.throws(() => parseSelector(text), SelectorError));
  test('reads what formatSelector writes', () => {
    const selector = parseSelector('b notin (y,x),a in (1),!c,d,e!=f,g>7');
    assert.equal(formatSelector(selector), 'a in (1),b notin (x,y),!c,d,e!=f,g>7');
    assert.equal(formatSelector(parseSelector(formatSelector(selector))), formatSelector(selector));
  });
  test('throws nothing else, whatever it reads', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '=', '!', ',', '(', ')', ' ', 'in', '>', '/', '.', '-', '\n') }), (text) => {
        try {
          parseSelector(text);
        } catch (error) {
          assert.ok(error instanceof SelectorError, String(error));
        }
      }),
    );
  });
});

describe('matchesLabelSelector', () => {
  test('undefined matches nothing, an empty one everything', () =>
    assert.deepEqual([matchesLabelSelector(undefined, {}), matchesLabelSelector({}, undefined)], [false, true]));
  test('needs labels and expressions', () =>
    assert.equal(
      matchesLabelSelector(
        { matchLabels: { a: '1' }, matchExpressions: [{ key: 'b', operator: 'In', values: ['2'] }] },
        { a: '1', b: '3' },
      ),
      false,
    ));
  test('labels named like members of Object are no labels', () =>
    assert.equal(matchesLabelSelector({ matchExpressions: [{ key: 'constructor', operator: 'Exists' }] }, {}), false));
});
