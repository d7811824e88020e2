import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Comparison, compare } from '../../../../../shared/machinery/apply/compare.ts';
import { shapeOfObject } from '../../../../../shared/machinery/apply/schema-shape.ts';
import { DEDUCED, type Shape } from '../../../../../shared/machinery/apply/shape.ts';

const POD = shapeOfObject('io.k8s.api.core.v1.Pod');
const SERVICE = shapeOfObject('io.k8s.api.core.v1.Service');

const nothing: Comparison = { added: {}, modified: {}, removed: {} };
const spec = (inner: object): object => ({ 'f:spec': inner });

describe('compare', () => {
  const cases: { name: string; shape: Shape; before: unknown; after: unknown; want: Partial<Comparison> }[] = [
    { name: 'finds a changed scalar', shape: POD, before: { spec: { nodeName: 'a' } }, after: { spec: { nodeName: 'b' } }, want: { modified: spec({ 'f:nodeName': {} }) as never } },
    { name: 'finds all paths of a part that came', shape: POD, before: { spec: { containers: null } }, after: { spec: { containers: [{ name: 'a', env: [] }] } }, want: { added: spec({ 'f:containers': { 'k:{"name":"a"}': { '.': {}, 'f:name': {}, 'f:env': {} } } }) as never } },
    { name: 'finds all paths of a part that went', shape: POD, before: { spec: { nodeSelector: { a: '1' } } }, after: { spec: {} }, want: { removed: spec({ 'f:nodeSelector': {} }) as never } },
    { name: 'takes an atomic map as one', shape: POD, before: { spec: { nodeSelector: { a: '1' } } }, after: { spec: { nodeSelector: { a: '2', b: '1' } } }, want: { modified: spec({ 'f:nodeSelector': {} }) as never } },
    { name: 'takes an atomic list as one', shape: POD, before: { spec: { tolerations: [] } }, after: { spec: { tolerations: [{ key: 'a' }] } }, want: { modified: spec({ 'f:tolerations': {} }) as never } },
    { name: 'tells absent, null and empty apart', shape: POD, before: { spec: { containers: null } }, after: { spec: { containers: [] } }, want: { modified: spec({ 'f:containers': {} }) as never } },
    { name: 'knows items by value in sets', shape: POD, before: { metadata: { finalizers: ['a', 'b'] } }, after: { metadata: { finalizers: ['c', 'a'] } }, want: { added: { 'f:metadata': { 'f:finalizers': { 'v:"c"': {} } } }, removed: { 'f:metadata': { 'f:finalizers': { 'v:"b"': {} } } } } },
    { name: 'does not see a new order', shape: POD, before: { spec: { containers: [{ name: 'a' }, { name: 'b' }] } }, after: { spec: { containers: [{ name: 'b' }, { name: 'a' }] } }, want: {} },
    { name: 'fills in defaults of keys', shape: SERVICE, before: { spec: { ports: [{ port: 80 }] } }, after: { spec: { ports: [{ port: 80, protocol: 'TCP' }] } }, want: { added: spec({ 'f:ports': { 'k:{"port":80,"protocol":"TCP"}': { 'f:protocol': {} } } }) as never } },
    { name: 'marks items that cannot be told apart', shape: POD, before: { spec: { volumes: [{ name: 'a' }] } }, after: { spec: { volumes: [{ name: 'a' }, { name: 'a', emptyDir: {} }] } }, want: { added: spec({ 'f:volumes': { 'k:{"name":"a"}': {} } }) as never, removed: spec({ 'f:volumes': { 'k:{"name":"a"}': { '.': {}, 'f:name': {} } } }) as never } },
    { name: 'goes by the values where there is no schema', shape: DEDUCED, before: { a: { b: 1, l: [1] } }, after: { a: { b: 2, l: [2], c: {} } }, want: { added: { 'f:a': { 'f:c': {} } }, modified: { 'f:a': { 'f:b': {}, 'f:l': {} } } } },
  ]; // biome-ignore format: a table
  for (const { name, shape, before, after, want } of cases) {
    test(name, () => assert.deepEqual(compare(shape, before, after), { ...nothing, ...want }));
  }
});
