import type { Clock } from '../../shared/machinery/clock.ts';
import type { ApiServerConfig } from '../config.ts';
import type { AdmissionPlugin } from './chain.ts';
import { DefaultStorageClass } from './default-storage-class.ts';
import { DefaultTolerationSeconds } from './default-toleration-seconds.ts';
import { LimitRanger } from './limit-ranger.ts';
import { NamespaceLifecycle } from './namespace-lifecycle.ts';
import { Priority } from './priority.ts';
import { ResourceQuota } from './resource-quota.ts';
import { RuntimeClass } from './runtime-class.ts';
import { ServiceAccount } from './service-account.ts';
import { StorageObjectInUseProtection } from './storage-object-in-use-protection.ts';

interface PluginDeps {
  random: () => number;
  clock: Clock;
}

/** Every admission plugin, in the order in which they run. */
const plugins = (deps: PluginDeps): readonly AdmissionPlugin[] => [
  new NamespaceLifecycle(),
  new LimitRanger(),
  new ServiceAccount(deps),
  new Priority(),
  new DefaultTolerationSeconds(),
  new DefaultStorageClass(),
  new StorageObjectInUseProtection(),
  new RuntimeClass(),
  new ResourceQuota(),
];

/** Upstream's plugins whose work is done elsewhere, or not at all: naming them is no mistake. */
const ELSEWHERE: readonly string[] = ['MutatingAdmissionWebhook', 'ValidatingAdmissionWebhook', 'NodeRestriction', 'PodSecurity'];

/** All but the disabled ones. Throws on a name that is no plugin's. */
export function enabledPlugins(
  config: Pick<ApiServerConfig, 'enableAdmissionPlugins' | 'disableAdmissionPlugins'>,
  deps: PluginDeps,
): AdmissionPlugin[] {
  const all = plugins(deps);
  const disabled = new Set(config.disableAdmissionPlugins);
  const known = [...all.map(({ name }) => name), ...ELSEWHERE];
  for (const name of [...disabled, ...config.enableAdmissionPlugins]) {
    if (!known.includes(name)) throw new Error(`admission plugin ${JSON.stringify(name)} is unknown: known are ${known.join(', ')}`);
  }
  return all.filter(({ name }) => !disabled.has(name));
}
