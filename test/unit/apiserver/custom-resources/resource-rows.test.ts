import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { deprecationWarning, resourceRows, servedVersions } from '../../../../apiserver/custom-resources/resource-rows.ts';
import { definition } from './definitions.ts';

const schema = { openAPIV3Schema: { type: 'object' } };
const versions = [
  {
    name: 'v1',
    served: true,
    storage: true,
    schema,
    subresources: { status: {}, scale: { specReplicasPath: '.spec.n', statusReplicasPath: '.status.n' } },
  },
  { name: 'v1beta2', served: true, storage: false, deprecated: true, schema },
  { name: 'v1beta1', served: true, storage: false, deprecated: true, deprecationWarning: 'old', schema },
  { name: 'v1alpha1', served: false, storage: false, schema },
];
const accepted = { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList', shortNames: ['w'], categories: ['all'] };
const made = definition({ versions, status: { acceptedNames: accepted, storedVersions: ['v1'] } });

describe('resourceRows', () => {
  test('makes a row for each served version', () => {
    const rows = resourceRows(made);
    assert.deepEqual(
      rows.map(({ id, subresources }) => [id, Object.keys(subresources)]),
      [
        ['widgets.v1.example.com', ['status', 'scale']],
        ['widgets.v1beta2.example.com', []],
        ['widgets.v1beta1.example.com', []],
      ],
    );
    assert.deepEqual(rows[1], {
      id: 'widgets.v1beta2.example.com',
      group: 'example.com',
      version: 'v1beta2',
      kind: 'Widget',
      plural: 'widgets',
      singular: 'widget',
      namespaced: true,
      shortNames: ['w'],
      categories: ['all'],
      listKind: 'WidgetList',
      verbs: ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'],
      subresources: {},
      type: '',
    });
  });
});

describe('deprecationWarning', () => {
  test('points to the newest version that is not deprecated', () => {
    assert.deepEqual(
      servedVersions(made).map((version) => deprecationWarning(made, version)),
      [undefined, 'example.com/v1beta2 Widget is deprecated; use example.com/v1 Widget', 'old'],
    );
  });
});
