import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseListQuery, readBool } from '../../../../apiserver/routes/list-query.ts';

describe('parseListQuery', () => {
  const truths = [
    { text: 'watch', want: true },
    { text: 'watch=', want: true },
    { text: 'watch=1', want: true },
    { text: 'watch=yes', want: true },
    { text: 'watch=0', want: false },
    { text: 'watch=FALSE', want: false },
    { text: '', want: undefined },
  ];
  for (const { text, want } of truths)
    test(`reads "${text}" as ${want}`, () => assert.equal(readBool(new URLSearchParams(text), 'watch'), want));

  const refused = [
    { query: 'limit=x', code: 400 },
    { query: 'timeoutSeconds=99999999999999999999', code: 400 },
    { query: 'resourceVersionMatch=Exact', code: 422 },
    { query: 'resourceVersionMatch=Exact&resourceVersion=0', code: 422 },
    { query: 'resourceVersionMatch=Other&resourceVersion=1', code: 422 },
    { query: 'resourceVersionMatch=NotOlderThan&resourceVersion=1&continue=x', code: 422 },
    { query: 'sendInitialEvents=true', code: 422 },
    { query: 'watch=1&sendInitialEvents=true', code: 422 },
    { query: 'watch=1&resourceVersionMatch=NotOlderThan&resourceVersion=1', code: 422 },
  ];
  for (const { query, code } of refused)
    test(`refuses ${query}`, () => assert.throws(() => parseListQuery(new URLSearchParams(query)), { code }));

  test('takes what goes together', () => {
    const query = parseListQuery(
      new URLSearchParams('watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'),
    );
    assert.deepEqual([query.watch, query.sendInitialEvents, query.allowWatchBookmarks], [true, true, true]);
  });
});
