import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { currentSetAnnotations, revisionOf } from '../../../../controller-manager/deployment/revision.ts';
import { deployment, replicaSet } from '../objects.ts';

const PREFIX = 'deployment.kubernetes.io';
const plain = deployment(
  3,
  {},
  { metadata: { annotations: { team: 'a', [`${PREFIX}/revision`]: '7', 'kubectl.kubernetes.io/last-applied-configuration': '{}' } } },
);

describe('currentSetAnnotations', () => {
  const cases = [
    {
      name: 'gives a new set the inherited annotations, its revision and the size of the deployment',
      existing: undefined,
      revision: 2,
      exists: false,
      want: { team: 'a', [`${PREFIX}/revision`]: '2', [`${PREFIX}/desired-replicas`]: '3', [`${PREFIX}/max-replicas`]: '4' },
    },
    {
      name: 'leaves a set that already has the newest revision',
      existing: { team: 'a', [`${PREFIX}/revision`]: '2' },
      revision: 2,
      exists: true,
      want: { team: 'a', [`${PREFIX}/revision`]: '2' },
    },
    {
      name: 'starts a history when the deployment returns to an older set',
      existing: { team: 'a', [`${PREFIX}/revision`]: '1' },
      revision: 3,
      exists: true,
      want: { team: 'a', [`${PREFIX}/revision`]: '3', [`${PREFIX}/revision-history`]: '1' },
    },
    {
      name: 'appends to the history when it returns again',
      existing: { team: 'a', [`${PREFIX}/revision`]: '3', [`${PREFIX}/revision-history`]: '1' },
      revision: 5,
      exists: true,
      want: { team: 'a', [`${PREFIX}/revision`]: '5', [`${PREFIX}/revision-history`]: '1,3' },
    },
    {
      name: 'never lowers a revision',
      existing: { team: 'a', [`${PREFIX}/revision`]: '9' },
      revision: 2,
      exists: true,
      want: { team: 'a', [`${PREFIX}/revision`]: '9' },
    },
  ];
  for (const { name, existing, revision, exists, want } of cases) {
    test(name, () => assert.deepEqual(currentSetAnnotations(plain, existing, revision, exists), want));
  }

  test('drops the oldest revisions from a history that gets too long', () => {
    const history = Array.from({ length: 500 }, (_, i) => String(1000 + i)).join(',');
    const annotations = currentSetAnnotations(
      plain,
      { [`${PREFIX}/revision`]: '1500', [`${PREFIX}/revision-history`]: history },
      1501,
      true,
    );
    const kept = annotations[`${PREFIX}/revision-history`] ?? '';
    assert.ok(kept.length <= 2000);
    assert.ok(kept.endsWith(',1499,1500'));
  });
});

test('revisionOf takes an unreadable revision as 0', () => {
  assert.equal(revisionOf(replicaSet('a', { revision: 4 })), 4);
  assert.equal(revisionOf(replicaSet('a')), 0);
  assert.equal(revisionOf(replicaSet('a', { annotations: { [`${PREFIX}/revision`]: 'x' } })), 0);
});
