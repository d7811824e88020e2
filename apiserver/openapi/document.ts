import { groupVersion, type ResourceInfo } from '../../shared/api/scheme.ts';
import { KUBERNETES_VERSION } from '../../shared/component/version.ts';
import { definitionName, isBuiltIn, listDefinitionName } from './definition-name.ts';
import { type Dialect, definitionsOf, reference, type Schema, TYPE } from './definitions.ts';
import { type Operation, operationsOf, type Parameter } from './operations.ts';

/** The OpenAPI v3 schema of a custom resource, undefined if it has none. */
export type CustomSchema = (info: ResourceInfo) => Readonly<Schema> | undefined;

const JSON_TYPES = ['application/json', 'application/yaml'];
const PATCH_TYPES = ['application/apply-patch+yaml', 'application/json-patch+json', 'application/merge-patch+json'];
const STRATEGIC = 'application/strategic-merge-patch+json';
const INFO = { title: 'Kubernetes', version: KUBERNETES_VERSION };
const SECURITY = [{ BearerToken: [] }];
const SECURITY_SCHEME = {
  BearerToken: { description: 'Bearer Token authentication', in: 'header', name: 'authorization', type: 'apiKey' },
};

/** The OpenAPI 3 document of the resources of one group and version. */
export function documentV3(resources: readonly ResourceInfo[], customSchema: CustomSchema): object {
  return {
    openapi: '3.0.0',
    info: { title: INFO.title, version: INFO.version },
    paths: pathsOf(resources, 'v3'),
    components: { schemas: definitionsFor(resources, customSchema, 'v3'), securitySchemes: SECURITY_SCHEME },
    security: SECURITY,
  };
}

/** The OpenAPI 2 document of everything that is served. */
export function documentV2(resources: readonly ResourceInfo[], customSchema: CustomSchema): object {
  return {
    swagger: '2.0',
    info: INFO,
    paths: pathsOf(resources, 'v2'),
    definitions: definitionsFor(resources, customSchema, 'v2'),
    securityDefinitions: SECURITY_SCHEME,
    security: SECURITY,
  };
}

function definitionsFor(resources: readonly ResourceInfo[], customSchema: CustomSchema, dialect: Dialect): Record<string, Schema> {
  const operations = resources.flatMap(operationsOf);
  const types = new Set<string>([TYPE.status, TYPE.deleteOptions, TYPE.patch, TYPE.resourceList, TYPE.objectMeta, TYPE.listMeta]);
  for (const { body, answer } of operations) for (const type of [body, answer]) if (type !== undefined) types.add(type);
  const definitions = definitionsOf(types, dialect);
  for (const info of resources) {
    if (!isBuiltIn(info.type)) definitions[definitionName(info)] = customDefinition(info, customSchema(info), dialect);
    if (info.verbs.includes('list')) definitions[listDefinitionName(info)] ??= listDefinition(info, dialect);
  }
  return definitions;
}

function customDefinition({ group, version, kind }: ResourceInfo, schema: Readonly<Schema> = {}, dialect: Dialect): Schema {
  const published = dialect === 'v2' ? openApi2Schema(schema) : schema;
  const properties = {
    ...(published.properties as Schema | undefined),
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
    metadata: reference(TYPE.objectMeta, dialect),
  };
  return { type: 'object', ...published, properties, 'x-kubernetes-group-version-kind': [{ group, version, kind }] };
}

/** Lists are the same for all kinds, so that the schema does not have them. */
function listDefinition(info: ResourceInfo, dialect: Dialect): Schema {
  const { group, version, listKind } = info;
  return {
    type: 'object',
    required: ['items'],
    properties: {
      apiVersion: { type: 'string' },
      items: { type: 'array', items: reference(definitionName(info), dialect) },
      kind: { type: 'string' },
      metadata: reference(TYPE.listMeta, dialect),
    },
    'x-kubernetes-group-version-kind': [{ group, version, kind: listKind }],
  };
}

/**
 * Leaves out what OpenAPI 2 cannot express, and what kubectl cannot read in it: structure where other things may stand, too.
 * Source: apiextensions-apiserver openapi/v2 ToStructuralOpenAPIV2.
 */
