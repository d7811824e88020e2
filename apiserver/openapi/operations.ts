import { loadSchema } from '../../shared/api/schema/load-schema.ts';
import { groupVersion, type ResourceInfo } from '../../shared/api/scheme.ts';
import { definitionName, isBuiltIn, listDefinitionName } from './definition-name.ts';
import { TYPE } from './definitions.ts';

export interface Parameter {
  name: string;
  in: 'query' | 'path';
  type: 'string' | 'boolean' | 'integer';
}

/** One method of one path, in neither dialect yet. */
export interface Operation {
  path: string;
  method: 'get' | 'put' | 'post' | 'delete' | 'patch';
  id: string;
  action: string;
  kind: { group: string; version: string; kind: string };
  tag: string;
  pathParameters: Parameter[];
  queryParameters: Parameter[];
  /** Type of the body. */
  body?: string;
  bodyRequired: boolean;
  /** Of a custom resource: there is no strategic merge patch. */
  custom?: boolean;
  /** Type of the answer; absent for connections. */
  answer?: string;
  codes: number[];
}

const query = (names: string, type: Parameter['type'] = 'string'): Parameter[] =>
  names.split(',').map((name) => ({ name, in: 'query', type }));
const inPath = (name: string): Parameter => ({ name, in: 'path', type: 'string' });
const PRETTY = query('pretty');
const LIST = [
  ...query('allowWatchBookmarks', 'boolean'),
  ...query('continue,fieldSelector,labelSelector'),
  ...query('limit', 'integer'),
  ...query('resourceVersion,resourceVersionMatch'),
  ...query('sendInitialEvents', 'boolean'),
  ...query('timeoutSeconds', 'integer'),
  ...query('watch', 'boolean'),
];
const WRITE = query('dryRun,fieldManager,fieldValidation');
const DELETE = [
  ...query('dryRun'),
  ...query('gracePeriodSeconds', 'integer'),
  ...query('ignoreStoreReadErrorWithClusterBreakingPotential,orphanDependents', 'boolean'),
  ...query('propagationPolicy'),
];
const COLLECTION = [
  ...query('continue'),
  ...DELETE,
  ...query('fieldSelector,labelSelector'),
  ...query('limit', 'integer'),
  ...query('resourceVersion,resourceVersionMatch'),
];

/** Every operation of a resource and its subresources. */
export function operationsOf(info: ResourceInfo): Operation[] {
  const root = info.group === '' ? `/api/${info.version}` : `/apis/${info.group}/${info.version}`;
  const collection = `${root}${info.namespaced ? '/namespaces/{namespace}' : ''}/${info.plural}`;
  const scope = info.namespaced ? [inPath('namespace')] : [];
  const make = new OperationMaker(info, scope);
  const everywhere = info.namespaced && info.verbs.includes('list') ? [make.list(`${root}/${info.plural}`, { allNamespaces: true })] : [];
  return [
    ...everywhere,
    ...(info.verbs.includes('list') ? [make.list(collection, { allNamespaces: false })] : []),
    ...(info.verbs.includes('create') ? [make.create(collection)] : []),
    ...(info.verbs.includes('deletecollection') ? [make.deleteCollection(collection)] : []),
    ...make.one(`${collection}/{name}`, info.verbs),
    ...Object.entries(info.subresources).flatMap(([name, { verbs, type }]) =>
      make.subresource(`${collection}/{name}/${name}`, { name, verbs, type }),
    ),
  ];
}

class OperationMaker {
  readonly #info: ResourceInfo;
  readonly #scope: Parameter[];
  readonly #type: string;

  constructor(info: ResourceInfo, scope: Parameter[]) {
    this.#info = info;
    this.#scope = scope;
    this.#type = definitionName(info);
  }

