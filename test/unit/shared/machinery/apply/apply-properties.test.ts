import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { UntypedObject } from '../../../../../shared/api/meta.ts';
import { compare, isSame } from '../../../../../shared/machinery/apply/compare.ts';
import { applyObject, trackUpdate, type Write } from '../../../../../shared/machinery/apply/field-manager.ts';
import {
  difference,
  type FieldSet,
  inOrder,
  intersection,
  isEmptySet,
  printPaths,
  readFieldSet,
  union,
} from '../../../../../shared/machinery/apply/field-set.ts';
import type { ManagedFieldsEntry } from '../../../../../shared/machinery/apply/managed-fields.ts';
import { shapeOfObject } from '../../../../../shared/machinery/apply/schema-shape.ts';
import { isHollow } from '../../../../../shared/machinery/apply/shape.ts';
import { toFieldSet } from '../../../../../shared/machinery/apply/to-field-set.ts';

const shape = shapeOfObject('io.k8s.api.apps.v1.Deployment');
const WRITE = {
  shape,
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  subresource: '',
  ignored: { 'f:status': {} },
  now: 0,
  nothing: { metadata: {} } as unknown as UntypedObject,
} satisfies Omit<Write, 'manager' | 'live'>;

const few = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });
const labels = fc.dictionary(fc.constantFrom('a', 'b', '__proto__', 'constructor'), fc.constantFrom('1', '2'), { minKeys: 1, maxKeys: 3 });
const byName = <T extends object>(fields: fc.Arbitrary<T>) =>
  fc
    .uniqueArray(fc.record({ name: fc.constantFrom('x', 'y', 'z'), fields }), { selector: ({ name }) => name, maxLength: 3, minLength: 1 })
    .map((list) => list.map(({ name, fields: rest }) => ({ name, ...rest })));
const container = fc.record(
  { image: fc.constantFrom('i:1', 'i:2'), env: byName(fc.record({ value: fc.constantFrom('1', '2') })) },
  { requiredKeys: [] },
);
const config = fc
  .record({
    labels: few(labels),
    finalizers: few(fc.uniqueArray(fc.constantFrom('f/1', 'f/2'), { minLength: 1 })),
    spec: fc.record(
      {
        replicas: fc.integer({ min: 0, max: 2 }),
        paused: fc.boolean(),
        selector: fc.record({ matchLabels: labels }),
        template: fc.record({ spec: fc.record({ containers: byName(container), nodeSelector: labels }, { requiredKeys: ['containers'] }) }),
      },
      { requiredKeys: ['replicas'] },
    ),
  })
  .map(
    ({ spec, ...metadata }) =>
      JSON.parse(
        JSON.stringify({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd', ...metadata }, spec }),
      ) as UntypedObject,
  );
const step = fc.record({ manager: fc.constantFrom('one', 'two', 'kubectl'), how: fc.constantFrom('apply', 'update'), config });

/** What a server answers and keeps. */
function live(object: UntypedObject, managedFields: ManagedFieldsEntry[] | undefined): UntypedObject {
  const { managedFields: _old, ...metadata } = object.metadata;
  const kept = { ...object, metadata: { ...metadata, uid: 'u', ...(managedFields && { managedFields }) } };
  return JSON.parse(JSON.stringify(kept)) as UntypedObject;
}

function apply(manager: string, current: UntypedObject | undefined, wanted: UntypedObject): UntypedObject {
  const { object, managedFields } = applyObject({ ...WRITE, manager, live: current, config: wanted, force: true });
  return live(object, managedFields);
}

const history = fc.array(step, { minLength: 1, maxLength: 5 }).map((steps) => {
  let current: UntypedObject | undefined;
  for (const { manager, how, config: wanted } of steps) {
    if (how === 'apply') current = apply(manager, current, wanted);
    else
      current = live(
        wanted,
        trackUpdate(
          { ...WRITE, manager, live: current },
          current === undefined ? wanted : { ...wanted, metadata: { ...wanted.metadata, uid: 'u' } },
        ),
      );
  }
  return current as UntypedObject;
});

const fieldsOf = ({ fieldsV1 }: ManagedFieldsEntry): FieldSet => fieldsV1 as FieldSet;
const tracked = (object: UntypedObject): unknown => ({ ...object, metadata: { ...object.metadata, managedFields: undefined } });
/** Without nulls and empty objects, as decoding leaves it. */
function withoutHollow(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutHollow);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, withoutHollow(inner)] as const);
  return Object.fromEntries(entries.filter(([, inner]) => inner !== undefined && !isHollow(inner)));
}
const RUNS = { numRuns: 150 };

