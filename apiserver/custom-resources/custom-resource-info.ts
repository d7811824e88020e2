import type { ResourceInfo } from '../../shared/api/scheme.ts';
import type { PrinterColumn } from '../encoding/tables/custom-columns.ts';
import type { CustomCodec } from './custom-codec.ts';
import type { JsonSchema } from './json-schema.ts';

/** The row of a custom resource, with what the schema document knows of built-in ones. */
export interface CustomResourceInfo extends ResourceInfo {
  readonly codec: CustomCodec;
  readonly schema: JsonSchema;
  readonly columns: readonly PrinterColumn[];
  /** What users of a deprecated version are told. */
  readonly deprecation: string | undefined;
  /** Aborts when the resource is no longer served like this; ends its watches. */
  readonly gone: AbortSignal;
}

export function isCustomResource(info: ResourceInfo): info is CustomResourceInfo {
  return 'codec' in info;
}
