import type { Service, ServicePort } from '../../shared/api/generated/core-v1.ts';
import type { FieldError } from '../../shared/machinery/api-error.ts';
import { validateLabels } from '../registry/validate-object-meta.ts';
import { PROTOCOLS } from './containers.ts';
import { ErrorList } from './error-list.ts';
import { cidr, dnsLabel, dnsSubdomain, ipAddress, port, qualifiedName } from './names.ts';
import { validatePort } from './probes.ts';

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
/** Seconds. Source: core MaxClientIPServiceAffinitySeconds. */
const MAX_AFFINITY_SECONDS = 86_400;
const KUBELET_PORT = 10_250;

/** Source: kubernetes pkg/apis/core/validation ValidateService; in its order. */
export function validateService({ spec }: Service): FieldError[] {
  const errors = new ErrorList();
  const ports = spec.ports ?? [];
  const headless = spec.clusterIP === 'None' || spec.clusterIPs?.[0] === 'None';
  if (ports.length === 0 && !headless && spec.type !== 'ExternalName') errors.required('spec.ports');
  validateByType(errors, spec, headless);
  validatePorts(errors, ports);
  validateLabels(errors, spec.selector, 'spec.selector');
  validateAffinity(errors, spec);
  validateAddresses(errors, spec);
  (spec.externalIPs ?? []).forEach((ip, i) => {
    const field = `spec.externalIPs[${i}]`;
    const problems = ipAddress(ip);
    errors.invalidAll(field, ip, problems);
    if (problems.length === 0) validateEndpointAddress(errors, ip, field);
  });
  if (spec.type === undefined) errors.required('spec.type');
  else errors.oneOf('spec.type', spec.type, TYPES);
  validateNodePorts(errors, spec);
  validateUnique(errors, ports);
  (spec.loadBalancerSourceRanges ?? []).forEach((range, i) => {
    if (spec.type !== 'LoadBalancer') errors.forbidden('spec.LoadBalancerSourceRanges', "may only be used when `type` is 'LoadBalancer'");
    else errors.invalidAll(`spec.LoadBalancerSourceRanges[${i}]`, range.trim(), cidr(range.trim()));
  });
  validatePolicies(errors, spec);
  return errors.items;
}

export function validateServiceUpdate(service: Service, old: Service): FieldError[] {
  const errors = new ErrorList();
  const [type, before] = [service.spec.type, old.spec.type];
  if (type !== 'ExternalName' && before !== 'ExternalName') {
    const [ips, oldIps] = [service.spec.clusterIPs ?? [], old.spec.clusterIPs ?? []];
    if (oldIps.length > 0 && ips[0] !== oldIps[0]) errors.invalid('spec.clusterIPs[0]', ips, 'may not change once set');
    const [family, oldFamily] = [service.spec.ipFamilies?.[0], old.spec.ipFamilies?.[0]];
    if (oldFamily !== undefined && family !== oldFamily)
      errors.invalid('spec.ipFamilies[0]', service.spec.ipFamilies ?? [], 'may not change once set');
  }
  return [...errors.items, ...validateService(service)];
}

type Spec = Service['spec'];