  list(path: string, { allNamespaces }: { allNamespaces: boolean }): Operation {
    const answer = listDefinitionName(this.#info);
    const id = allNamespaces ? `list${this.#groupVersion()}${this.#info.kind}ForAllNamespaces` : this.#id('list');
    return this.#operation(path, {
      method: 'get',
      action: 'list',
      id,
      answer,
      pathParameters: allNamespaces ? [] : this.#scope,
      queryParameters: [...PRETTY, ...LIST],
    });
  }

  create(path: string): Operation {
    return this.#operation(path, {
      method: 'post',
      action: 'post',
      id: this.#id('create'),
      body: this.#type,
      codes: [200, 201, 202],
      queryParameters: [...PRETTY, ...WRITE],
      pathParameters: this.#scope,
    });
  }

  deleteCollection(path: string): Operation {
    return this.#operation(path, {
      method: 'delete',
      action: 'deletecollection',
      id: this.#id('deleteCollection'),
      body: TYPE.deleteOptions,
      bodyRequired: false,
      answer: TYPE.status,
      queryParameters: [...PRETTY, ...COLLECTION],
      pathParameters: this.#scope,
    });
  }

  /** get, replace, patch, delete of one object. */
  one(path: string, verbs: readonly string[], as: { suffix?: string; type?: string; kind?: Operation['kind'] } = {}): Operation[] {
    const { suffix = '', type = this.#type } = as;
    const common = { ...(as.kind === undefined ? {} : { kind: as.kind }), answer: type };
    const made: Operation[] = [];
    if (verbs.includes('get'))
      made.push(this.#operation(path, { ...common, method: 'get', action: 'get', id: this.#id('read', suffix), queryParameters: PRETTY }));
    if (verbs.includes('update')) {
      made.push(
        this.#operation(path, {
          ...common,
          method: 'put',
          action: 'put',
          id: this.#id('replace', suffix),
          body: type,
          codes: [200, 201],
          queryParameters: [...PRETTY, ...WRITE],
        }),
      );
    }
    if (verbs.includes('delete')) {
      made.push(
        this.#operation(path, {
          ...common,
          method: 'delete',
          action: 'delete',
          id: this.#id('delete', suffix),
          body: TYPE.deleteOptions,
          bodyRequired: false,
          answer: TYPE.status,
          codes: [200, 202],
          queryParameters: [...PRETTY, ...DELETE],
        }),
      );
    }
    if (verbs.includes('patch')) {
      made.push(
        this.#operation(path, {
          ...common,
          method: 'patch',
          action: 'patch',
          id: this.#id('patch', suffix),
          body: TYPE.patch,
          codes: [200, 201],
          queryParameters: [...PRETTY, ...WRITE, ...query('force', 'boolean')],
        }),
      );
    }
    return made;
  }

  subresource(path: string, { name, verbs, type }: { name: string; verbs: readonly string[]; type?: string | undefined }): Operation[] {
    const suffix = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
    const kind = type === undefined ? undefined : loadSchema().kinds.find((candidate) => candidate.type === type);
    const as = {
      suffix,
      ...(type === undefined ? {} : { type }),
      ...(kind === undefined ? {} : { kind: { group: kind.group, version: kind.version, kind: kind.kind } }),
    };
    if (type?.endsWith('Options') === true) return this.#connect(path, verbs, as);
    const create = verbs.includes('create')
      ? [
          this.#operation(path, {
            ...as,
            method: 'post',
            action: 'post',
            id: this.#id('create', suffix),
            body: type ?? this.#type,
            answer: type ?? this.#type,
            codes: [200, 201, 202],
            queryParameters: [...PRETTY, ...WRITE],
          }),
        ]
      : [];
    return [...create, ...this.one(path, verbs, as)];
  }

  #connect(path: string, verbs: readonly string[], as: { suffix: string; kind?: Operation['kind'] }): Operation[] {
    const methods = { get: 'get', create: 'post', update: 'put', delete: 'delete', patch: 'patch' } as const;
    return Object.entries(methods)
      .filter(([verb]) => verbs.includes(verb))
      .map(([verb, method]) => {
        const { answer: _, ...operation } = this.#operation(path, {
          ...as,
          method,
          action: 'connect',
          id: this.#id(`connect${verb}`, as.suffix),
          queryParameters: [],
        });
        return operation;
      });
  }

  #operation(path: string, parts: Partial<Operation> & Pick<Operation, 'method' | 'action' | 'id' | 'queryParameters'>): Operation {
    const { group, version, kind } = this.#info;
    return {
      kind: { group, version, kind },
      path,
      tag: groupVersion(this.#info).replaceAll(/[./]/g, '_'),
      pathParameters: path.includes('{name}') ? [inPath('name'), ...this.#scope] : this.#scope,
      bodyRequired: true,
      answer: this.#type,
      codes: [200],
      ...(isBuiltIn(this.#info.type) ? {} : { custom: true }),
      ...parts,
    };
  }

  #id(verb: string, suffix = ''): string {
    return `${verb}${this.#groupVersion()}${this.#info.namespaced ? 'Namespaced' : ''}${this.#info.kind}${suffix}`;
  }

  #groupVersion(): string {
    const group = this.#info.group === '' ? 'core' : (this.#info.group.split('.')[0] ?? '');
    return [group, this.#info.version].map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`).join('');
  }
}
