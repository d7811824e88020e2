import type { Lifecycle, LifecycleHandler, Probe } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import type { ErrorList } from './error-list.ts';
import { headerName, port, portName } from './names.ts';

export function validateLivenessProbe(errors: ErrorList, probe: DeepReadonly<Probe> | undefined, path: string): void {
  validateProbe(errors, probe, path);
  onlyOneSuccess(errors, probe, path);
}

export function validateReadinessProbe(errors: ErrorList, probe: DeepReadonly<Probe> | undefined, path: string): void {
  validateProbe(errors, probe, path);
  if (probe?.terminationGracePeriodSeconds === undefined) return;
  errors.invalid(`${path}.terminationGracePeriodSeconds`, probe.terminationGracePeriodSeconds, 'must not be set for readinessProbes');
}

export function validateStartupProbe(errors: ErrorList, probe: DeepReadonly<Probe> | undefined, path: string): void {
  validateProbe(errors, probe, path);
  onlyOneSuccess(errors, probe, path);
}

function onlyOneSuccess(errors: ErrorList, probe: DeepReadonly<Probe> | undefined, path: string): void {
  if (probe !== undefined && probe.successThreshold !== 1)
    errors.invalid(`${path}.successThreshold`, probe.successThreshold ?? 0, 'must be 1');
}

function validateProbe(errors: ErrorList, probe: DeepReadonly<Probe> | undefined, path: string): void {
  if (probe === undefined) return;
  validateHandler(errors, probe, path);
  for (const field of ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'] as const) {
    errors.nonNegative(`${path}.${field}`, probe[field]);
  }
  errors.positive(`${path}.terminationGracePeriodSeconds`, probe.terminationGracePeriodSeconds);
}

export function validateLifecycle(
  errors: ErrorList,
  lifecycle: DeepReadonly<Lifecycle> | undefined,
  path: string,
  graceSeconds: number,
): void {
  if (lifecycle === undefined) return;
  for (const hook of ['postStart', 'preStop'] as const) {
    const handler = lifecycle[hook];
    if (handler !== undefined) validateHandler(errors, handler, `${path}.${hook}`, graceSeconds);
  }
}

type Handler = DeepReadonly<LifecycleHandler & Pick<Probe, 'grpc'>>;

/** Exactly one way to do it. */
function validateHandler(errors: ErrorList, handler: Handler, path: string, graceSeconds = Number.MAX_SAFE_INTEGER): void {
  const checks: Record<string, (() => void) | undefined> = {
    exec:
      handler.exec &&
      (() => {
        if ((handler.exec?.command ?? []).length === 0) errors.required(`${path}.exec.command`);
      }),
    httpGet: handler.httpGet && (() => validateHttpGet(errors, handler.httpGet, `${path}.httpGet`)),
    tcpSocket: handler.tcpSocket && (() => validatePort(errors, handler.tcpSocket?.port, `${path}.tcpSocket.port`)),
    grpc: handler.grpc && (() => void errors.invalidAll(`${path}.grpc.port`, handler.grpc?.port, port(handler.grpc?.port ?? 0))),
    sleep:
      handler.sleep &&
      (() => {
        const seconds = handler.sleep?.seconds ?? 0;
        if (seconds < 0 || seconds > graceSeconds) {
          errors.invalid(
            `${path}.sleep.seconds`,
            seconds,
            `must be non-negative and less than terminationGracePeriodSeconds (${graceSeconds}). Note: When PodLifecycleSleepActionAllowZero feature gate is enabled, 0 is allowed`,
          );
        }
      }),
  };
  let found = 0;
  for (const [kind, check] of Object.entries(checks)) {
    if (check === undefined) continue;
    if (found > 0) errors.forbidden(`${path}.${kind}`, 'may not specify more than 1 handler type');
    else check();
    found++;
  }
  if (found === 0) errors.required(path, 'must specify a handler type');
}

function validateHttpGet(errors: ErrorList, action: Handler['httpGet'], path: string): void {
  if ((action?.path ?? '') === '') errors.required(`${path}.path`);
  validatePort(errors, action?.port, `${path}.port`);
  errors.oneOf(`${path}.scheme`, action?.scheme, ['HTTP', 'HTTPS']);
  (action?.httpHeaders ?? []).forEach(({ name }) => void errors.invalidAll(`${path}.httpHeaders`, name, headerName(name)));
}

/** A number or the name of a container's port. */
export function validatePort(errors: ErrorList, value: number | string | undefined, field: string): void {
  if (typeof value === 'string') errors.invalidAll(field, value, portName(value));
  else errors.invalidAll(field, value ?? 0, port(value ?? 0));
}
