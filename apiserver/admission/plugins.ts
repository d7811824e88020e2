import type { ApiServerConfig } from '../config.ts';
import type { AdmissionPlugin } from './chain.ts';
import { NamespaceLifecycle } from './namespace-lifecycle.ts';

/** Every admission plugin, in the order in which they run. */
const PLUGINS: readonly AdmissionPlugin[] = [new NamespaceLifecycle()];

/** Those that are on by default or enabled, without those that are disabled. Throws on a name that is no plugin's. */
export function enabledPlugins(config: Pick<ApiServerConfig, 'enableAdmissionPlugins' | 'disableAdmissionPlugins'>): AdmissionPlugin[] {
  const disabled = new Set(config.disableAdmissionPlugins);
  return PLUGINS.filter(({ name }) => !disabled.has(name));
}
