import type { ResourceInfo } from '../../shared/api/scheme.ts';
import type { Histogram } from '../../shared/component/metrics.ts';
import type { Clock } from '../../shared/machinery/clock.ts';
import type { AdmissionChain } from '../admission/chain.ts';
import type { WatchCache } from '../storage/watch-cache.ts';
import type { ResourceCache } from '../storage/watch-cache-resource.ts';
import type { ServiceAllocators } from './service-allocators.ts';
import type { Strategy } from './strategy.ts';
import type { VersionConversion } from './version-conversion.ts';

/** What an ObjectStore works with. */
export interface ObjectStoreDeps {
  info: ResourceInfo;
  cache: WatchCache;
  objects: ResourceCache;
  strategy: Strategy;
  admission: AdmissionChain;
  clock: Clock;
  random(): number;
  uid(): string;
  /** Seconds of each write, by operation and type. */
  writes: Histogram;
  /** For a resource that is stored as another version of itself. */
  conversion?: VersionConversion;
  /** For a resource whose objects expire: the lease to put them with. */
  lease?: () => Promise<string>;
  /** For a resource whose objects hold addresses or ports. */
  allocators?: Pick<ServiceAllocators, 'onCreate' | 'onUpdate' | 'onDelete'>;
}
