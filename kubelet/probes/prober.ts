import type { Container, Pod, Probe } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import type { EventRecorder } from '../../shared/client/event-recorder.ts';
import type { Clock } from '../../shared/machinery/clock.ts';
import { fieldPathOf } from '../pods/containers.ts';
import type { ProbeVerdicts } from '../pods/plan-pod.ts';
import type { ContainerId, ContainerStatus, RuntimeDriver } from '../runtime/driver.ts';
import { probeExec } from './exec.ts';
import { probeGrpc } from './grpc.ts';
import { probeHttp } from './http.ts';
import { resolvePort } from './port.ts';
import type { ProbeKind, ProbeOutcome } from './probe.ts';
import { ProbeLoop } from './probe-loop.ts';
import { probeTcp } from './tcp.ts';

/** Tries of a probe that could not be made at all. Source: kubelet/prober maxProbeRetries. */
const MAX_TRIES = 3;

interface Probed {
  podUid: string;
  verdicts: ProbeVerdicts;
  loops: Map<ProbeKind, ProbeLoop>;
}

export interface ProbedContainer {
  pod: DeepReadonly<Pod>;
  container: DeepReadonly<Container>;
  status: ContainerStatus;
  podIP: string;
  /** What the API said of this very container before: a restarted kubelet goes on from there. */
  before: { started: boolean; ready: boolean };
}

export interface ProberOptions {
  driver: RuntimeDriver;
  clock: Clock;
  events: EventRecorder;
  userAgent: string;
  /** A verdict changed: look at the pod again. */
  changed(podUid: string): void;
  /** All probes succeed at once: containers that are not there cannot be asked. */
  simulated: boolean;
}

/** Probes the running containers of a node; keeps the verdicts. Source: kubernetes pkg/kubelet/prober. */
export class Prober {
  readonly #options: ProberOptions;
  readonly #containers = new Map<ContainerId, Probed>();

  constructor(options: ProberOptions) {
    this.#options = options;
  }

  verdicts(id: ContainerId): ProbeVerdicts {
    return this.#containers.get(id)?.verdicts ?? {};
  }

  /** Probes exactly these containers of the pod from now on. */
  sync(podUid: string, running: readonly ProbedContainer[]): void {
    const ids = new Set(running.map(({ status }) => status.id));
    for (const [id, probed] of this.#containers) if (probed.podUid === podUid && !ids.has(id)) this.#drop(id, probed);
    for (const container of running) if (!this.#containers.has(container.status.id)) this.#add(podUid, container);
  }

  remove(podUid: string): void {
    this.sync(podUid, []);
  }

  /** The pod is ending: from now on only readiness counts. */
  stopLiveness(podUid: string): void {
    for (const { podUid: owner, loops } of this.#containers.values()) {
      if (owner !== podUid) continue;
      for (const kind of ['Liveness', 'Startup'] as const) loops.get(kind)?.stop();
    }
  }

  close(): void {
    for (const [id, probed] of this.#containers) this.#drop(id, probed);
  }

  #add(podUid: string, target: ProbedContainer): void {
    const { startupProbe, livenessProbe, readinessProbe } = target.container;
    if (startupProbe === undefined && livenessProbe === undefined && readinessProbe === undefined) return;
    const { started, ready } = target.before;
    const sure = this.#options.simulated;
    const probed: Probed = {
      podUid,
      verdicts: {
        ...(startupProbe !== undefined && (started || sure) ? { startup: 'success' } : {}),
        ...(readinessProbe === undefined ? {} : { readiness: ready || sure ? 'success' : 'failure' }),
      },
      loops: new Map(),
    };
    this.#containers.set(target.status.id, probed);
    if (sure) return;
    if (startupProbe !== undefined && !started) this.#start('Startup', startupProbe, target, probed);
    else this.#startOthers(target, probed);
  }

  #startOthers(target: ProbedContainer, probed: Probed): void {
    const { livenessProbe, readinessProbe } = target.container;
    if (livenessProbe !== undefined) this.#start('Liveness', livenessProbe, target, probed);
    if (readinessProbe !== undefined) this.#start('Readiness', readinessProbe, target, probed);
  }

  #start(kind: ProbeKind, probe: DeepReadonly<Probe>, target: ProbedContainer, probed: Probed): void {
    const { clock } = this.#options;
    const loop = new ProbeLoop({
      kind,
      probe,
      containerStartedAt: target.status.startedAt,
      clock,
      run: () => this.#attempt(probe, target),
      outcome: (_kind, outcome) => this.#tell(kind, target, outcome),
      verdict: (_kind, verdict) => this.#decide(kind, verdict, target, probed),
    });
    probed.loops.set(kind, loop);
    loop.start();
  }

