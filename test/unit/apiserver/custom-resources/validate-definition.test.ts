import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  validateCustomResourceDefinition,
  validateCustomResourceDefinitionUpdate,
} from '../../../../apiserver/custom-resources/validate-definition.ts';
import { definition, type Parts, texts } from './definitions.ts';

const ROOT = 'spec.validation.openAPIV3Schema';
const inSpec = (field: object): object => ({ type: 'object', properties: { spec: { type: 'object', properties: { f: field } } } });
const F = `${ROOT}.properties[spec].properties[f]`;
const LABEL =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

describe('validateCustomResourceDefinition', () => {
  const cases: { name: string; parts: Parts; want: string[] }[] = [
    { name: 'accepts a plain definition', parts: {}, want: [] },
    {
      name: 'wants the name to be plural and group',
      parts: { metadata: { name: 'gadgets.example.com' } },
      want: ['metadata.name: Invalid value: "gadgets.example.com": must be spec.names.plural+"."+spec.group'],
    },
    {
      name: 'wants a group with a dot',
      parts: { spec: { group: 'example' }, metadata: { name: 'widgets.example' } },
      want: ['spec.group: Invalid value: "example": should be a domain with at least one dot'],
    },
    {
      name: 'knows two scopes',
      parts: { spec: { scope: 'World' } },
      want: ['spec.scope: Unsupported value: "World": supported values: "Cluster", "Namespaced"'],
    },
    {
      name: 'checks names',
      parts: { names: { singular: 'A_b', kind: 'W!', listKind: 'W!', shortNames: ['w', 'X'], categories: ['All'] } },
      want: [
        `spec.names.singular: Invalid value: "A_b": ${LABEL}`,
        `spec.names.kind: Invalid value: "W!": may have mixed case, but should otherwise match: ${LABEL}`,
        `spec.names.listKind: Invalid value: "W!": may have mixed case, but should otherwise match: ${LABEL}`,
        `spec.names.shortNames[1]: Invalid value: "X": ${LABEL}`,
        'spec.names.listKind: Invalid value: "W!": kind and listKind may not be the same',
        `spec.names.categories[0]: Invalid value: "All": ${LABEL}`,
      ],
    },
    {
      name: 'wants a schema',
      parts: { versions: [{ name: 'v1', served: true, storage: true }] },
      want: ['spec.versions[0].schema.openAPIV3Schema: Required value'],
    },
    {
      name: 'wants a structural schema',
      parts: { schema: { type: 'object', properties: { spec: { properties: { f: { type: 'array' } } } } } },
      want: [
        `${ROOT}.properties[spec].properties[f].items: Required value: must be specified`,
        `${ROOT}.properties[spec].type: Required value: must not be empty for specified object fields`,
      ],
    },
    {
      name: 'wants an object at the root',
      parts: { schema: { type: 'string' } },
      want: [`${ROOT}.type: Invalid value: "string": must be object at the root`],
    },
    {
      name: 'allows no structure in logical rules',
      parts: { schema: { type: 'object', anyOf: [{ properties: { a: { type: 'string', description: 'x' } } }] } },
      want: [
        `${ROOT}.anyOf[0].properties[a].description: Forbidden: must be empty to be structural`,
        `${ROOT}.anyOf[0].properties[a].type: Forbidden: must be empty to be structural`,
        `${ROOT}.properties[a]: Required value: because it is defined in ${ROOT}.anyOf[0].properties[a]`,
      ],
    },
    {
      name: 'accepts both forms of an int-or-string',
      parts: { schema: inSpec({ 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] }) },
      want: [],
    },
    {
      name: 'restricts nothing but names in the metadata',
      parts: { schema: { type: 'object', properties: { metadata: { type: 'object', properties: { labels: { type: 'object' } } } } } },
      want: [
        `${ROOT}.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified`,
      ],
    },
    {
      name: 'wants patterns that Go can read',
      parts: { schema: inSpec({ type: 'string', pattern: '(?=a)' }) },
      want: [
        `${F}.pattern: Invalid value: "(?=a)": must be a valid regular expression, but isn't: error parsing regexp: invalid or unsupported Perl syntax: \`(?=\``,
      ],
    },
    {
      name: 'refuses parts of OpenAPI that definitions do not have',
      parts: { schema: inSpec({ type: 'object', uniqueItems: true, patternProperties: { a: { type: 'string' } } }) },
      want: [
        `${F}.patternProperties: Forbidden: patternProperties is not supported`,
        `${F}.uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic`,
      ],
    },
    {
      name: 'checks the keys of a list of type map',
      parts: {
        schema: inSpec({
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name', 'port'],
          items: { type: 'object', properties: { name: { type: 'string' } } },
        }),
      },
      want: [
        `${F}.x-kubernetes-list-map-keys: Invalid value: ["name","port"]: entries must all be names of item properties`,
        `${F}.items.properties[name].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property`,
      ],
    },
    {
      name: 'checks defaults',
      parts: { schema: inSpec({ type: 'object', default: { a: 'x', b: 1 }, properties: { a: { type: 'integer' } } }) },
      want: [
        `${F}.default: Invalid value: {"a":"x","b":1}: must not have unknown fields`,
        `${F}.default.a: Invalid value: "string": a in body must be of type integer: "string"`,
      ],
    },
    {
      name: 'speaks of versions where they differ',
      parts: {
        versions: [
          { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } },
          { name: 'v2', served: true, storage: true, schema: { openAPIV3Schema: { type: 'string' } } },
        ],
        status: { storedVersions: ['v1', 'v2'] },
      },
      want: [
        'spec.versions[1].schema.openAPIV3Schema.type: Invalid value: "string": must be object at the root',
        'spec.versions: Invalid value: [{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object"}}},{"name":"v2","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"string"}}}]: must have exactly one version marked as storage version',
      ],
    },
    {
      name: 'checks printer columns',
      parts: { version: { additionalPrinterColumns: [{ name: 'A', type: 'text', jsonPath: 'spec.a' }] } },
      want: [
        'spec.additionalPrinterColumns[0].type: Invalid value: "text": must be one of boolean,date,integer,number,string',
        'spec.additionalPrinterColumns[0].JSONPath: Invalid value: "spec.a": must be a simple json path starting with .',
      ],
    },
    {
      name: 'checks the paths of scale',
      parts: { version: { subresources: { scale: { specReplicasPath: '.status.replicas', statusReplicasPath: '' } } } },
      want: [
        'spec.subresources.scale.specReplicasPath: Invalid value: ".status.replicas": should be a json path under .spec',
        'spec.subresources.scale.statusReplicasPath: Required value',
      ],
    },
    {
      name: 'checks selectable fields',
      parts: {
        schema: inSpec({ type: 'array', items: { type: 'string' } }),
        version: { selectableFields: [{ jsonPath: '.spec.f' }, { jsonPath: '.spec.g' }] },
      },
      want: [
        'spec.selectableFields[0].jsonPath: Invalid value: ".spec.f": must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
        'spec.selectableFields[1].jsonPath: Invalid value: ".spec.g": is an invalid path: does not refer to a valid field',
      ],
    },
    {
      name: 'checks the webhook of a conversion',
      parts: { spec: { conversion: { strategy: 'Webhook', webhook: { conversionReviewVersions: ['v9'], clientConfig: {} } } } },
      want: [
        'spec.conversion.webhookClientConfig: Required value: exactly one of url or service is required',
        'spec.conversion.conversionReviewVersions: Invalid value: ["v9"]: must include at least one of v1, v1beta1',
      ],
    },
    {
      name: 'wants consent for groups of the project',
      parts: { spec: { group: 'x.k8s.io' }, metadata: { name: 'widgets.x.k8s.io' } },
      want: [
        'metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111',
      ],
    },
  ];
  for (const { name, parts, want } of cases) {
    test(name, () => assert.deepEqual(texts(validateCustomResourceDefinition(definition(parts))), want));
  }
});

describe('validateCustomResourceDefinitionUpdate', () => {
  const established = { conditions: [{ type: 'Established', status: 'True', lastTransitionTime: null }], storedVersions: ['v1'] };
  test('keeps what names the resource', () => {
    const errors = validateCustomResourceDefinitionUpdate(
      definition({ names: { kind: 'Other' }, spec: { scope: 'Cluster' } }),
      definition({ status: established }),
    );
    assert.deepEqual(texts(errors), [
      'spec.scope: Invalid value: "Cluster": field is immutable',
      'spec.names.kind: Invalid value: "Other": field is immutable',
    ]);
  });
  test('keeps versions that objects are stored as', () => {
    const errors = validateCustomResourceDefinitionUpdate(definition({ status: { storedVersions: ['v0', 'v1'] } }), definition());
    assert.deepEqual(texts(errors), [
      'status.storedVersions[0]: Invalid value: "v0": missing from spec.versions; v0 was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in v0 and removes v0 from status.storedVersions',
    ]);
  });
});
