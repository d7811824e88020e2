import type { DeepReadonly, UntypedObject } from '../../shared/api/meta.ts';
import { groupVersion, type ResourceInfo } from '../../shared/api/scheme.ts';
import { forbidden, internalError } from '../../shared/machinery/api-error.ts';
import type { Strategy } from '../registry/strategy.ts';
import { compileSchema } from './compile-schema.ts';
import type { Definition } from './conditions.ts';
import { CustomCodec } from './custom-codec.ts';
import { customOpenApi } from './custom-openapi.ts';
import type { CustomResourceInfo } from './custom-resource-info.ts';
import { customStrategy } from './custom-strategy.ts';
import type { JsonSchema } from './json-schema.ts';
import { deprecationWarning, resourceRow } from './resource-rows.ts';
import { sortKeys } from './sort-keys.ts';

/** All that the API server must know of one version of a custom resource. */
export interface CustomVersion {
  info: CustomResourceInfo;
  served: boolean;
  strategy: Strategy;
  /** For OpenAPI. */
  schema: Readonly<Record<string, unknown>>;
  /** Between this version and the stored one. */
  conversion: {
    stored: ResourceInfo;
    toStored(object: UntypedObject): UntypedObject;
    fromStored(object: UntypedObject): UntypedObject;
  };
}

/** Definitions whose schema is missing were made before schemas were demanded. */
const ANYTHING: JsonSchema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

/** Every version of a definition, served or not; the stored one first. While it `isDying` nothing new is made; once
 *  `gone` it is served otherwise. */
export function customVersions(definition: Definition, { isDying, gone }: { isDying: () => boolean; gone: AbortSignal }): CustomVersion[] {
  const versions = [...(definition.spec.versions ?? [])].sort((a, b) => Number(b.storage) - Number(a.storage));
  const [first] = versions;
  if (first === undefined) return [];
  const stored = resourceRow(definition, first);
  return versions.map((version) => {
    const row = resourceRow(definition, version);
    const schema: DeepReadonly<JsonSchema> = version.schema?.openAPIV3Schema ?? ANYTHING;
    const compiled = compileSchema(schema);
    const codec = new CustomCodec(row, compiled);
    const info: CustomResourceInfo = {
      ...row,
      id: `${row.id}@${definition.metadata.resourceVersion}`, // watches of another schema share nothing with those of this one
      codec,
      schema,
      columns: version.additionalPrinterColumns ?? [],
      deprecation: deprecationWarning(definition, version),
      gone,
    };
    const byWebhook = definition.spec.conversion?.strategy === 'Webhook';
    const check = (from: string | undefined, to: string): void => {
      // Deviation: conversion webhooks are not called (docs/compatibility.md).
      if (byWebhook && from !== to)
        throw internalError(`conversion webhook for ${from}, Kind=${info.kind} failed: conversion webhooks are not called`);
    };
    return {
      info,
      served: version.served,
      strategy: withoutCreates(customStrategy(version, compiled), info, isDying),
      schema: customOpenApi(schema),
      conversion: {
        stored,
        toStored: (object) => {
          check(groupVersion(info), groupVersion(stored));
          return sortKeys(object) as UntypedObject;
        },
        fromStored: (object) => {
          check(object.apiVersion, groupVersion(info));
          return codec.fromStored(object);
        },
      },
    };
  });
}

/** Source: apiextensions-apiserver forbidCreateAdmission. */
function withoutCreates(strategy: Strategy, info: ResourceInfo, isDying: () => boolean): Strategy {
  return {
    ...strategy,
    prepareForCreate: (object, context) => {
      if (isDying())
        throw forbidden(info, object.metadata.name ?? '', 'create not allowed while custom resource definition is terminating');
      strategy.prepareForCreate?.(object, context);
    },
  };
}
