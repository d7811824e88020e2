import type { ResourceInfo } from '../../../shared/api/scheme.ts';
import type { Strategy } from '../strategy.ts';
import { genericStrategy } from './generic.ts';

const BY_RESOURCE: Readonly<Record<string, Strategy>> = {};

/** What a built-in kind adds to the generic registry; status is a world of its own wherever there is a `status` subresource. */
export function strategyFor(info: ResourceInfo): Strategy {
  const own = Object.hasOwn(BY_RESOURCE, info.id) ? BY_RESOURCE[info.id] : undefined;
  return { ...genericStrategy(info), ...own };
}
