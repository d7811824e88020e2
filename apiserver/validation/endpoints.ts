import { isIPv4, isIPv6 } from 'node:net';
import type { Endpoints } from '../../shared/api/generated/core-v1.ts';
import type { EndpointSlice } from '../../shared/api/generated/discovery-v1.ts';
import type { FieldError } from '../../shared/machinery/api-error.ts';
import { PROTOCOLS } from './containers.ts';
import { ErrorList } from './error-list.ts';
import { dnsLabel, dnsSubdomain, FIELD_IMMUTABLE, ipAddress, port, qualifiedName } from './names.ts';

const ADDRESS_TYPES = ['FQDN', 'IPv4', 'IPv6'];
const [MAX_ADDRESSES, MAX_PORTS, MAX_ENDPOINTS] = [100, 20_000, 1000];

/** Source: kubernetes pkg/apis/core/validation ValidateEndpointsCreate. */
export function validateEndpoints({ subsets }: Endpoints): FieldError[] {
  const errors = new ErrorList();
  (subsets ?? []).forEach((subset, i) => {
    const at = `subsets[${i}]`;
    if ((subset.addresses ?? []).length === 0 && (subset.notReadyAddresses ?? []).length === 0) {
      errors.required(at, 'must specify `addresses` or `notReadyAddresses`');
    }
    for (const list of ['addresses', 'notReadyAddresses'] as const) {
      (subset[list] ?? []).forEach(({ ip, hostname = '', nodeName }, j) => {
        const item = `${at}.${list}[${j}]`;
        errors.invalidAll(`${item}.ip`, ip, ipAddress(ip));
        if (hostname !== '') errors.invalidAll(`${item}.hostname`, hostname, dnsLabel(hostname));
        if (nodeName !== undefined) errors.invalidAll(`${item}.nodeName`, nodeName, dnsSubdomain(nodeName));
        validateAddress(errors, ip, `${item}.ip`);
      });
    }
    (subset.ports ?? []).forEach(({ name = '', port: number, protocol, appProtocol }, j) => {
      const item = `${at}.ports[${j}]`;
      if (name !== '') errors.invalidAll(`${item}.name`, name, dnsLabel(name));
      else if ((subset.ports ?? []).length > 1) errors.required(`${item}.name`);
      errors.invalidAll(`${item}.port`, number, port(number));
      if (protocol === undefined) errors.required(`${item}.protocol`);
      else errors.oneOf(`${item}.protocol`, protocol, PROTOCOLS);
      if (appProtocol !== undefined) errors.invalidAll(`${item}.appProtocol`, appProtocol, qualifiedName(appProtocol));
    });
  });
  return errors.items;
}

// Deviation: loopback addresses are allowed, where pods of the process runtime live (docs/compatibility.md#loopback-endpoints).
function validateAddress(errors: ErrorList, ip: string, field: string): void {
  if (ipAddress(ip).length > 0) return errors.invalid(field, ip, 'must be a valid IP address');
  if (ip === '0.0.0.0' || ip === '::') errors.invalid(field, ip, `may not be unspecified (${ip})`);
  if (ip.startsWith('169.254.') || /^fe[89ab]/i.test(ip))
    errors.invalid(field, ip, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)');
  if (ip.startsWith('224.0.0.') || /^ff02:/i.test(ip)) {
    errors.invalid(field, ip, 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)');
  }
}

/** Source: kubernetes pkg/apis/discovery/validation ValidateEndpointSlice. */
export function validateEndpointSlice(slice: EndpointSlice): FieldError[] {
  const errors = new ErrorList();
  if ((slice.addressType as string) === '') errors.required('addressType');
  else errors.oneOf('addressType', slice.addressType, ADDRESS_TYPES);
  const endpoints = slice.endpoints ?? [];
  if (endpoints.length > MAX_ENDPOINTS) errors.tooMany('endpoints', endpoints.length, MAX_ENDPOINTS);
  endpoints.forEach(({ addresses, hostname, nodeName }, i) => {
    const at = `endpoints[${i}]`;
    const list = addresses ?? [];
    if (list.length === 0) errors.required(`${at}.addresses`, 'must contain at least 1 address');
    else if (list.length > MAX_ADDRESSES) errors.tooMany(`${at}.addresses`, list.length, MAX_ADDRESSES);
    list.forEach((address, j) => void validateTyped(errors, slice.addressType, address, `${at}.addresses[${j}]`));
    if (nodeName !== undefined) errors.invalidAll(`${at}.nodeName`, nodeName, dnsSubdomain(nodeName));
    if (hostname !== undefined) errors.invalidAll(`${at}.hostname`, hostname, dnsLabel(hostname));
  });
  validateSlicePorts(errors, slice.ports ?? []);
  return errors.items;
}

function validateTyped(errors: ErrorList, type: string, address: string, field: string): void {
  if (type === 'FQDN') return errors.invalidAll(field, address, dnsSubdomain(address));
  if (type === 'IPv4' && !isIPv4(address)) return errors.invalid(field, address, 'must be a valid IPv4 address');
  if (type === 'IPv6' && !isIPv6(address)) return errors.invalid(field, address, 'must be a valid IPv6 address');
  validateAddress(errors, address, field);
}

function validateSlicePorts(errors: ErrorList, ports: NonNullable<EndpointSlice['ports']>): void {
  if (ports.length > MAX_PORTS) errors.tooMany('ports', ports.length, MAX_PORTS);
  const names = new Set<string>();
  ports.forEach(({ name = '', protocol, appProtocol, port: number }, i) => {
    const at = `ports[${i}]`;
    if (name !== '') errors.invalidAll(`${at}.name`, name, dnsLabel(name));
    if (names.has(name)) errors.duplicate(`${at}.name`, name);
    names.add(name);
    if (number !== undefined) errors.invalidAll(`${at}.port`, number, port(number));
    if (protocol === undefined) errors.required(`${at}.protocol`);
    else errors.oneOf(`${at}.protocol`, protocol, PROTOCOLS);
    if (appProtocol !== undefined) errors.invalidAll(`${at}.appProtocol`, appProtocol, qualifiedName(appProtocol));
  });
}

export function validateEndpointSliceUpdate(slice: EndpointSlice, old: EndpointSlice): FieldError[] {
  const errors = new ErrorList();
  if (slice.addressType !== old.addressType) errors.invalid('addressType', slice.addressType, FIELD_IMMUTABLE);
  return [...validateEndpointSlice(slice), ...errors.items];
}
