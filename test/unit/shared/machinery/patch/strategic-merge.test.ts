import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ApiError } from '../../../../../shared/machinery/api-error.ts';
import { applyStrategicMergePatch } from '../../../../../shared/machinery/patch/strategic-merge.ts';

const POD = 'io.k8s.api.core.v1.Pod';
const DEPLOYMENT = 'io.k8s.api.apps.v1.Deployment';
const SERVICE = 'io.k8s.api.core.v1.Service';

const containers = (...list: object[]) => ({ spec: { containers: list } });
const volumes = (...list: object[]) => ({ spec: { volumes: list } });
const finalizers = (...list: string[]) => ({ metadata: { finalizers: list } });

describe('applyStrategicMergePatch', () => {
  const cases: { name: string; type?: string; original: Record<string, unknown>; patch: Record<string, unknown>; want: unknown }[] = [
    {
      name: 'merges lists by their key',
      original: containers({ name: 'a', image: '1' }, { name: 'b', image: '2' }),
      patch: containers({ name: 'b', image: '3' }),
      want: containers({ name: 'a', image: '1' }, { name: 'b', image: '3' }),
    },
    {
      name: 'puts new elements before those that it does not name',
      original: containers({ name: 'a' }),
      patch: containers({ name: 'n', image: '1', command: null }),
      want: containers({ name: 'n', image: '1' }, { name: 'a' }),
    },
    {
      name: 'deletes an element by directive',
      original: containers({ name: 'a' }, { name: 'b' }),
      patch: containers({ name: 'a', $patch: 'delete' }),
      want: containers({ name: 'b' }),
    },
    {
      name: 'replaces a list by directive',
      original: containers({ name: 'a' }, { name: 'b' }),
      patch: containers({ name: 'c' }, { $patch: 'replace' }),
      want: containers({ name: 'c' }),
    },
    {
      name: 'replaces a map by directive',
      original: { metadata: { labels: { a: '1', b: '2' } } },
      patch: { metadata: { labels: { $patch: 'replace', c: '3' } } },
      want: { metadata: { labels: { c: '3' } } },
    },
    {
      name: 'empties a map by directive',
      original: { metadata: { labels: { a: '1' } } },
      patch: { metadata: { labels: { $patch: 'delete' } } },
      want: { metadata: { labels: {} } },
    },
    {
      name: 'deletes keys that are null',
      original: { metadata: { labels: { a: '1', b: '2' } } },
      patch: { metadata: { labels: { a: null } } },
      want: { metadata: { labels: { b: '2' } } },
    },
    {
      name: 'merges lists of scalars as sets',
      original: finalizers('a', 'b'),
      patch: finalizers('c', 'a'),
      want: finalizers('c', 'a', 'b'),
    },
    {
      name: 'deletes from lists of scalars',
      original: finalizers('a', 'b'),
      patch: { metadata: { '$deleteFromPrimitiveList/finalizers': ['a'] } },
      want: finalizers('b'),
    },
    {
      name: 'replaces atomic lists',
      original: containers({ name: 'a', args: ['1', '2'] }),
      patch: containers({ name: 'a', args: ['3'] }),
      want: containers({ name: 'a', args: ['3'] }),
    },
    {
      name: 'orders by $setElementOrder and keeps what only the server has',
      original: containers({ name: 'a' }, { name: 'x' }, { name: 'b' }),
      patch: { spec: { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }], containers: [{ name: 'b', image: '1' }] } },
      want: containers({ name: 'x' }, { name: 'b', image: '1' }, { name: 'a' }),
    },
    {
      name: 'orders without changing any element',
      original: containers({ name: 'a' }, { name: 'b' }),
      patch: { spec: { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }] } },
      want: containers({ name: 'b' }, { name: 'a' }),
    },
    {
      name: 'orders lists of scalars',
      original: finalizers('a', 'b'),
      patch: { metadata: { '$setElementOrder/finalizers': ['c', 'b', 'a'], finalizers: ['c'] } },
      want: finalizers('c', 'b', 'a'),
    },
    {
      name: 'keeps only $retainKeys',
      type: DEPLOYMENT,
      original: { spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } } },
      patch: { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } },
      want: { spec: { strategy: { type: 'Recreate' } } },
    },
    {
      name: 'keeps only $retainKeys of an element',
      original: volumes({ name: 'v', emptyDir: {} }),
      patch: volumes({ name: 'v', $retainKeys: ['name', 'hostPath'], hostPath: { path: '/x' } }),
      want: volumes({ name: 'v', hostPath: { path: '/x' } }),
    },
    {
      name: 'finds ports by their number alone',
      type: SERVICE,
      original: { spec: { ports: [{ port: 80, name: 'a', protocol: 'TCP' }] } },
      patch: { spec: { ports: [{ port: 80, name: 'b' }, { port: 81 }] } },
      want: { spec: { ports: [{ port: 80, name: 'b', protocol: 'TCP' }, { port: 81 }] } },
    },
    {
      name: 'drops directives where there was nothing before',
      original: {},
      patch: containers({ name: 'a', $patch: 'delete' }, { name: 'b', env: null }),
      want: containers({ name: 'b' }),
    },
    {
      name: 'takes the value of another type',
      original: { metadata: { labels: 'x' } },
      patch: { metadata: { labels: { a: '1' } } },
      want: { metadata: { labels: { a: '1' } } },
    },
  ];
  for (const { name, type = POD, original, patch, want } of cases) {
    test(name, () => {
      const before = structuredClone([original, patch]);
      assert.deepEqual(applyStrategicMergePatch(type, original, patch), want);
      assert.deepEqual([original, patch], before);
    });
  }

  const refused: { name: string; patch: Record<string, unknown>; message: string }[] = [
    {
      name: 'an element without its key',
      patch: containers({ image: 'x' }),
      message: 'map: {"image":"x"} does not contain declared merge key: name',
    },
    {
      name: 'a field that the type lacks',
      patch: { spec: { odd: { b: 1 } } },
      message: 'unable to find api field in struct PodSpec for the json field "odd"',
    },
    { name: 'an unknown directive', patch: { metadata: { $patch: 'spam' } }, message: 'unknown patch type: spam in map' },
    {
      name: 'a directive that is no string',
      patch: { metadata: { $patch: { toString: null } } },
      message: 'unknown patch type: {"toString":null} in map',
    },
    { name: '$retainKeys that is no list', patch: { metadata: { $retainKeys: 'x' } }, message: 'invalid patch format of retainKeys' },
    {
      name: 'a key beside $retainKeys',
      patch: { metadata: { $retainKeys: ['x'], labels: {} } },
      message: 'invalid patch format of retainKeys',
    },
    {
      name: 'a deletion list that is no list',
      patch: { metadata: { '$deleteFromPrimitiveList/finalizers': 'x' } },
      message: 'invalid patch format of primitive list',
    },
    {
      name: 'an order that is no list',
      patch: { spec: { '$setElementOrder/containers': 'x' } },
      message: 'invalid patch format of setElementOrder list',
    },
    {
      name: 'an order that lacks an element of the patch',
      patch: { spec: { '$setElementOrder/containers': [{ name: 'b' }], containers: [{ name: 'a' }] } },
      message: "The order in patch list doesn't match $setElementOrder list",
    },
  ];
  for (const { name, patch, message } of refused) {
    test(`refuses ${name}`, () => {
      const original = { metadata: { finalizers: ['f'] }, spec: { containers: [{ name: 'a' }], odd: { a: 1 } } };
      assert.throws(
        () => applyStrategicMergePatch(POD, original, patch),
        (error: unknown) => error instanceof ApiError && error.code === 400 && error.message === message,
      );
    });
  }

  test('keeps every element that the patch does not name, each once', () => {
    const names = fc.uniqueArray(fc.constantFrom<string>('a', 'b', 'c', 'd', 'e', 'f'));
    fc.assert(
      fc.property(names, names, (before, change) => {
        const list = (all: string[]) => containers(...all.map((name) => ({ name })));
        const merged = applyStrategicMergePatch(POD, list(before), list(change)) as ReturnType<typeof containers>;
        const result = merged.spec.containers.map((container) => (container as { name: string }).name);
        assert.deepEqual([...result].sort(), [...new Set([...before, ...change])].sort());
        assert.deepEqual(
          result.filter((name) => change.includes(name)),
          change,
        );
        assert.deepEqual(
          result.filter((name) => !change.includes(name)),
          before.filter((name) => !change.includes(name)),
        );
      }),
      { numRuns: 200 },
    );
  });
});