function openApi2Schema(schema: Readonly<Schema>): Schema {
  const { oneOf: _oneOf, anyOf: _anyOf, allOf: _allOf, not: _not, nullable, items, properties, additionalProperties, ...rest } = schema;
  const open = rest['x-kubernetes-preserve-unknown-fields'] === true;
  const anything = nullable === true || 'x-kubernetes-int-or-string' in rest;
  const out: Schema = { ...rest };
  if (!open && !anything) {
    if (isSchema(items)) out.items = openApi2Schema(items);
    if (isSchema(properties))
      out.properties = Object.fromEntries(
        Object.entries(properties).map(([name, inner]) => [name, isSchema(inner) ? openApi2Schema(inner) : inner]),
      );
  }
  if (additionalProperties !== undefined)
    out.additionalProperties = isSchema(additionalProperties) ? openApi2Schema(additionalProperties) : additionalProperties;
  const untyped = anything || (open && rest.type === 'object') || (rest.type === 'array' && out.items === undefined);
  if (untyped) delete out.type;
  return out;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function pathsOf(resources: readonly ResourceInfo[], dialect: Dialect): Record<string, Schema> {
  const paths: Record<string, Schema> = {};
  for (const operation of [...discoveryOperations(resources), ...resources.flatMap(operationsOf)]) {
    const item = paths[operation.path] ?? { parameters: operation.pathParameters.map((each) => parameter(each, dialect)) };
    paths[operation.path] = item;
    item[operation.method] = dialect === 'v2' ? operationV2(operation) : operationV3(operation);
  }
  return paths;
}

function discoveryOperations(resources: readonly ResourceInfo[]): Operation[] {
  const versions = new Map(resources.map((info) => [groupVersion(info), info]));
  return [...versions].map(([name, { group, version }]) => ({
    path: `${group === '' ? '/api' : '/apis'}/${name}/`,
    method: 'get',
    id: `get${name.replaceAll(/\W+(\w)/g, (_, letter: string) => letter.toUpperCase())}APIResources`,
    action: '',
    kind: { group, version, kind: '' },
    tag: name.replaceAll(/[./]/g, '_'),
    pathParameters: [],
    queryParameters: [],
    bodyRequired: false,
    answer: TYPE.resourceList,
    codes: [200],
  }));
}

function parameter({ name, in: place, type }: Parameter, dialect: Dialect): Schema {
  const schema = { type, uniqueItems: true };
  return { name, in: place, ...(place === 'path' ? { required: true } : {}), ...(dialect === 'v2' ? schema : { schema }) };
}

function common({ id, action, kind, tag }: Operation): Schema {
  return {
    tags: [tag],
    operationId: id,
    ...(action === '' ? {} : { 'x-kubernetes-action': action, 'x-kubernetes-group-version-kind': kind }),
  };
}

/** By these kubectl decides how to patch. */
function patchTypes({ custom }: Operation): readonly string[] {
  return custom === true ? PATCH_TYPES : [...PATCH_TYPES, STRATEGIC];
}

function operationV2(operation: Operation): Schema {
  const { queryParameters, body, bodyRequired, answer, codes } = operation;
  const schema = answer === undefined ? { type: 'string' } : reference(answer, 'v2');
  const bodyParameter =
    body === undefined ? [] : [{ name: 'body', in: 'body', ...(bodyRequired ? { required: true } : {}), schema: reference(body, 'v2') }];
  return {
    consumes: operation.method === 'patch' ? patchTypes(operation) : ['*/*'],
    produces: JSON_TYPES,
    schemes: ['https'],
    parameters: [...bodyParameter, ...queryParameters.map((each) => parameter(each, 'v2'))],
    responses: { ...responses(codes, { schema }), 401: { description: 'Unauthorized' } },
    ...common(operation),
  };
}

function operationV3(operation: Operation): Schema {
  const { queryParameters, body, bodyRequired, answer, codes } = operation;
  const contentOf = (types: readonly string[], schema: Schema): Schema => Object.fromEntries(types.map((type) => [type, { schema }]));
  const content = answer === undefined ? contentOf(['*/*'], { type: 'string' }) : contentOf(JSON_TYPES, reference(answer, 'v3'));
  const types = body === TYPE.patch ? patchTypes(operation) : ['*/*'];
  return {
    parameters: queryParameters.map((each) => parameter(each, 'v3')),
    ...(body === undefined
      ? {}
      : { requestBody: { content: contentOf(types, reference(body, 'v3')), ...(bodyRequired ? { required: true } : {}) } }),
    responses: { ...responses(codes, { content }), 401: { description: 'Unauthorized' } },
    ...common(operation),
  };
}

function responses(codes: readonly number[], answer: Schema): Schema {
  const texts: Record<number, string> = { 200: 'OK', 201: 'Created', 202: 'Accepted' };
  return Object.fromEntries(codes.map((code) => [code, { description: texts[code] ?? '', ...answer }]));
}
