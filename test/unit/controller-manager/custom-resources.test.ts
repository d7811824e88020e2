import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { customResource, deletableResources } from '../../../controller-manager/custom-resources.ts';
import type { CustomResourceDefinition } from '../../../shared/api/generated/apiextensions-v1.ts';
import { at } from './objects.ts';

const version = (name: string, served: boolean, storage: boolean) => ({ name, served, storage });
const definition = (established: 'True' | 'False', versions: ReturnType<typeof version>[]): CustomResourceDefinition => ({
  metadata: { name: 'widgets.example.com', uid: 'w', resourceVersion: '1', creationTimestamp: at(0) },
  spec: { group: 'example.com', scope: 'Namespaced', names: { plural: 'widgets', kind: 'Widget' }, versions },
  status: {
    acceptedNames: { plural: 'widgets', kind: 'Widget' },
    conditions: [{ type: 'Established', status: established, lastTransitionTime: at(0) }],
    storedVersions: [],
  },
});

describe('customResource', () => {
  const cases = [
    { name: 'takes the storage version', of: definition('True', [version('v1', true, false), version('v2', true, true)]), want: 'v2' },
    {
      name: 'takes a served version where the stored one is not',
      of: definition('True', [version('v1', true, false), version('v2', false, true)]),
      want: 'v1',
    },
    { name: 'is nothing while no version is served', of: definition('True', [version('v1', false, true)]), want: undefined },
    { name: 'is nothing until the definition is established', of: definition('False', [version('v1', true, true)]), want: undefined },
  ];
  for (const { name, of, want } of cases) test(name, () => assert.equal(customResource(of)?.version, want));

  test('is addressed by its group and plural', () => {
    const { id, group, kind, listKind, namespaced } =
      customResource(definition('True', [version('v1', true, true)])) ?? assert.fail('no resource');
    assert.deepEqual(
      { id, group, kind, listKind, namespaced },
      { id: 'widgets.example.com', group: 'example.com', kind: 'Widget', listKind: 'WidgetList', namespaced: true },
    );
  });
});

test('deletableResources has what can have owners, and no events', () => {
  const ids = deletableResources().map(({ id }) => id);
  for (const id of ['pods', 'replicasets', 'endpointslices', 'leases', 'nodes', 'namespaces']) assert.ok(ids.includes(id), id);
  for (const id of ['events', 'events.events.k8s.io', 'bindings', 'componentstatuses', 'tokenreviews']) assert.ok(!ids.includes(id), id);
});
