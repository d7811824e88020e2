import type { CustomResourceConversion, WebhookClientConfig } from '../../shared/api/generated/apiextensions-v1.ts';
import type { ErrorList } from '../validation/error-list.ts';
import { dns1035Label, dnsLabel } from '../validation/names.ts';

/** Versions of ConversionReview that a webhook may speak. */
const REVIEWS = ['v1', 'v1beta1'];

/** How objects get from version to version; the paths are those of upstream's internal form. Source: validateCustomResourceConversion. */
export function validateConversion(errors: ErrorList, conversion: CustomResourceConversion | undefined, field: string): void {
  if (conversion === undefined) return;
  const { strategy, webhook } = conversion;
  if (strategy === '') errors.required(`${field}.strategy`);
  else errors.oneOf(`${field}.strategy`, strategy, ['None', 'Webhook']);
  const config = webhook?.clientConfig;
  const reviews = webhook?.conversionReviewVersions ?? [];
  if (strategy !== 'Webhook') {
    const detail = 'should not be set when strategy is not set to Webhook';
    if (config !== undefined) errors.forbidden(`${field}.webhookClientConfig`, detail);
    if (reviews.length > 0) errors.forbidden(`${field}.conversionReviewVersions`, detail);
    return;
  }
  if (config === undefined) errors.required(`${field}.webhookClientConfig`, 'required when strategy is set to Webhook');
  else validateClientConfig(errors, config, `${field}.webhookClientConfig`);
  validateReviews(errors, reviews, `${field}.conversionReviewVersions`);
}

function validateClientConfig(errors: ErrorList, { url, service }: WebhookClientConfig, field: string): void {
  if ((url === undefined) === (service === undefined)) return errors.required(field, 'exactly one of url or service is required');
  if (url !== undefined) return validateUrl(errors, url, `${field}.url`);
  if (service === undefined) return;
  const at = `${field}.service`;
  if (service.name === '') errors.required(`${at}.name`, 'service name is required');
  if (service.namespace === '') errors.required(`${at}.namespace`, 'service namespace is required');
  const port = service.port ?? 443;
  if (port < 1 || port > 65_535) errors.invalid(`${at}.port`, port, 'port is not valid: must be between 1 and 65535, inclusive');
  if (service.path !== undefined) validatePath(errors, service.path, `${at}.path`);
}

function validateUrl(errors: ErrorList, text: string, field: string): void {
  const form = '; desired format: https://host[/path]';
  if (!URL.canParse(text))
    return errors.required(field, `url must be a valid URL: parse ${JSON.stringify(text)}: invalid URI for request${form}`);
  const url = new URL(text);
  if (url.protocol !== 'https:') errors.invalid(field, url.protocol.slice(0, -1), `'https' is the only allowed URL scheme${form}`);
  if (url.host === '') errors.invalid(field, url.host, `host must be specified${form}`);
  if (url.username !== '' || url.password !== '') errors.invalid(field, url.username, 'user information is not permitted in the URL');
  if (url.hash !== '') errors.invalid(field, url.hash.slice(1), 'fragments are not permitted in the URL');
  if (url.search !== '') errors.invalid(field, url.search.slice(1), 'query parameters are not permitted in the URL');
}

function validatePath(errors: ErrorList, path: string, field: string): void {
  if (path === '/') return;
  if (!path.startsWith('/')) return errors.invalid(field, path, "must start with a '/'");
  const parts = path.slice(1).split('/');
  parts.forEach((part, i) => {
    if (part === '' && i < parts.length - 1) errors.invalid(field, path, `segment[${i}] may not be empty`);
    else if (part !== '') for (const problem of dnsLabel(part)) errors.invalid(field, path, `segment[${i}]: ${problem}`);
  });
}

function validateReviews(errors: ErrorList, versions: readonly string[], field: string): void {
  if (versions.length === 0) return errors.required(field);
  versions.forEach((version, i) => {
    if (versions.indexOf(version) < i) errors.invalid(`${field}[${i}]`, version, 'duplicate version');
    else errors.invalidAll(`${field}[${i}]`, version, dns1035Label(version));
  });
  if (!versions.some((version) => REVIEWS.includes(version)))
    errors.invalid(field, versions, `must include at least one of ${REVIEWS.join(', ')}`);
}
