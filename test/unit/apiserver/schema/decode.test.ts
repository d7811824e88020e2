import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { decodeObject } from '../../../../apiserver/schema/decode.ts';
import { loadSchema } from '../../../../shared/api/schema/load-schema.ts';
import { ApiError } from '../../../../shared/machinery/api-error.ts';

const POD = 'io.k8s.api.core.v1.Pod';
const DEPLOYMENT = 'io.k8s.api.apps.v1.Deployment';

describe('decodeObject refuses', () => {
  const pod = (text: string): string => `Pod in version "v1" cannot be handled as a Pod: ${text}`;
  const cases = [
    { name: 'a body that is no object', type: POD, body: [], want: pod('json: cannot unmarshal array into Go value of type v1.Pod') },
    {
      name: 'text for a list',
      type: POD,
      body: { spec: { containers: 'x' } },
      want: pod('json: cannot unmarshal string into Go struct field PodSpec.spec.containers of type []v1.Container'),
    },
    {
      name: 'a number for text, deep inside',
      type: POD,
      body: { spec: { containers: [{ env: [{ name: 'A', value: 1 }] }] } },
      want: pod('json: cannot unmarshal number into Go struct field EnvVar.spec.containers.env.value of type string'),
    },
    {
      name: 'a number in a map of text',
      type: POD,
      body: { metadata: { labels: { a: 1 } } },
      want: pod('json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string'),
    },
    {
      name: 'a fraction for a whole number',
      type: POD,
      body: { spec: { containers: [{ ports: [{ containerPort: 1.5 }] }] } },
      want: pod('json: cannot unmarshal number 1.5 into Go struct field ContainerPort.spec.containers.ports.containerPort of type int32'),
    },
    {
      name: 'a number beyond int32',
      type: DEPLOYMENT,
      body: { spec: { replicas: 2 ** 31 } },
      want: 'Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal number 2147483648 into Go struct field DeploymentSpec.spec.replicas of type int32',
    },
    {
      name: 'a time that is none',
      type: POD,
      body: { metadata: { creationTimestamp: 'yesterday' } },
      want: pod('parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"'),
    },
    {
      name: 'a quantity that is none',
      type: POD,
      body: { spec: { containers: [{ resources: { limits: { cpu: 'much' } } }] } },
      want: pod("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"),
    },
    {
      name: 'base64 that is none',
      type: 'io.k8s.api.core.v1.Secret',
      body: { data: { a: 'not base64!' } },
      want: 'Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte 3',
    },
  ];
  for (const { name, type, body, want } of cases) {
    test(name, () => {
      assert.throws(
        () => decodeObject(type, body),
        (error) => error instanceof ApiError && error.code === 400 && error.message === want,
      );
    });
  }
});

describe('decodeObject reads', () => {
  const spec = (body: unknown): unknown => decodeObject(POD, { spec: body }).object['spec'];
  const cases = [
    {
      name: 'a zero that Go leaves out',
      body: { containers: [], hostNetwork: false, nodeName: '', nodeSelector: {} },
      want: { containers: [] },
    },
    {
      name: 'a zero behind a pointer',
      body: { containers: [], terminationGracePeriodSeconds: 0 },
      want: { containers: [], terminationGracePeriodSeconds: 0 },
    },
    { name: 'null as not there', body: { containers: null, volumes: null, nodeName: null }, want: { containers: null } },
    { name: 'null in a list as the zero value', body: { containers: [null] }, want: { containers: [{ name: '', resources: {} }] } },
    {
      name: 'quantities into their canonical form',
      body: { containers: [], overhead: { cpu: 0.5, memory: '1024Mi' } },
      want: { containers: [], overhead: { cpu: '500m', memory: '1Gi' } },
    },
  ];
  for (const { name, body, want } of cases) test(name, () => assert.deepEqual(spec(body), want));

  test('times in another zone as UTC', () => {
    const { object } = decodeObject(POD, { metadata: { creationTimestamp: '2024-01-31T12:00:00.5+02:00' } });
    assert.equal(object.metadata.creationTimestamp, '2024-01-31T10:00:00Z');
  });

  test('keys in schema order, maps sorted', () => {
    const { object } = decodeObject(POD, { spec: {}, metadata: { labels: { b: '1', a: '2' }, name: 'p' }, kind: 'Pod' });
    assert.equal(
      JSON.stringify(object),
      '{"kind":"Pod","metadata":{"name":"p","labels":{"a":"2","b":"1"}},"spec":{"containers":null},"status":{}}',
    );
  });

  test('no unknown field, but lists each with its path', () => {
    const body: unknown = JSON.parse(
      '{"__proto__":{"x":1},"spec":{"foo":1,"containers":[{"name":"c","bar":2}],"nodeSelector":{"__proto__":"y"}}}',
    );
    const { object, problems } = decodeObject(POD, body);
    assert.deepEqual(problems, ['unknown field "spec.containers[0].bar"', 'unknown field "spec.foo"', 'unknown field "__proto__"']);
    assert.equal(Object.getPrototypeOf(object), Object.prototype);
    assert.equal(JSON.stringify(object['spec']), '{"containers":[{"name":"c","resources":{}}],"nodeSelector":{"__proto__":"y"}}');
    assert.equal(({} as Record<string, unknown>)['x'], undefined);
  });

  test('whatever JSON there is without failing in another way', () => {
    const types = loadSchema()
      .kinds.filter(({ plural }) => plural !== undefined)
      .map(({ type }) => type);
    fc.assert(
      fc.property(fc.constantFrom(...types), bodies(), (type, body) => {
        try {
          const { object } = decodeObject(type, body);
          const known = loadSchema().types[type]?.fields ?? {};
          assert.ok(Object.keys(object).every((key) => Object.hasOwn(known, key)));
          assert.deepEqual(decodeObject(type, object).problems, []);
        } catch (error) {
          if (!(error instanceof ApiError)) throw error;
        }
      }),
      { numRuns: 300 },
    );
  });

  test('schemas nested beyond reason as bad input', () => {
    let schema: unknown = { type: 'object' };
    for (let i = 0; i < 3000; i++) schema = { not: schema };
    const type = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition';
    assert.throws(() => decodeObject(type, { spec: { versions: [{ schema: { openAPIV3Schema: schema } }] } }), ApiError);
  });
});

function bodies(): fc.Arbitrary<unknown> {
  const keys = [
    'metadata',
    'spec',
    'status',
    'data',
    'name',
    'labels',
    'containers',
    'ports',
    'port',
    'rules',
    'template',
    'selector',
    '__proto__',
    'toString',
  ];
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 5 },
      fc.jsonValue({ maxDepth: 1 }),
      fc.array(tie('tree'), { maxLength: 2 }),
      fc.dictionary(fc.constantFrom(...keys), tie('tree')),
    ),
  }));
  return tree;
}
