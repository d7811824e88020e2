import { isDeepStrictEqual } from 'node:util';
import type { ResourceInfo } from '../../shared/api/scheme.ts';
import type { ObjectStore } from '../registry/object-store.ts';
import type { CachedObject } from '../storage/watch-cache-object.ts';
import type { ResourceCache } from '../storage/watch-cache-resource.ts';
import { type Definition, hasCondition } from './conditions.ts';
import { type CustomVersion, customVersions } from './custom-version.ts';
import { isServed } from './names.ts';
import { resourceRows } from './resource-rows.ts';

export interface CustomResourcesDeps {
  /** The definitions. */
  definitions: ResourceCache;
  /** Makes the store of a version. */
  open(version: CustomVersion): ObjectStore;
}

interface Defined {
  source: CachedObject;
  definition: Definition;
  gone: AbortController;
  /** The stored version first. */
  versions: readonly { version: CustomVersion; store: ObjectStore }[];
}

/**
 * The resources that definitions define, always as the cache of definitions has them: whoever asks after a definition was written is
 * answered by it. Nothing runs between two questions.
 */
export class CustomResources {
  readonly #deps: CustomResourcesDeps;
  readonly #defined = new Map<string, Defined>();
  #byPath = new Map<string, { version: CustomVersion; store: ObjectStore }>();
  #rows: readonly ResourceInfo[] = [];
  #revision = -1;

  constructor(deps: CustomResourcesDeps) {
    this.#deps = deps;
  }

  /** Of a served version. */
  find(group: string, version: string, plural: string): ObjectStore | undefined {
    this.#refresh();
    return this.#byPath.get(`${group}/${version}/${plural}`)?.store;
  }

  /** All served versions; the same array while nothing changes. */
  rows(): readonly ResourceInfo[] {
    this.#refresh();
    return this.#rows;
  }

  /** The schema of a served version for OpenAPI. */
  schema({ group, version, plural }: ResourceInfo): Readonly<Record<string, unknown>> | undefined {
    this.#refresh();
    return this.#byPath.get(`${group}/${version}/${plural}`)?.version.schema;
  }

  /** What stores the objects of a definition, served or not; undefined: there is no such definition. */
  storeOf(name: string): ObjectStore | undefined {
    this.#refresh();
    return this.#defined.get(this.#deps.definitions.prefix + name)?.versions[0]?.store;
  }

  #refresh(): void {
    const { definitions } = this.#deps;
    if (definitions.changedRevision === this.#revision) return;
    this.#revision = definitions.changedRevision;
    const listed = definitions.list('');
    let changed = false;
    for (const source of listed) changed = this.#take(source) || changed;
    if (listed.length < this.#defined.size) {
      const keys = new Set(listed.map(({ key }) => key));
      for (const [key, { gone }] of this.#defined) {
        if (keys.has(key)) continue;
        gone.abort();
        this.#defined.delete(key);
        changed = true;
      }
    }
    if (changed) this.#index();
  }

  /** Returns whether anything is served in another way than before. */
  #take(source: CachedObject): boolean {
    const old = this.#defined.get(source.key);
    if (old?.source === source) return false;
    const definition = source.object as unknown as Definition;
    if (old !== undefined && isSame(definition, old.definition)) {
      const changed = isServed(definition) !== isServed(old.definition) || isDying(definition) !== isDying(old.definition);
      old.source = source;
      old.definition = definition;
      return changed;
    }
    old?.gone.abort();
    const gone = new AbortController();
    const defined: Defined = { source, definition, gone, versions: [] };
    const versions = customVersions(definition, { isDying: () => isDying(defined.definition), gone: gone.signal });
    defined.versions = versions.map((version) => ({ version, store: this.#deps.open(version) }));
    this.#defined.set(source.key, defined);
    return true;
  }

  #index(): void {
    this.#byPath = new Map();
    const rows: ResourceInfo[] = [];
    for (const { definition, versions } of this.#defined.values()) {
      if (!isServed(definition)) continue;
      for (const each of versions) if (each.version.served) this.#byPath.set(pathOf(each.version.info), each);
      rows.push(...resourceRows(definition));
    }
    this.#rows = rows;
  }
}

function isDying(definition: Definition): boolean {
  return hasCondition(definition, 'Terminating');
}

function pathOf({ group, version, plural }: ResourceInfo): string {
  return `${group}/${version}/${plural}`;
}

/** Only what is compared here matters to those who serve the objects. */
function isSame(a: Definition, b: Definition): boolean {
  return (
    a.metadata.uid === b.metadata.uid &&
    isDeepStrictEqual(a.spec, b.spec) &&
    isDeepStrictEqual(a.status?.acceptedNames, b.status?.acceptedNames)
  );
}
