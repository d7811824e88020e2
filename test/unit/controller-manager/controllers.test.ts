import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CONTROLLERS, enabledControllers } from '../../../controller-manager/controllers.ts';

describe('enabledControllers', () => {
  const all = Object.keys(CONTROLLERS);
  const cases = [
    { name: 'is all for *', wanted: ['*'], want: all },
    {
      name: 'is all but those with a dash',
      wanted: ['*', '-namespace-controller'],
      want: all.filter((name) => name !== 'namespace-controller'),
    },
    {
      name: 'is those named, in the order of the table',
      wanted: ['replicaset-controller', 'deployment-controller'],
      want: ['deployment-controller', 'replicaset-controller'],
    },
  ];
  for (const { name, wanted, want } of cases) test(name, () => assert.deepEqual(enabledControllers(wanted), want));

  test('refuses a name that does not exist', () => {
    assert.throws(() => enabledControllers(['*', '-nonsense']), { message: '"nonsense" is not in the list of known controllers' });
  });
});
