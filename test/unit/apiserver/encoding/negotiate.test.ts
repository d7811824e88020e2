import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { negotiate } from '../../../../apiserver/encoding/negotiate.ts';

describe('negotiate', () => {
  const cases = [
    { accept: undefined, want: ['json', 'object'] },
    { accept: '*/*', want: ['json', 'object'] },
    { accept: 'application/yaml', want: ['yaml', 'object'] },
    { accept: 'application/vnd.kubernetes.protobuf, application/json', want: ['json', 'object'] },
    {
      accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json',
      want: ['json', 'Table'],
    },
    { accept: 'application/json;as=Table;v=v9;g=meta.k8s.io,application/json', want: ['json', 'object'] },
    { accept: 'application/json;q=0.5, application/yaml;q=0.9', want: ['yaml', 'object'] },
  ];
  for (const { accept, want } of cases) {
    test(`answers ${accept ?? 'no header'} with ${want.join(' ')}`, () => {
      const { format, as } = negotiate(accept);
      assert.deepEqual([format, as], want);
    });
  }
  for (const accept of [
    'image/png',
    'application/vnd.kubernetes.protobuf',
    'application/json;as=Thing;v=v1;g=meta.k8s.io',
    'application/json;q=0',
  ]) {
    test(`has nothing for ${accept}`, () => assert.throws(() => negotiate(accept), { code: 406 }));
  }
});
