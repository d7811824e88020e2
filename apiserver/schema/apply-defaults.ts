import type { UntypedObject } from '../../shared/api/meta.ts';
import type { ResourceInfo } from '../../shared/api/scheme.ts';
import { APPS_DEFAULTS } from './defaults/apps.ts';
import { AUTOSCALING_DEFAULTS } from './defaults/autoscaling.ts';
import { BATCH_DEFAULTS } from './defaults/batch.ts';
import { CORE_DEFAULTS } from './defaults/core.ts';
import type { Defaults } from './defaults/defaults.ts';
import { EXTENSION_DEFAULTS } from './defaults/extensions.ts';
import { NETWORKING_DEFAULTS } from './defaults/networking.ts';
import { schemaDefaults } from './defaults/schema-defaults.ts';
import { SERVICE_DEFAULTS } from './defaults/service.ts';
import { STORAGE_DEFAULTS } from './defaults/storage.ts';

const BY_KIND: Defaults = {
  ...CORE_DEFAULTS,
  ...SERVICE_DEFAULTS,
  ...APPS_DEFAULTS,
  ...BATCH_DEFAULTS,
  ...AUTOSCALING_DEFAULTS,
  ...NETWORKING_DEFAULTS,
  ...STORAGE_DEFAULTS,
  ...EXTENSION_DEFAULTS,
};

/**
 * Fills in what a decoded object leaves open, in place: the schema's defaults, then upstream's defaulting function of the kind.
 * Idempotent. New fields come last in their objects; `orderKeys` puts them in schema order.
 */
export function applyDefaults(info: ResourceInfo, object: UntypedObject): void {
  schemaDefaults(info.type)?.(object);
  const key = `${info.group}/${info.version}/${info.kind}`;
  if (Object.hasOwn(BY_KIND, key)) BY_KIND[key]?.(object);
}
