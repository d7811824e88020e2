import type { PodSpec, PodTemplateSpec } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import { validateAnnotations, validateLabels } from '../registry/validate-object-meta.ts';
import { validateContainerLists } from './containers.ts';
import type { ErrorList } from './error-list.ts';
import { dnsLabel, dnsSubdomain, ipAddress, qualifiedName } from './names.ts';
import { validateContainerResourceName, validateQuantity } from './resources.ts';
import { validateAffinity, validateTolerations, validateTopologySpread } from './scheduling.ts';
import { validatePodSecurityContext } from './security-context.ts';
import { validateVolumes } from './volumes.ts';

const MAX_DEADLINE = 2 ** 31 - 1;
const RESTART_POLICIES = ['Always', 'OnFailure', 'Never'];
const DNS_POLICIES = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];
/** Source: kubernetes pkg/apis/core/validation MaxDNSNameservers, MaxDNSSearchPaths, MaxDNSSearchListChars. */
const [MAX_NAMESERVERS, MAX_SEARCHES, MAX_SEARCH_CHARS] = [3, 32, 2048];

/** The metadata and spec of a pod template. Source: kubernetes ValidatePodTemplateSpec. */
export function validatePodTemplate(errors: ErrorList, template: DeepReadonly<PodTemplateSpec>, path: string): void {
  validateLabels(errors, template.metadata?.labels, `${path}.labels`);
  validateAnnotations(errors, template.metadata?.annotations, `${path}.annotations`);
  if (template.spec === undefined) return errors.required(`${path}.spec.containers`);
  validatePodSpec(errors, template.spec, `${path}.spec`);
  if ((template.spec.ephemeralContainers ?? []).length > 0) {
    errors.forbidden(`${path}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template');
  }
}

/** Source: kubernetes pkg/apis/core/validation ValidatePodSpec; in its order. */
export function validatePodSpec(errors: ErrorList, spec: DeepReadonly<PodSpec>, path: string): void {
  const volumes = validateVolumes(errors, spec, `${path}.volumes`);
  validateContainerLists(errors, spec, path, volumes);
  validateHostNetwork(errors, spec, path);
  if (spec.restartPolicy === undefined) errors.required(`${path}.restartPolicy`);
  else errors.oneOf(`${path}.restartPolicy`, spec.restartPolicy, RESTART_POLICIES);
  if (spec.dnsPolicy === undefined) errors.required(`${path}.dnsPolicy`);
  else errors.oneOf(`${path}.dnsPolicy`, spec.dnsPolicy, DNS_POLICIES);
  validateLabels(errors, spec.nodeSelector, `${path}.nodeSelector`);
  validatePodSecurityContext(errors, spec, path);
  (spec.imagePullSecrets ?? []).forEach(({ name = '' }, i) => {
    if (name === '') errors.required(`${path}.imagePullSecrets[${i}].name`);
  });
  validateAffinity(errors, spec.affinity, `${path}.affinity`);
  validateDnsConfig(errors, spec, `${path}.dnsConfig`);
  (spec.readinessGates ?? []).forEach(({ conditionType }, i) => {
    errors.invalidAll(`${path}.readinessGates[${i}].conditionType`, conditionType, qualifiedName(conditionType));
  });
  validateGates(errors, spec, `${path}.schedulingGates`);
  validateTopologySpread(errors, spec.topologySpreadConstraints, `${path}.topologySpreadConstraints`);
  validateNames(errors, spec, path);
  validateTolerations(errors, spec.tolerations, `${path}.tolerations`);
  validateHostAliases(errors, spec, `${path}.hostAliases`);
  named(errors, spec.priorityClassName, `${path}.priorityClassName`, dnsSubdomain);
  named(errors, spec.runtimeClassName, `${path}.runtimeClassName`, dnsSubdomain);
  if (spec.preemptionPolicy !== undefined) {
    errors.oneOf(`${path}.preemptionPolicy`, spec.preemptionPolicy, ['Never', 'PreemptLowerPriority']);
  }
  for (const [name, quantity] of Object.entries(spec.overhead ?? {})) {
    validateContainerResourceName(errors, name, `${path}.overhead.limits[${name}]`);
    validateQuantity(errors, name, quantity, `${path}.overhead.limits[${name}]`);
  }
  if (spec.os !== undefined) errors.oneOf(`${path}.os`, spec.os.name, ['linux', 'windows']);
}

function named(errors: ErrorList, value: string | undefined, field: string, rule: (value: string) => string[]): void {
  if (value !== undefined && value !== '') errors.invalidAll(field, value, rule(value));
}

function validateNames(errors: ErrorList, spec: DeepReadonly<PodSpec>, path: string): void {
  named(errors, spec.serviceAccountName, `${path}.serviceAccountName`, dnsSubdomain);
  named(errors, spec.nodeName, `${path}.nodeName`, dnsSubdomain);
  const deadline = spec.activeDeadlineSeconds;
  if (deadline !== undefined && (deadline < 1 || deadline > MAX_DEADLINE)) {
    errors.invalid(`${path}.activeDeadlineSeconds`, deadline, `must be between 1 and ${MAX_DEADLINE}, inclusive`);
  }
  named(errors, spec.hostname, `${path}.hostname`, dnsLabel);
  named(errors, spec.subdomain, `${path}.subdomain`, dnsLabel);
}

function validateHostNetwork(errors: ErrorList, spec: DeepReadonly<PodSpec>, path: string): void {
  if (spec.hostNetwork !== true) return;
  (spec.containers ?? []).forEach(({ ports }, i) => {
    (ports ?? []).forEach(({ hostPort = 0, containerPort }, j) => {
      if (hostPort !== 0 && hostPort !== containerPort) {
        errors.invalid(
          `${path}.containers[${i}].ports[${j}].containerPort`,
          containerPort,
          'must match `hostPort` when `hostNetwork` is true',
        );
      }
    });
  });
}

function validateGates(errors: ErrorList, spec: DeepReadonly<PodSpec>, path: string): void {
  const gates = spec.schedulingGates ?? [];
  const seen = new Set<string>();
  gates.forEach(({ name }, i) => {
    errors.invalidAll(`${path}[${i}]`, name, qualifiedName(name));
    if (seen.has(name)) errors.duplicate(`${path}[${i}]`, name);
    seen.add(name);
  });
}

function validateDnsConfig(errors: ErrorList, spec: DeepReadonly<PodSpec>, path: string): void {
  const { dnsConfig, dnsPolicy } = spec;
  const servers = dnsConfig?.nameservers ?? [];
  if (dnsPolicy === 'None') {
    if (dnsConfig === undefined) return errors.required(path, 'must provide `dnsConfig` when `dnsPolicy` is None');
    if (servers.length === 0) errors.required(`${path}.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None');
  }
  if (dnsConfig === undefined) return;
  if (servers.length > MAX_NAMESERVERS) {
    errors.invalid(`${path}.nameservers`, servers, `must not have more than ${MAX_NAMESERVERS} nameservers`);
  }
  servers.forEach((server, i) => void errors.invalidAll(`${path}.nameservers[${i}]`, server, ipAddress(server)));
  const searches = dnsConfig.searches ?? [];
  if (searches.length > MAX_SEARCHES) errors.invalid(`${path}.searches`, searches, `must not have more than ${MAX_SEARCHES} search paths`);
  if (searches.join(' ').length > MAX_SEARCH_CHARS) {
    errors.invalid(
      `${path}.searches`,
      searches,
      `must not have more than ${MAX_SEARCH_CHARS} characters (including spaces) in the search list`,
    );
  }
  searches.forEach((search, i) => {
    if (search !== '.') errors.invalidAll(`${path}.searches[${i}]`, search, dnsSubdomain(search.replace(/\.$/, '').replaceAll('_', '-')));
  });
  (dnsConfig.options ?? []).forEach(({ name = '' }, i) => {
    if (name === '') errors.required(`${path}.options[${i}]`, 'must not be empty');
  });
}

function validateHostAliases(errors: ErrorList, spec: DeepReadonly<PodSpec>, path: string): void {
  (spec.hostAliases ?? []).forEach(({ ip, hostnames }, i) => {
    errors.invalidAll(`${path}[${i}].ip`, ip, ipAddress(ip));
    for (const name of hostnames ?? []) errors.invalidAll(`${path}[${i}].hostnames`, name, dnsSubdomain(name));
  });
}
