import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { namespaceConditions } from '../../../../controller-manager/namespace/namespace-conditions.ts';
import { at, NOW } from '../objects.ts';

const bad = (report: Parameters<typeof namespaceConditions>[1]) =>
  namespaceConditions(undefined, report, NOW)
    .filter(({ status }) => status === 'True')
    .map(({ type, reason, message }) => [type, reason, message]);

describe('namespaceConditions', () => {
  const cases: { name: string; report: Parameters<typeof namespaceConditions>[1]; want: string[][] }[] = [
    { name: 'reports nothing bad once all is gone', report: { failures: [], remaining: [] }, want: [] },
    {
      name: 'counts what remains, and its finalizers',
      report: {
        failures: [],
        remaining: [
          { resource: 'pods', group: '', count: 2, finalizers: [] },
          { resource: 'widgets', group: 'example.com', count: 1, finalizers: ['example.com/f', 'example.com/f'] },
        ],
      },
      want: [
        [
          'NamespaceContentRemaining',
          'SomeResourcesRemain',
          'Some resources are remaining: pods. has 2 resource instances, widgets.example.com has 1 resource instances',
        ],
        [
          'NamespaceFinalizersRemaining',
          'SomeFinalizersRemain',
          'Some content in the namespace has finalizers remaining: example.com/f in 2 resource instances',
        ],
      ],
    },
    {
      name: 'lists deletions that failed',
      report: { failures: ['b', 'a'], remaining: [] },
      want: [['NamespaceDeletionContentFailure', 'ContentDeletionFailed', 'Failed to delete all resource types, 2 remaining: a, b']],
    },
  ];
  for (const { name, report, want } of cases) test(name, () => assert.deepEqual(bad(report), want));

  test('has upstream’s five types, in order, and keeps the time of what did not change', () => {
    const old = namespaceConditions(
      [{ type: 'Other', status: 'True', lastTransitionTime: at(99) }],
      { failures: [], remaining: [] },
      NOW - 60_000,
    );
    const now = namespaceConditions(old, { failures: [], remaining: [{ resource: 'pods', group: '', count: 1, finalizers: [] }] }, NOW);
    assert.deepEqual(
      now.map(({ type, lastTransitionTime }) => [type, lastTransitionTime]),
      [
        ['Other', at(99)],
        ['NamespaceDeletionDiscoveryFailure', at(60)],
        ['NamespaceDeletionGroupVersionParsingFailure', at(60)],
        ['NamespaceDeletionContentFailure', at(60)],
        ['NamespaceContentRemaining', at(0)],
        ['NamespaceFinalizersRemaining', at(60)],
      ],
    );
  });
});
