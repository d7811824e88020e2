import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  difference,
  type FieldSet,
  hasPath,
  inOrder,
  intersection,
  printPaths,
  readFieldSet,
  recursiveDifference,
  setOfPaths,
  union,
} from '../../../../../shared/machinery/apply/field-set.ts';

const whole = { 'f:a': { '.': {}, 'f:b': { '.': {}, 'f:c': {} }, 'f:d': {} } };

describe('field sets', () => {
  const cases: { name: string; got: FieldSet; want: FieldSet }[] = [
    { name: 'union makes a leaf that has paths below it a member', got: union({ 'f:a': {} }, { 'f:a': { 'f:b': {} } }), want: { 'f:a': { '.': {}, 'f:b': {} } } },
    { name: 'union with nothing is the set', got: union({}, { 'f:a': {} }), want: { 'f:a': {} } },
    { name: 'union goes down on both sides', got: union({ 'f:a': { 'f:b': {} } }, { 'f:a': { 'f:c': {} } }), want: { 'f:a': { 'f:b': {}, 'f:c': {} } } },
    { name: 'difference keeps what lies below a path that goes', got: difference(whole, { 'f:a': {} }), want: { 'f:a': { 'f:b': { '.': {}, 'f:c': {} }, 'f:d': {} } } },
    { name: 'difference drops branches that get empty', got: difference(whole, { 'f:a': { 'f:b': { '.': {}, 'f:c': {} } } }), want: { 'f:a': { '.': {}, 'f:d': {} } } },
    { name: 'difference drops a leaf only if the path itself is in the other set', got: difference({ 'f:a': {} }, { 'f:a': { 'f:b': {} } }), want: { 'f:a': {} } },
    { name: 'difference with itself is nothing', got: difference(whole, whole), want: {} },
    { name: 'recursive difference drops what lies below', got: recursiveDifference(whole, { 'f:a': { 'f:b': {} } }), want: { 'f:a': { '.': {}, 'f:d': {} } } },
    { name: 'recursive difference ignores paths that are only passed', got: recursiveDifference({ 'f:a': {} }, { 'f:a': { 'f:b': {} } }), want: { 'f:a': {} } },
    { name: 'intersection is of paths, not of branches', got: intersection(whole, { 'f:a': { 'f:b': {}, 'f:x': {} } }), want: { 'f:a': { 'f:b': {} } } },
    { name: 'intersection of strangers is nothing', got: intersection(whole, { 'f:z': {} }), want: {} },
  ]; // biome-ignore format: a table
  for (const { name, got, want } of cases) test(name, () => assert.deepEqual(got, want));

  test('has only its members', () => {
    const set = setOfPaths(['f:a', 'f:b'], ['f:c']);
    assert.deepEqual(
      [['f:a', 'f:b'], ['f:c'], ['f:a'], ['f:z'], []].map((path) => hasPath(set, path)),
      [true, true, false, false, false],
    );
  });
  test('orders fields by name, keys and values by value', () => {
    const set = inOrder({
      'v:"b"': {},
      'k:{"containerPort":8080,"protocol":"TCP"}': {},
      'k:{"containerPort":443,"protocol":"UDP"}': {},
      'k:{"containerPort":443,"protocol":"TCP"}': {},
      'f:b': { 'f:z': {}, '.': {}, 'f:y': {} },
      'f:a': {},
      'v:9': {},
      'v:10': {},
    });
    assert.equal(
      JSON.stringify(set),
      '{"f:a":{},"f:b":{".":{},"f:y":{},"f:z":{}},"k:{\\"containerPort\\":443,\\"protocol\\":\\"TCP\\"}":{},"k:{\\"containerPort\\":443,\\"protocol\\":\\"UDP\\"}":{},"k:{\\"containerPort\\":8080,\\"protocol\\":\\"TCP\\"}":{},"v:9":{},"v:10":{},"v:\\"b\\"":{}}',
    );
  });
  test('prints paths as upstream does', () => {
    const set = {
      'f:spec': {
        'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:name': {} } },
        'f:finalizers': { 'v:"x"': {} },
        'i:2': {},
      },
    };
    assert.deepEqual(printPaths(set), [
      '.spec[2]',
      '.spec.finalizers[="x"]',
      '.spec.ports[containerPort=80,protocol="TCP"]',
      '.spec.ports[containerPort=80,protocol="TCP"].name',
    ]);
  });
  test('reads what others wrote in canonical form', () => {
    const sent = { 'f:b': {}, 'f:a': { 'k:{"b": 1, "a": "x"}': { '.': {} } }, '?:new': {} };
    assert.equal(JSON.stringify(readFieldSet(sent)), '{"f:a":{"k:{\\"a\\":\\"x\\",\\"b\\":1}":{".":{}}},"f:b":{}}');
  });
  for (const sent of [null, [], 'x', { 'f:a': 1 }, { 'k:x': {} }, { 'k:[]': {} }, { 'v:{}': {} }, { 'i:x': {} }, { x: {} }]) {
    test(`refuses ${JSON.stringify(sent)}`, () => assert.throws(() => readFieldSet(sent), SyntaxError));
  }
});
