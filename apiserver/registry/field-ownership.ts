import type { UntypedObject } from '../../shared/api/meta.ts';
import { groupVersion, type ResourceId, type ResourceInfo, resourceInfo } from '../../shared/api/scheme.ts';
import { type Applied, applyObject, trackUpdate, type Write } from '../../shared/machinery/apply/field-manager.ts';
import type { ManagedFieldsEntry } from '../../shared/machinery/apply/managed-fields.ts';
import { sameButTimes } from '../../shared/machinery/apply/same-but-times.ts';
import { shapeOfObject } from '../../shared/machinery/apply/schema-shape.ts';
import type { Shape } from '../../shared/machinery/apply/shape.ts';
import type { ConvertVersion, VersionView } from '../../shared/machinery/apply/version-views.ts';
import { equalJson } from '../../shared/machinery/patch/json-value.ts';
import { isCustomResource } from '../custom-resources/custom-resource-info.ts';
import { decodeObject } from '../schema/decode.ts';
import { customShape } from './custom-shape.ts';
import { storedMeta } from './object-meta.ts';
import type { RequestContext } from './request-context.ts';
import { resetFields } from './reset-fields.ts';
import { CONVERSIONS } from './version-conversion.ts';

export interface OwnedWrite {
  context: RequestContext;
  /** With its `managedFields`; undefined: the object is being created. */
  live: UntypedObject | undefined;
  subresource: string;
  now: number;
}

/** Who owns which fields of the objects of one resource in one version. */
export class FieldOwnership {
  readonly #info: ResourceInfo;
  #shape: Shape | undefined;
  #nothing: UntypedObject | undefined;

  constructor(info: ResourceInfo) {
    this.#info = info;
  }

  /** The `managedFields` of an object that a request other than apply makes. */
  track(write: OwnedWrite, updated: UntypedObject): ManagedFieldsEntry[] | undefined {
    return trackUpdate(this.#write(write), updated);
  }

  /** What a configuration makes of the live object, still to be decoded. */
  apply(write: OwnedWrite, config: UntypedObject, force: boolean): Applied {
    return applyObject({ ...this.#write(write), config, force });
  }

  #write({ context, live, subresource, now }: OwnedWrite): Write {
    const info = this.#info;
    this.#shape ??= isCustomResource(info) ? customShape(info.schema) : shapeOfObject(info.type);
    this.#nothing ??= isCustomResource(info) ? ({ metadata: {} } as UntypedObject) : nothingOf(info);
    return {
      shape: this.#shape,
      nothing: this.#nothing,
      apiVersion: groupVersion(info),
      kind: info.kind,
      convert: this.#convert,
      manager: context.manager ?? context.component ?? '',
      subresource,
      ignored: resetFields(info, subresource),
      now,
      live,
    };
  }

  readonly #convert: ConvertVersion = (object, apiVersion) => {
    const info = this.#info;
    if (isCustomResource(info)) return this.#shape === undefined ? undefined : { shape: this.#shape, object };
    return convertBuiltIn(info, object as UntypedObject, apiVersion);
  };
}

/** Whether an update changes nothing but the times of its owners. */
export function isUnchanged(object: UntypedObject, live: UntypedObject): boolean {
  const [after, before] = [object.metadata.managedFields, live.metadata.managedFields];
  if (before === after || !equalJson(object.status, live.status) || !equalJson(object.spec, live.spec)) return false;
  if (!sameButTimes(before, after) || !equalJson(storedMeta(object.metadata), storedMeta(live.metadata))) return false;
  return equalJson({ ...object, metadata: {} }, { ...live, metadata: {} });
}

function nothingOf(info: ResourceInfo): UntypedObject {
  const { object } = decodeObject(info.type, {});
  object.metadata ??= {} as UntypedObject['metadata'];
  return object;
}

/** Through the version that is stored. */
function convertBuiltIn(info: ResourceInfo, object: UntypedObject, apiVersion: string): VersionView | undefined {
  const own = CONVERSIONS[info.id];
  const stored = own?.stored ?? info;
  const inStored = own === undefined ? object : own.toStored(object);
  if (apiVersion === groupVersion(stored)) return { shape: shapeOfObject(stored.type), object: inStored };
  for (const [id, { stored: target, fromStored }] of Object.entries(CONVERSIONS)) {
    const served = resourceInfo(id as ResourceId);
    if (target.id === stored.id && groupVersion(served) === apiVersion)
      return { shape: shapeOfObject(served.type), object: fromStored(inStored) };
  }
  return undefined;
}