function validateByType(errors: ErrorList, spec: Spec, headless: boolean): void {
  if (spec.type === 'LoadBalancer') {
    (spec.ports ?? []).forEach((entry, i) => {
      if (entry.port !== KUBELET_PORT) return;
      errors.invalid(`spec.ports[${i}]`, entry.port, `may not expose port ${KUBELET_PORT} externally since it is used by kubelet`);
    });
  }
  if (headless && (spec.type === 'LoadBalancer' || spec.type === 'NodePort')) {
    errors.invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${spec.type} services`);
  }
  if (spec.type !== 'ExternalName') return;
  if ((spec.clusterIPs ?? []).length > 0) errors.forbidden('spec.clusterIPs', 'may not be set for ExternalName services');
  if ((spec.ipFamilies ?? []).length > 0) errors.forbidden('spec.ipFamilies', 'may not be set for ExternalName services');
  if (spec.ipFamilyPolicy !== undefined) errors.forbidden('spec.ipFamilyPolicy', 'may not be set for ExternalName services');
  const name = (spec.externalName ?? '').replace(/\.$/, '');
  if (name === '') errors.required('spec.externalName');
  else errors.invalidAll('spec.externalName', name, dnsSubdomain(name));
}

function validatePorts(errors: ErrorList, ports: readonly ServicePort[]): void {
  const names = new Set<string>();
  ports.forEach(({ name = '', port: number, protocol, targetPort, appProtocol }, i) => {
    const at = `spec.ports[${i}]`;
    if (name === '') {
      if (ports.length > 1) errors.required(`${at}.name`);
    } else {
      errors.invalidAll(`${at}.name`, name, dnsLabel(name));
      if (names.has(name)) errors.duplicate(`${at}.name`, name);
      names.add(name);
    }
    errors.invalidAll(`${at}.port`, number, port(number));
    if (protocol === undefined) errors.required(`${at}.protocol`);
    else errors.oneOf(`${at}.protocol`, protocol, PROTOCOLS);
    validatePort(errors, targetPort, `${at}.targetPort`);
    if (appProtocol !== undefined) errors.invalidAll(`${at}.appProtocol`, appProtocol, qualifiedName(appProtocol));
  });
}

function validateAffinity(errors: ErrorList, spec: Spec): void {
  const { sessionAffinity, sessionAffinityConfig: config } = spec;
  if (sessionAffinity === undefined) errors.required('spec.sessionAffinity');
  else errors.oneOf('spec.sessionAffinity', sessionAffinity, ['ClientIP', 'None']);
  if (sessionAffinity === 'None' && config !== undefined) {
    errors.forbidden('spec.sessionAffinityConfig', 'must not be set when session affinity is None');
  }
  const seconds = config?.clientIP?.timeoutSeconds;
  if (sessionAffinity !== 'ClientIP' || seconds === undefined || (seconds > 0 && seconds <= MAX_AFFINITY_SECONDS)) return;
  errors.invalid(
    'spec.sessionAffinityConfig.clientIP.timeoutSeconds',
    seconds,
    `must be greater than 0 and less than ${MAX_AFFINITY_SECONDS}`,
  );
}

function validateAddresses(errors: ErrorList, spec: Spec): void {
  (spec.clusterIPs ?? []).forEach((ip, i) => {
    if (ip !== 'None') errors.invalidAll(`spec.clusterIPs[${i}]`, ip, ipAddress(ip));
    else if (i > 0) errors.invalid(`spec.clusterIPs[${i}]`, ip, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)');
  });
  (spec.ipFamilies ?? []).forEach((family, i) => void errors.oneOf(`spec.ipFamilies[${i}]`, family, ['IPv4', 'IPv6']));
  if (spec.ipFamilyPolicy !== undefined) {
    errors.oneOf('spec.ipFamilyPolicy', spec.ipFamilyPolicy, ['SingleStack', 'PreferDualStack', 'RequireDualStack']);
  }
}

/** An address that a service may be reached at from outside. Source: ValidateEndpointIP. */
function validateEndpointAddress(errors: ErrorList, ip: string, field: string): void {
  if (ip === '0.0.0.0' || ip === '::') errors.invalid(field, ip, `may not be unspecified (${ip})`);
  if (ip.startsWith('169.254.')) errors.invalid(field, ip, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)');
}

function validateNodePorts(errors: ErrorList, spec: Spec): void {
  const taken = new Set<string>();
  (spec.ports ?? []).forEach(({ nodePort = 0, protocol = '' }, i) => {
    const field = `spec.ports[${i}].nodePort`;
    if (nodePort === 0) return;
    if (spec.type === 'ClusterIP' || spec.type === 'ExternalName') {
      errors.forbidden(field, `may not be used when \`type\` is '${spec.type}'`);
      return;
    }
    if (taken.has(`${protocol}/${nodePort}`)) errors.duplicate(field, nodePort);
    taken.add(`${protocol}/${nodePort}`);
  });
}

function validateUnique(errors: ErrorList, ports: readonly ServicePort[]): void {
  const taken = new Set<string>();
  ports.forEach(({ port: number, protocol = '' }, i) => {
    if (taken.has(`${protocol}/${number}`)) errors.duplicate(`spec.ports[${i}]`, { protocol, port: number });
    taken.add(`${protocol}/${number}`);
  });
}

function validatePolicies(errors: ErrorList, spec: Spec): void {
  const { type, externalTrafficPolicy: external, internalTrafficPolicy: internal } = spec;
  const reachable = type === 'NodePort' || type === 'LoadBalancer' || (type === 'ClusterIP' && (spec.externalIPs ?? []).length > 0);
  if (external !== undefined) {
    if (!reachable) errors.invalid('spec.externalTrafficPolicy', external, 'may only be set for externally-accessible services');
    else errors.oneOf('spec.externalTrafficPolicy', external, ['Cluster', 'Local']);
  } else if (reachable) errors.required('spec.externalTrafficPolicy');
  const check = spec.healthCheckNodePort ?? 0;
  if (check !== 0 && !(type === 'LoadBalancer' && external === 'Local')) {
    errors.invalid(
      'spec.healthCheckNodePort',
      check,
      "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
    );
  }
  if (internal !== undefined) errors.oneOf('spec.internalTrafficPolicy', internal, ['Cluster', 'Local']);
  if (spec.trafficDistribution !== undefined) {
    errors.oneOf('spec.trafficDistribution', spec.trafficDistribution, ['PreferClose', 'PreferSameNode', 'PreferSameZone']);
  }
}
