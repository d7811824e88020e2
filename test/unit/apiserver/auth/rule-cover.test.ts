import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { uncovered } from '../../../../apiserver/auth/rule-cover.ts';

const pods = (verbs: string[], more: object = {}) => ({ apiGroups: [''], resources: ['pods'], verbs, ...more });

describe('uncovered', () => {
  const cases = [
    { name: 'nothing is wanted', held: [], wanted: [], want: [] },
    { name: 'the same rule is held', held: [pods(['get', 'list'])], wanted: [pods(['list', 'get'])], want: [] },
    { name: 'two rules are held that together cover one', held: [pods(['get']), pods(['list'])], wanted: [pods(['get', 'list'])], want: [] },
    { name: 'everything is held', held: [pods(['*'], { apiGroups: ['*'], resources: ['*'] })], wanted: [pods(['x'], { resources: ['a/b'] })], want: [] },
    { name: 'a verb is missing', held: [pods(['get'])], wanted: [pods(['get', 'create', 'delete'])], want: ['{APIGroups:[""], Resources:["pods"], Verbs:["create" "delete"]}'] },
    { name: 'all verbs are wanted', held: [pods(['get'])], wanted: [pods(['*'])], want: ['{APIGroups:[""], Resources:["pods"], Verbs:["*"]}'] },
    { name: 'a subresource is wanted', held: [pods(['get'])], wanted: [pods(['get'], { resources: ['pods/log'] })], want: ['{APIGroups:[""], Resources:["pods/log"], Verbs:["get"]}'] },
    { name: 'the subresource of all is held', held: [pods(['get'], { resources: ['*/log'] })], wanted: [pods(['get'], { resources: ['pods/log'] })], want: [] },
    { name: 'one name is held, all are wanted', held: [pods(['get'], { resourceNames: ['a'] })], wanted: [pods(['get'])], want: ['{APIGroups:[""], Resources:["pods"], Verbs:["get"]}'] },
    { name: 'all names are held, one is wanted', held: [pods(['get'])], wanted: [pods(['get'], { resourceNames: ['a'] })], want: [] },
    { name: 'another name is wanted', held: [pods(['get'], { resourceNames: ['a'] })], wanted: [pods(['get'], { resourceNames: ['a', 'b'] })], want: ['{APIGroups:[""], Resources:["pods"], ResourceNames:["b"], Verbs:["get"]}'] },
    { name: 'paths below a held one are wanted', held: [{ nonResourceURLs: ['/a/*'], verbs: ['get'] }], wanted: [{ nonResourceURLs: ['/a/b', '/a/c/*', '/b'], verbs: ['get'] }], want: ['{NonResourceURLs:["/b"], Verbs:["get"]}'] },
    { name: 'one path is held, all are wanted', held: [{ nonResourceURLs: ['/a'], verbs: ['get'] }], wanted: [{ nonResourceURLs: ['*'], verbs: ['get'] }], want: ['{NonResourceURLs:["*"], Verbs:["get"]}'] },
  ]; // biome-ignore format: a table
  for (const { name, held, wanted, want } of cases) test(name, () => assert.deepEqual(uncovered(held, wanted), want));
});