  #decide(kind: ProbeKind, verdict: 'success' | 'failure', target: ProbedContainer, probed: Probed): void {
    const key = kind === 'Startup' ? 'startup' : kind === 'Liveness' ? 'liveness' : 'readiness';
    const changed = probed.verdicts[key] !== verdict;
    probed.verdicts = { ...probed.verdicts, [key]: verdict };
    if (kind !== 'Readiness' && verdict === 'failure') probed.loops.get(kind)?.stop(); // held until there is a new container
    if (kind === 'Startup' && verdict === 'success') {
      probed.loops.get(kind)?.stop();
      this.#startOthers(target, probed);
    }
    if (changed) this.#options.changed(probed.podUid);
  }

  #tell(kind: ProbeKind, { pod, container }: ProbedContainer, { result, message }: ProbeOutcome): void {
    const about = { fieldPath: fieldPathOf(pod, container.name) };
    const { events } = this.#options;
    if (result === 'failure') events.event(pod, 'Warning', 'Unhealthy', `${kind} probe failed: ${message}`, about);
    if (result === 'warning') events.event(pod, 'Warning', 'ProbeWarning', `${kind} probe warning: ${message}`, about);
    if (result === 'unknown')
      events.event(pod, 'Warning', 'Unhealthy', `${kind} probe errored and resulted in unknown state: ${message}`, about);
  }

  async #attempt(probe: DeepReadonly<Probe>, target: ProbedContainer): Promise<ProbeOutcome> {
    let outcome: ProbeOutcome = { result: 'unknown', message: '' };
    for (let tries = 0; tries < MAX_TRIES && outcome.result === 'unknown'; tries++) outcome = await this.#once(probe, target);
    return outcome;
  }

  async #once(probe: DeepReadonly<Probe>, { container, status, podIP }: ProbedContainer): Promise<ProbeOutcome> {
    const { driver, clock, userAgent } = this.#options;
    const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
    const { exec, httpGet, tcpSocket, grpc } = probe;
    const orPodIP = (host: string | undefined): string => (host === undefined || host === '' ? podIP : host);
    try {
      if (exec !== undefined) return await probeExec({ driver, id: status.id, command: exec.command ?? [] }, timeoutMs, clock);
      if (httpGet !== undefined) {
        const { scheme = 'HTTP', host, path = '/', httpHeaders: headers = [] } = httpGet;
        return await probeHttp(
          { scheme, host: orPodIP(host), port: resolvePort(httpGet.port, container), path, headers, userAgent },
          timeoutMs,
          clock,
        );
      }
      if (tcpSocket !== undefined) return await probeTcp(orPodIP(tcpSocket.host), resolvePort(tcpSocket.port, container), timeoutMs, clock);
      if (grpc !== undefined)
        return await probeGrpc({ host: podIP, port: grpc.port, service: grpc.service ?? '', userAgent }, timeoutMs, clock);
      return { result: 'unknown', message: `missing probe handler for container ${container.name}` };
    } catch (error) {
      return { result: 'unknown', message: error instanceof Error ? error.message : String(error) };
    }
  }

  #drop(id: ContainerId, probed: Probed): void {
    for (const loop of probed.loops.values()) loop.stop();
    this.#containers.delete(id);
  }
}
