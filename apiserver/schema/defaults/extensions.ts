import { fill, type JsonRecord, recordAt, recordsAt, stringAt } from '../record.ts';
import type { Defaults } from './defaults.ts';

const HTTPS = 443;

/** What extends the API server, and its flow control. Source: the groups' v1/defaults.go upstream. */
export const EXTENSION_DEFAULTS: Defaults = {
  'admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration': (object) => {
    for (const webhook of recordsAt(object, 'webhooks')) defaultWebhook(webhook);
  },
  'admissionregistration.k8s.io/v1/MutatingWebhookConfiguration': (object) => {
    for (const webhook of recordsAt(object, 'webhooks')) {
      defaultWebhook(webhook);
      fill(webhook, 'reinvocationPolicy', 'Never');
    }
  },
  'admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy': defaultPolicy,
  'admissionregistration.k8s.io/v1/MutatingAdmissionPolicy': defaultPolicy,
  'admissionregistration.k8s.io/v1/ValidatingAdmissionPolicyBinding': (object) =>
    defaultMatch(recordAt(recordAt(object, 'spec'), 'matchResources')),
  'admissionregistration.k8s.io/v1/MutatingAdmissionPolicyBinding': (object) =>
    defaultMatch(recordAt(recordAt(object, 'spec'), 'matchResources')),
  'apiextensions.k8s.io/v1/CustomResourceDefinition': defaultCustomResourceDefinition,
  'apiregistration.k8s.io/v1/APIService': (object) => defaultPort(recordAt(recordAt(object, 'spec'), 'service')),
  'flowcontrol.apiserver.k8s.io/v1/FlowSchema': (object) => {
    const spec = recordAt(object, 'spec');
    if (spec !== undefined) fill(spec, 'matchingPrecedence', 1000);
  },
  'flowcontrol.apiserver.k8s.io/v1/PriorityLevelConfiguration': defaultPriorityLevel,
  'authentication.k8s.io/v1/TokenRequest': (object) => {
    const spec = recordAt(object, 'spec');
    if (spec !== undefined) fill(spec, 'expirationSeconds', 3600);
  },
};

function defaultPort(service: JsonRecord | undefined): void {
  if (service !== undefined) fill(service, 'port', HTTPS);
}

function defaultWebhook(webhook: JsonRecord): void {
  fill(webhook, 'failurePolicy', 'Fail');
  fill(webhook, 'matchPolicy', 'Equivalent');
  fill(webhook, 'namespaceSelector', {});
  fill(webhook, 'objectSelector', {});
  fill(webhook, 'timeoutSeconds', 10);
  for (const rule of recordsAt(webhook, 'rules')) fill(rule, 'scope', '*');
  defaultPort(recordAt(recordAt(webhook, 'clientConfig'), 'service'));
}

function defaultPolicy(policy: JsonRecord): void {
  const spec = recordAt(policy, 'spec');
  if (spec === undefined) return;
  fill(spec, 'failurePolicy', 'Fail');
  defaultMatch(recordAt(spec, 'matchConstraints'));
}

function defaultMatch(match: JsonRecord | undefined): void {
  if (match === undefined) return;
  fill(match, 'namespaceSelector', {});
  fill(match, 'objectSelector', {});
  fill(match, 'matchPolicy', 'Equivalent');
  for (const rule of [...recordsAt(match, 'resourceRules'), ...recordsAt(match, 'excludeResourceRules')]) fill(rule, 'scope', '*');
}

function defaultCustomResourceDefinition(definition: JsonRecord): void {
  const spec = recordAt(definition, 'spec');
  const names = recordAt(spec, 'names');
  if (spec === undefined) return;
  const kind = stringAt(names, 'kind');
  if (names !== undefined) {
    if (stringAt(names, 'singular') === '') names['singular'] = kind.toLowerCase();
    if (stringAt(names, 'listKind') === '' && kind !== '') names['listKind'] = `${kind}List`;
  }
  fill(spec, 'conversion', { strategy: 'None' });
  defaultPort(recordAt(recordAt(recordAt(recordAt(spec, 'conversion'), 'webhook'), 'clientConfig'), 'service'));
}

function defaultPriorityLevel(level: JsonRecord): void {
  const spec = recordAt(level, 'spec');
  const limited = recordAt(spec, 'limited');
  if (limited !== undefined) {
    fill(limited, 'nominalConcurrencyShares', 30);
    fill(limited, 'lendablePercent', 0);
    const queuing = recordAt(recordAt(limited, 'limitResponse'), 'queuing');
    if (queuing !== undefined) {
      fill(queuing, 'queues', 64);
      fill(queuing, 'handSize', 8);
      fill(queuing, 'queueLengthLimit', 50);
    }
  }
  const exempt = recordAt(spec, 'exempt');
  if (exempt !== undefined) {
    fill(exempt, 'nominalConcurrencyShares', 0);
    fill(exempt, 'lendablePercent', 0);
  }
}
