import type { Taint } from '../../shared/api/generated/core-v1.ts';
import { nodeResources } from './capacity.ts';
import type { Machine } from './machine.ts';
import type { NodeFacts } from './node-object.ts';

export interface NodeOptions {
  nodeName: string | undefined;
  hostnameOverride: string | undefined;
  nodeIp: readonly string[];
  podCidr: string | undefined;
  maxPods: number;
  nodeLabels: readonly string[];
  registerWithTaints: readonly string[];
}

/** A simulated node's size: large enough that room is never what a scale test measures. */
const SIMULATED = { cpus: 32, memoryBytes: 256 * 2 ** 30, diskBytes: 1024 * 2 ** 30 };

export interface FactsInputs {
  options: NodeOptions;
  machine: Machine;
  runtimeVersion: string;
  kubeletVersion: string;
  kubeletPort: number;
}

/** What the one real node of a process is made from. */
export function realNode(inputs: FactsInputs): NodeFacts {
  const { options, machine } = inputs;
  return {
    ...common(inputs),
    name: options.nodeName ?? options.hostnameOverride ?? machine.hostname,
    hostname: options.hostnameOverride ?? options.nodeName ?? machine.hostname,
    podCidr: options.podCidr,
    resources: nodeResources({ ...machine, maxPods: options.maxPods }),
  };
}

/** Range of simulated pods unless one is given: loopback, so that what is sent to them never leaves the machine. */
const SIMULATED_POD_CIDR = '127.128.0.0/9';

/** What the simulated node with that number is made from; each has a /24 of its own. */
export function simulatedNode(inputs: FactsInputs, prefix: string, number: number): NodeFacts {
  const { options } = inputs;
  const name = `${prefix}-${number}`;
  return {
    ...common(inputs),
    name,
    hostname: name,
    podCidr: nodeRange(options.podCidr ?? SIMULATED_POD_CIDR, number),
    resources: nodeResources({ ...SIMULATED, maxPods: options.maxPods }),
  };
}

function common({
  options,
  machine,
  runtimeVersion,
  kubeletVersion,
  kubeletPort,
}: FactsInputs): Omit<NodeFacts, 'name' | 'hostname' | 'podCidr' | 'resources'> {
  return {
    addresses: options.nodeIp.length > 0 ? options.nodeIp : [machine.address],
    machine,
    runtimeVersion,
    kubeletVersion,
    kubeletPort,
    labels: Object.fromEntries(options.nodeLabels.map(parseLabel)),
    taints: options.registerWithTaints.map(parseTaint),
  };
}

/** The /24 with that number in a range. */
function nodeRange(cidr: string, number: number): string {
  const [a = 0, b = 0, c = 0] = cidr.split('.').map((part) => Number.parseInt(part, 10));
  const third = (a * 256 + b) * 256 + c + number;
  return `${Math.floor(third / 65_536)}.${Math.floor(third / 256) % 256}.${third % 256}.0/24`;
}

function parseLabel(text: string): [string, string] {
  const equals = text.indexOf('=');
  if (equals <= 0) throw new Error(`label "${text}" of --node-labels must look like key=value`);
  return [text.slice(0, equals), text.slice(equals + 1)];
}

function parseTaint(text: string): Taint {
  const match = /^([^=:]+)(?:=([^:]*))?:(NoSchedule|PreferNoSchedule|NoExecute)$/.exec(text);
  const [, key, value, effect] = match ?? [];
  if (key === undefined) throw new Error(`taint "${text}" of --register-with-taints must look like key=value:effect`);
  return { key, ...(value === undefined || value === '' ? {} : { value }), effect: effect as Taint['effect'] };
}
