import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FieldSelectorError, fieldsMatch, parseFieldSelector } from '../../../../shared/machinery/field-selector.ts';

describe('parseFieldSelector', () => {
  const cases: { text: string; want: ReturnType<typeof parseFieldSelector> }[] = [
    { text: '', want: [] },
    { text: 'a.b=c', want: [{ field: 'a.b', operator: '=', value: 'c' }] },
    {
      text: 'a==c,b!=',
      want: [
        { field: 'a', operator: '=', value: 'c' },
        { field: 'b', operator: '!=', value: '' },
      ],
    },
    { text: 'a=x\\,y\\=z\\\\', want: [{ field: 'a', operator: '=', value: 'x,y=z\\' }] },
  ];
  for (const { text, want } of cases) test(JSON.stringify(text), () => assert.deepEqual(parseFieldSelector(text), want));
  for (const text of ['a', 'a=b=c', 'a=\\x'])
    test(`refuses ${JSON.stringify(text)}`, () => assert.throws(() => parseFieldSelector(text), FieldSelectorError));
  test('an absent field is empty', () => assert.equal(fieldsMatch(parseFieldSelector('spec.nodeName='), {}), true));
});
