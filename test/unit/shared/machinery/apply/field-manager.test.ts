import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { UntypedObject } from '../../../../../shared/api/meta.ts';
import type { ApiError } from '../../../../../shared/machinery/api-error.ts';
import { applyObject, trackUpdate, type Write } from '../../../../../shared/machinery/apply/field-manager.ts';
import type { ManagedFieldsEntry } from '../../../../../shared/machinery/apply/managed-fields.ts';
import { shapeOfObject } from '../../../../../shared/machinery/apply/schema-shape.ts';

const DEPLOYMENT: Write = {
  shape: shapeOfObject('io.k8s.api.apps.v1.Deployment'),
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  manager: 'one',
  subresource: '',
  ignored: { 'f:status': {} },
  now: Date.parse('2026-01-01T00:00:00Z'),
  live: undefined,
  nothing: { metadata: {} } as unknown as UntypedObject,
};
/** A Deployment as Go writes it when nothing is set. */
const NOTHING = {
  metadata: {},
  spec: { selector: null, template: { metadata: {}, spec: { containers: null } }, strategy: {} },
  status: {},
} as unknown as UntypedObject;
const LATER = { now: Date.parse('2026-01-01T00:01:00Z') };

type Json = Record<string, unknown>;

const deployment = (spec: Json, metadata: Json = {}): UntypedObject =>
  ({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd', ...metadata }, spec }) as unknown as UntypedObject;
const containers = (...list: Json[]): Json => ({ template: { spec: { containers: list } } });

/** Like a server: the answer becomes the live object. */
class Cluster {
  live: UntypedObject | undefined;
  #write(options: Partial<Write>): Write {
    return { ...DEPLOYMENT, live: this.live, ...options };
  }
  apply(manager: string, config: UntypedObject, options: Partial<Write> & { force?: boolean } = {}): UntypedObject {
    const { object, managedFields } = applyObject({ ...this.#write({ manager, ...options }), config, force: options.force === true });
    return this.#keep(object, managedFields);
  }
  update(manager: string, change: (object: UntypedObject) => void, options: Partial<Write> = {}): UntypedObject {
    const updated = structuredClone(this.live) ?? deployment({});
    change(updated);
    return this.#keep(updated, trackUpdate(this.#write({ manager, ...options }), updated));
  }
  #keep(object: UntypedObject, managedFields: ManagedFieldsEntry[] | undefined): UntypedObject {
    const { managedFields: _old, ...metadata } = structuredClone(object.metadata);
    this.live = {
      ...structuredClone(object),
      metadata: { ...metadata, uid: 'u', ...(managedFields && { managedFields }) },
    } as UntypedObject;
    return this.live;
  }
  spec(): Json {
    return this.live?.spec as Json;
  }
  owners(): Record<string, unknown> {
    return Object.fromEntries(
      (this.live?.metadata.managedFields ?? []).map(({ manager = '', operation, subresource, fieldsV1 }) => [
        `${manager} ${operation}${subresource === undefined ? '' : ` ${subresource}`}`,
        fieldsV1,
      ]),
    );
  }
}

const errorOf = (run: () => unknown): ApiError => {
  try {
    run();
  } catch (error) {
    return error as ApiError;
  }
  throw new assert.AssertionError({ message: 'nothing was thrown' });
};
const replicas = (count: number) => (object: UntypedObject) => {
  (object.spec as Json)['replicas'] = count;
};
const A = 'k:{"name":"a"}';

describe('applyObject', () => {
  test('makes the applier own what its configuration says', () => {
    const cluster = new Cluster();
    cluster.apply('one', deployment({ replicas: 1, ...containers({ name: 'a', ports: [{ containerPort: 80 }] }) }, { labels: { l: 'x' } }));
    assert.deepEqual(cluster.live?.metadata.managedFields, [
      {
        manager: 'one',
        operation: 'Apply',
        apiVersion: 'apps/v1',
        time: '2026-01-01T00:00:00Z',
        fieldsType: 'FieldsV1',
        fieldsV1: {
          'f:metadata': { 'f:labels': { 'f:l': {} } },
          'f:spec': {
            'f:replicas': {},
            'f:template': {
              'f:spec': {
                'f:containers': {
                  [A]: {
                    '.': {},
                    'f:name': {},
                    'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} } },
                  },
                },
              },
            },
          },
        },
      },
    ]);
  });
  test('changes nothing, not even times, when it is repeated', () => {
    const cluster = new Cluster();
    const config = deployment({ replicas: 1, ...containers({ name: 'a', image: 'a:1' }) });
    const before = structuredClone(cluster.apply('one', config));
    assert.deepEqual(cluster.apply('one', config, LATER), before);
  });
  test('merges lists by key and keeps what others own in an item', () => {
    const cluster = new Cluster();
    cluster.apply('one', deployment(containers({ name: 'a', image: 'a:1' }, { name: 'b', image: 'b:1' })));
    cluster.apply('two', deployment({ replicas: 3, ...containers({ name: 'a', env: [{ name: 'X', value: '1' }] }) }));
    cluster.apply('one', deployment(containers({ name: 'a', image: 'a:1' })));
    assert.deepEqual(cluster.spec(), { replicas: 3, ...containers({ name: 'a', image: 'a:1', env: [{ name: 'X', value: '1' }] }) });
  });
  test('removes fields given up, and the structs around them stay', () => {
    const cluster = new Cluster();
    cluster.apply('one', deployment({ replicas: 1, paused: true, ...containers({ name: 'a' }) }, { labels: { a: '1', b: '2' } }));
    cluster.apply('one', deployment({ replicas: 1, ...containers({ name: 'a' }) }, { labels: { a: '1' } }));
    assert.deepEqual(cluster.spec(), { replicas: 1, ...containers({ name: 'a' }) });
    assert.deepEqual(cluster.live?.metadata.labels, { a: '1' });
  });
  test('never removes the metadata', () => {
    const cluster = new Cluster();
    cluster.apply('one', deployment({ replicas: 1 }, { finalizers: ['f/1'] }));
    cluster.apply('one', deployment({ replicas: 1 }));
    assert.deepEqual([cluster.live?.metadata.name, cluster.live?.metadata.finalizers], ['d', undefined]);
  });
  test('keeps what it gives up but another applier shares', () => {
    const cluster = new Cluster();
    cluster.apply('one', deployment({ replicas: 1, paused: true }));
    cluster.apply('two', deployment({ replicas: 1 }));
    cluster.apply('one', deployment({ paused: true }));
    assert.deepEqual(cluster.spec(), { replicas: 1, paused: true });
    assert.deepEqual(cluster.owners(), {
      'one Apply': { 'f:spec': { 'f:paused': {} } },
      'two Apply': { 'f:spec': { 'f:replicas': {} } },
    });
  });
  test('keeps defaults, which nobody owns', () => {
    const cluster = new Cluster();
    cluster.apply('one', deployment({ paused: true }));
    (cluster.live?.spec as Json)['revisionHistoryLimit'] = 10;
    cluster.apply('one', deployment({ minReadySeconds: 3 }));
    assert.deepEqual(cluster.spec(), { revisionHistoryLimit: 10, minReadySeconds: 3 });
  });
  test('puts new items at their place in the applied order', () => {
    const cluster = new Cluster();
    cluster.apply('one', deployment(containers({ name: 'a' }, { name: 'c' })));
    cluster.apply('two', deployment(containers({ name: 'b' }, { name: 'c' })));
    cluster.apply('three', deployment(containers({ name: 'c' }, { name: 'a' })));
    const { template } = cluster.spec() as { template: { spec: { containers: { name: string }[] } } };
    assert.deepEqual(
      template.spec.containers.map(({ name }) => name),
      ['b', 'c', 'a'],
    );
  });
  test('says one conflict in one line', () => {
    const cluster = new Cluster();
    cluster.apply('one', deployment(containers({ name: 'a', image: 'a:1' })));
    const { status } = errorOf(() => cluster.apply('two', deployment(containers({ name: 'a', image: 'a:2' }))));
    assert.deepEqual([status.code, status.reason], [409, 'Conflict']);
    assert.equal(status.message, 'Apply failed with 1 conflict: conflict with "one": .spec.template.spec.containers[name="a"].image');
    assert.deepEqual(status.details?.causes, [
      { reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.spec.template.spec.containers[name="a"].image' },
    ]);
  });
  test('lists several conflicts by owner', () => {
    const cluster = new Cluster();
    cluster.apply('one', deployment({ paused: true, replicas: 1 }));
    cluster.update('edit', replicas(7));
    cluster.update('ctl', (object) => Object.assign(object, { status: { replicas: 1 } }), {
      subresource: 'status',
      ignored: { 'f:spec': {} },
    });
    const { status } = errorOf(() => cluster.apply('two', deployment({ paused: false, replicas: 3 })));
    assert.equal(
      status.message,
      'Apply failed with 2 conflicts: conflicts with "edit" using apps/v1:\n- .spec.replicas\nconflicts with "one":\n- .spec.paused',
    );
    const inStatus = errorOf(() =>
      cluster.apply('two', { ...deployment({}), status: { replicas: 2 } }, { subresource: 'status', ignored: { 'f:spec': {} } }),
    );
    assert.equal(
      inStatus.message,
      'Apply failed with 1 conflict: conflict with "ctl" with subresource "status" using apps/v1: .status.replicas',
    );
  });
  test('takes fields over by force', () => {
    const cluster = new Cluster();
    cluster.apply('one', deployment({ paused: true, replicas: 1 }));
    cluster.apply('two', deployment({ replicas: 3 }), { force: true });
    assert.equal(cluster.spec()['replicas'], 3);
    assert.deepEqual(cluster.owners(), { 'one Apply': { 'f:spec': { 'f:paused': {} } }, 'two Apply': { 'f:spec': { 'f:replicas': {} } } });
  });
  test('drops owners that have nothing left', () => {
    const cluster = new Cluster();
    cluster.apply('one', deployment({ replicas: 1 }));
    cluster.apply('two', deployment({ replicas: 3 }), { force: true });
    assert.deepEqual(Object.keys(cluster.owners()), ['two Apply']);
    cluster.apply('two', deployment({}));
    assert.deepEqual(cluster.owners(), { 'two Apply': { 'f:spec': {} } });
  });
  test('does not own the status through the object itself, nor the spec through the status', () => {
    const cluster = new Cluster();
    cluster.apply('one', { ...deployment({ replicas: 1 }), status: { replicas: 1 } });
    cluster.apply(
      'two',
      { ...deployment({ paused: true }), status: { replicas: 1 } },
      { subresource: 'status', ignored: { 'f:spec': {} } },
    );
    assert.deepEqual(cluster.owners(), {
      'one Apply': { 'f:spec': { 'f:replicas': {} } },
      'two Apply status': { 'f:status': { 'f:replicas': {} } },
    });
  });
  test('finds an owner for what was there before owners were tracked', () => {
    const cluster = new Cluster();
    cluster.live = deployment({ replicas: 1 }, { uid: 'u' });
    const { message } = errorOf(() => cluster.apply('one', deployment({ replicas: 2 })));
    assert.equal(message, 'Apply failed with 1 conflict: conflict with "before-first-apply" using apps/v1: .spec.replicas');
  });

  const SUBJECT = 'failed to create typed patch object (/d; apps/v1, Kind=Deployment): ';
  const refused: { name: string; config: UntypedObject; code: number; message: string }[] = [
    { name: 'another version', config: { ...deployment({}), apiVersion: 'apps/v2' }, code: 400, message: 'invalid object type: apps/v2, Kind=Deployment' },
    { name: 'managedFields', config: deployment({}, { managedFields: [] }), code: 400, message: 'metadata.managedFields must be nil' },
    { name: 'an unknown field', config: deployment({ foo: 1 }), code: 500, message: `${SUBJECT}.spec.foo: field not declared in schema` },
    { name: 'a wrong scalar', config: deployment({ replicas: '1' }), code: 500, message: `${SUBJECT}.spec.replicas: expected numeric (int or float), got &value.valueUnstructured{Value:"1"}` },
    { name: 'an item without key', config: deployment({ template: { spec: { volumes: [null] } } }), code: 500, message: `${SUBJECT}.spec.template.spec.volumes: element 0: associative list with keys may not have a null element` },
    { name: 'several errors', config: deployment({ foo: 1, ...containers({ name: 'a' }, { name: 'a' }) }), code: 500, message: `${SUBJECT}errors:\n  .spec.foo: field not declared in schema\n  .spec.template.spec.containers: duplicate entries for key [name="a"]` },
  ]; // biome-ignore format: a table
  for (const { name, config, code, message } of refused) {
    test(`refuses ${name}`, () => {
      const error = errorOf(() => new Cluster().apply('one', config));
      assert.deepEqual([error.code, error.message], [code, message]);
    });
  }
});

describe('client-side apply', () => {
  const clientSide = (cluster: Cluster, applied: UntypedObject): void => {
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(applied) };
    cluster.update('kubectl-client-side-apply', (object) =>
      Object.assign(object, structuredClone(applied), { metadata: { ...applied.metadata, annotations } }),
    );
  };
  test('gives way to server-side apply by kubectl, which keeps its annotation', () => {
    const cluster = new Cluster();
    clientSide(cluster, deployment({ replicas: 1 }));
    cluster.apply('kubectl', deployment({ replicas: 2 }));
    assert.equal(cluster.spec()['replicas'], 2);
    assert.equal(
      cluster.live?.metadata.annotations?.['kubectl.kubernetes.io/last-applied-configuration'],
      '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d"},"spec":{"replicas":2}}\n',
    );
  });
  test('does not give way to other appliers', () => {
    const cluster = new Cluster();
    clientSide(cluster, deployment({ replicas: 1 }));
    const { message } = errorOf(() => cluster.apply('argo', deployment({ replicas: 2 })));
    assert.equal(message, 'Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using apps/v1: .spec.replicas');
  });
  test('gives only what nobody has changed since', () => {
    const cluster = new Cluster();
    clientSide(cluster, deployment({ replicas: 1, paused: true }));
    cluster.update('edit', replicas(5));
    const { message } = errorOf(() => cluster.apply('kubectl', deployment({ replicas: 2, paused: false })));
    assert.equal(message, 'Apply failed with 1 conflict: conflict with "edit" using apps/v1: .spec.replicas');
  });
});

describe('trackUpdate', () => {
  test('makes a creator own all it set, as upstream shows it', () => {
    const cluster = new Cluster();
    const spec = { replicas: 1, strategy: { rollingUpdate: { maxSurge: 1 } }, ...containers({ name: 'a', resources: {} }) };
    const created = deployment(spec, { labels: { l: 'x' } });
    cluster.update('create', (object) => Object.assign(object, created), { nothing: NOTHING });
    assert.deepEqual(cluster.owners(), {
      'create Update': {
        'f:metadata': { 'f:labels': { '.': {}, 'f:l': {} } },
        'f:spec': {
          'f:replicas': {},
          'f:strategy': { 'f:rollingUpdate': { '.': {}, 'f:maxSurge': {} } },
          'f:template': { 'f:spec': { 'f:containers': { [A]: { '.': {}, 'f:name': {}, 'f:resources': {} } } } },
        },
      },
    });
  });
  test('moves what is changed, and only the changer gets a new time', () => {
    const cluster = new Cluster();
    cluster.apply('one', deployment({ replicas: 1, paused: true }));
    cluster.update('edit', replicas(2), LATER);
    assert.deepEqual(
      cluster.live?.metadata.managedFields?.map(({ manager, time }) => [manager, time]),
      [
        ['one', '2026-01-01T00:00:00Z'],
        ['edit', '2026-01-01T00:01:00Z'],
      ],
    );
    assert.deepEqual(cluster.owners(), {
      'one Apply': { 'f:spec': { 'f:paused': {} } },
      'edit Update': { 'f:spec': { 'f:replicas': {} } },
    });
  });
  test('takes removed fields from everybody', () => {
    const cluster = new Cluster();
    cluster.apply('one', deployment({ replicas: 1, paused: true }));
    cluster.update('edit', (object) => delete (object.spec as Json)['paused']);
    assert.deepEqual(cluster.owners(), { 'one Apply': { 'f:spec': { 'f:replicas': {} } } });
  });
  test('leaves the entries as they are when nothing changed', () => {
    const cluster = new Cluster();
    cluster.apply('one', deployment({ replicas: 1 }));
    const entries = cluster.live?.metadata.managedFields;
    const updated = structuredClone(cluster.live) as UntypedObject;
    assert.equal(trackUpdate({ ...DEPLOYMENT, ...LATER, live: cluster.live }, updated), entries);
  });
  const sent: { name: string; entries: unknown; want: string[] }[] = [
    { name: 'ends the tracking for [{}]', entries: [{}], want: [] },
    { name: 'ends the tracking for []', entries: [], want: [] },
    { name: 'keeps the live entries when they are left out', entries: undefined, want: ['one Apply'] },
    { name: 'keeps the live entries for what cannot be read', entries: [{ manager: 'x', operation: 'Steal', apiVersion: 'apps/v1', fieldsType: 'FieldsV1' }], want: ['one Apply'] },
    { name: 'takes entries that are sent', entries: [{ manager: 'x', operation: 'Update', apiVersion: 'apps/v1', fieldsType: 'FieldsV1', fieldsV1: { 'f:spec': { 'f:replicas': {} } } }], want: ['x Update'] },
  ]; // biome-ignore format: a table
  for (const { name, entries, want } of sent) {
    test(name, () => {
      const cluster = new Cluster();
      cluster.apply('one', deployment({ replicas: 1 }));
      cluster.update('edit', (object) => {
        object.metadata.managedFields = entries as ManagedFieldsEntry[];
      });
      assert.deepEqual(Object.keys(cluster.owners()), want);
    });
  }
  test('does not track again before the next apply', () => {
    const cluster = new Cluster();
    cluster.update('create', replicas(1));
    cluster.update('edit', (object) => {
      object.metadata.managedFields = [{}];
    });
    cluster.update('edit', replicas(2));
    assert.deepEqual(cluster.owners(), {});
    cluster.apply('one', deployment({ paused: true }));
    assert.deepEqual(Object.keys(cluster.owners()), ['one Apply', 'before-first-apply Update']);
  });
  test('puts the oldest updaters together beyond ten', () => {
    const cluster = new Cluster();
    cluster.update('m00', replicas(1));
    for (let i = 1; i < 12; i++) {
      const manager = `m${String(i).padStart(2, '0')}`;
      cluster.update(manager, (object) => Object.assign(object.metadata, { labels: { ...object.metadata.labels, [manager]: 'x' } }), { now: DEPLOYMENT.now + i * 1000 });
    }
    assert.equal(Object.keys(cluster.owners()).length, 10);
    assert.deepEqual(cluster.owners()['ancient-changes Update'], {
      'f:metadata': { 'f:labels': { '.': {}, 'f:m01': {}, 'f:m02': {} } },
      'f:spec': { '.': {}, 'f:replicas': {} },
    });
  }); // biome-ignore format: short
});