describe('server-side apply', () => {
  test('is idempotent', () => {
    fc.assert(
      fc.property(history, config, (current, wanted) => {
        const once = apply('one', current, wanted);
        assert.deepEqual(apply('one', once, wanted), once);
      }),
      RUNS,
    );
  });
  test('makes an object that contains the configuration', () => {
    fc.assert(
      fc.property(history, config, (current, wanted) => {
        const applied = apply('one', current, wanted);
        const { modified, removed } = compare(shape, withoutHollow(wanted), withoutHollow(tracked(applied)));
        const said = toFieldSet(shape, withoutHollow(wanted));
        assert.ok(
          isEmptySet(intersection(said, union(modified, removed))),
          printPaths(intersection(said, union(modified, removed))).join(),
        );
      }),
      RUNS,
    );
  });
  test('keeps what others own and the configuration does not name', () => {
    fc.assert(
      fc.property(history, config, (current, wanted) => {
        const applied = apply('one', current, wanted);
        const others = (applied.metadata.managedFields ?? []).filter(({ manager }) => manager !== 'one').map(fieldsOf);
        const { removed } = compare(shape, tracked(current), tracked(applied));
        for (const fields of others) assert.ok(isEmptySet(intersection(fields, removed)));
      }),
      RUNS,
    );
  });
  test('only lets those own a field together who want the same', () => {
    fc.assert(
      fc.property(history, fc.constantFrom('one', 'two'), config, (current, manager, wanted) => {
        const applied = apply(manager, current, wanted);
        const { modified } = compare(shape, tracked(current), tracked(applied));
        for (const entry of applied.metadata.managedFields ?? []) {
          if (entry.manager !== manager || entry.operation !== 'Apply') assert.ok(isEmptySet(intersection(fieldsOf(entry), modified)));
        }
      }),
      RUNS,
    );
  });
  test('gives owners only fields that are there', () => {
    fc.assert(
      fc.property(history, (current) => {
        const { added } = compare(shape, { metadata: {} }, tracked(current));
        const all = union(added, toFieldSet(shape, tracked(current)));
        for (const entry of current.metadata.managedFields ?? []) {
          const strange = difference(fieldsOf(entry), union(all, { 'f:spec': {} }));
          assert.deepEqual(printPaths(strange), []);
        }
      }),
      RUNS,
    );
  });
  test('writes sets that read back as they are', () => {
    fc.assert(
      fc.property(history, (current) => {
        for (const entry of current.metadata.managedFields ?? []) {
          assert.equal(JSON.stringify(readFieldSet(entry.fieldsV1)), JSON.stringify(entry.fieldsV1));
          assert.equal(inOrder(fieldsOf(entry)), fieldsOf(entry));
        }
      }),
      RUNS,
    );
  });
});

describe('compare', () => {
  test('finds nothing between equals, and the same both ways round', () => {
    fc.assert(
      fc.property(config, config, (a, b) => {
        assert.ok(isSame(compare(shape, a, structuredClone(a))));
        const [there, back] = [compare(shape, a, b), compare(shape, b, a)];
        assert.deepEqual(there.added, back.removed);
        assert.deepEqual(inOrder(there.modified), inOrder(back.modified));
      }),
      RUNS,
    );
  });
});
