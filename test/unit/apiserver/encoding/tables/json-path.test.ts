import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readJsonPath } from '../../../../../apiserver/encoding/tables/json-path.ts';

const root = {
  spec: {
    size: 3,
    'a.b': 1,
    list: [
      { n: 'x', v: 1 },
      { n: 'y', v: 2 },
    ],
  },
  metadata: { annotations: { 'example.com/a': 'z' } },
};

describe('readJsonPath', () => {
  const cases: [path: string, want: unknown[]][] = [
    ['.spec.size', [3]],
    ['{.spec.size}', [3]],
    ['$.spec.size', [3]],
    [".spec['a.b']", [1]],
    ['.metadata.annotations.example\\.com/a', ['z']],
    ['.spec.list[0].n', ['x']],
    ['.spec.list[-1].n', ['y']],
    ['.spec.list[*].v', [1, 2]],
    ['.spec.list[?(@.n=="y")].v', [2]],
    ['.spec.list[?(@.v==1)].n', ['x']],
    ['.spec.none', []],
    ['.spec.size.deeper', []],
    ['.constructor', []],
    ['not a path', []],
    ['.spec.list[', []],
  ];
  for (const [path, want] of cases) test(path, () => assert.deepEqual(readJsonPath(path, root), want));
});
