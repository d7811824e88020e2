import type { HTTPIngressPath, Ingress } from '../../shared/api/generated/networking-v1.ts';
import type { FieldError } from '../../shared/machinery/api-error.ts';
import { ErrorList } from './error-list.ts';
import { dns1035Label, dnsSubdomain, port, portName, wildcardSubdomain } from './names.ts';

const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix'];

/** Source: kubernetes pkg/apis/networking/validation ValidateIngressSpec. */
export function validateIngress({ spec }: Ingress): FieldError[] {
  const errors = new ErrorList();
  if ((spec.rules ?? []).length === 0 && spec.defaultBackend === undefined) {
    errors.invalid('spec', spec, 'either `defaultBackend` or `rules` must be specified');
  }
  if (spec.defaultBackend !== undefined) validateBackend(errors, spec.defaultBackend, 'spec.defaultBackend');
  (spec.rules ?? []).forEach(({ host = '', http }, i) => {
    const at = `spec.rules[${i}]`;
    if (host !== '') {
      if (/^[\d.]+$/.test(host) && host.split('.').length === 4)
        errors.invalid(`${at}.host`, host, 'must be a DNS name, not an IP address');
      else errors.invalidAll(`${at}.host`, host, host.includes('*') ? wildcardSubdomain(host) : dnsSubdomain(host));
    }
    if (http === undefined) return;
    if ((http.paths ?? []).length === 0) errors.required(`${at}.http.paths`);
    (http.paths ?? []).forEach((path, j) => void validatePath(errors, path, `${at}.http.paths[${j}]`));
  });
  (spec.tls ?? []).forEach(({ hosts, secretName = '' }, i) => {
    (hosts ?? []).forEach((host, j) => {
      errors.invalidAll(`spec.tls[${i}].hosts[${j}]`, host, host.includes('*') ? wildcardSubdomain(host) : dnsSubdomain(host));
    });
    if (secretName !== '') errors.invalidAll(`spec.tls[${i}].secretName`, secretName, dnsSubdomain(secretName));
  });
  if (spec.ingressClassName !== undefined)
    errors.invalidAll('spec.ingressClassName', spec.ingressClassName, dnsSubdomain(spec.ingressClassName));
  return errors.items;
}

function validatePath(errors: ErrorList, { path = '', pathType, backend }: HTTPIngressPath, at: string): void {
  if (pathType === undefined || pathType === null) return errors.required(`${at}.pathType`, 'pathType must be specified');
  if (!PATH_TYPES.includes(pathType)) return errors.notSupported(`${at}.pathType`, pathType, PATH_TYPES);
  if (pathType === 'ImplementationSpecific') {
    if (path !== '' && !path.startsWith('/')) errors.invalid(`${at}.path`, path, 'must be an absolute path');
  } else {
    if (!path.startsWith('/')) errors.invalid(`${at}.path`, path, 'must be an absolute path');
    for (const bad of ['//', '/./', '/../', '%2f', '%2F'])
      if (path.includes(bad)) errors.invalid(`${at}.path`, path, `must not contain '${bad}'`);
    for (const bad of ['/..', '/.']) if (path.endsWith(bad)) errors.invalid(`${at}.path`, path, `cannot end with '${bad}'`);
  }
  validateBackend(errors, backend, `${at}.backend`);
}

function validateBackend(errors: ErrorList, { service, resource }: HTTPIngressPath['backend'], at: string): void {
  if (service !== undefined && resource !== undefined) return errors.invalid(at, '', 'cannot set both resource and service backends');
  if (service === undefined) {
    if (resource === undefined) errors.required(at, 'resource or service backend is required');
    return;
  }
  const { name, port: target } = service;
  if (name === '') errors.required(`${at}.service.name`);
  else errors.invalidAll(`${at}.service.name`, name, dns1035Label(name));
  const { name: byName = '', number = 0 } = target ?? {};
  if (byName !== '' && number !== 0) errors.invalid(at, '', 'cannot set both port name & port number');
  else if (byName !== '') errors.invalidAll(`${at}.service.port.name`, byName, portName(byName));
  else if (number !== 0) errors.invalidAll(`${at}.service.port.number`, number, port(number));
  else errors.required(at, 'port name or number is required');
}
