import type {
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  MutatingWebhookConfiguration,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  ValidatingWebhookConfiguration,
} from '../../../shared/api/generated/admissionregistration-v1.ts';
import type { APIService } from '../../../shared/api/generated/apiregistration-v1.ts';
import type { FlowSchema, PriorityLevelConfiguration } from '../../../shared/api/generated/flowcontrol-v1.ts';
import type { DeviceClass, ResourceClaim, ResourceClaimTemplate, ResourceSlice } from '../../../shared/api/generated/resource-v1.ts';
import type { DeepReadonly } from '../../../shared/api/meta.ts';
import { since } from './human-duration.ts';
import { AGE, column, NAME, type Printer, printer } from './printer.ts';

const integer = { type: 'integer' };
const nameAndAge = printer<DeviceClass | ResourceClaimTemplate>([NAME, AGE], ({ metadata }, now) => [
  metadata.name,
  since(metadata.creationTimestamp, now),
]);

const webhooks = printer<MutatingWebhookConfiguration | ValidatingWebhookConfiguration>(
  [NAME, column('Webhooks', integer), AGE],
  (configuration, now) => [
    configuration.metadata.name,
    configuration.webhooks?.length ?? 0,
    since(configuration.metadata.creationTimestamp, now),
  ],
);

const policyBindings = printer<MutatingAdmissionPolicyBinding | ValidatingAdmissionPolicyBinding>(
  [NAME, column('PolicyName'), column('ParamRef'), AGE],
  ({ metadata, spec }, now) => [metadata.name, spec.policyName ?? '', paramRef(spec.paramRef), since(metadata.creationTimestamp, now)],
);

/** Printers of what extends the API, shapes its traffic or hands out devices. */
export const extension: Readonly<Record<string, Printer>> = {
  mutatingwebhookconfigurations: webhooks,
  validatingwebhookconfigurations: webhooks,
  mutatingadmissionpolicies: printer<MutatingAdmissionPolicy>(
    [NAME, column('Mutations', integer), column('ParamKind'), AGE],
    ({ metadata, spec }, now) => [
      metadata.name,
      spec.mutations?.length ?? 0,
      paramKind(spec.paramKind),
      since(metadata.creationTimestamp, now),
    ],
  ),
  validatingadmissionpolicies: printer<ValidatingAdmissionPolicy>(
    [NAME, column('Validations', integer), column('ParamKind'), AGE],
    ({ metadata, spec }, now) => [
      metadata.name,
      spec.validations?.length ?? 0,
      paramKind(spec.paramKind),
      since(metadata.creationTimestamp, now),
    ],
  ),
  mutatingadmissionpolicybindings: policyBindings,
  validatingadmissionpolicybindings: policyBindings,
  apiservices: printer<APIService>([NAME, column('Service'), column('Available'), AGE], ({ metadata, spec, status }, now) => {
    const available = status?.conditions?.find(({ type }) => type === 'Available');
    const why = available !== undefined && available.status !== 'True' && available.reason ? ` (${available.reason})` : '';
    return [
      metadata.name,
      spec.service === undefined ? 'Local' : `${spec.service.namespace}/${spec.service.name}`,
      `${available?.status ?? 'Unknown'}${why}`,
      since(metadata.creationTimestamp, now),
    ];
  }),
  flowschemas: printer<FlowSchema>(
    [NAME, column('PriorityLevel'), column('MatchingPrecedence'), column('DistinguisherMethod'), AGE, column('MissingPL')],
    ({ metadata, spec, status }, now) => {
      const dangling = status?.conditions?.find(({ type }) => type === 'Dangling')?.status ?? '?';
      return [
        metadata.name,
        spec.priorityLevelConfiguration.name,
        spec.matchingPrecedence ?? 0,
        spec.distinguisherMethod?.type ?? '<none>',
        since(metadata.creationTimestamp, now),
        dangling,
      ];
    },
  ),
  prioritylevelconfigurations: printer<PriorityLevelConfiguration>(
    [NAME, column('Type'), column('NominalConcurrencyShares'), column('Queues'), column('HandSize'), column('QueueLengthLimit'), AGE],
    ({ metadata, spec }, now) => {
      const { queues, handSize, queueLengthLimit } = spec.limited?.limitResponse?.queuing ?? {};
      const shares = (spec.limited ?? spec.exempt)?.nominalConcurrencyShares;
      return [
        metadata.name,
        spec.type,
        shares ?? '<none>',
        queues ?? '<none>',
        handSize ?? '<none>',
        queueLengthLimit ?? '<none>',
        since(metadata.creationTimestamp, now),
      ];
    },
  ),
  deviceclasses: nameAndAge,
  resourceclaimtemplates: nameAndAge,
  resourceclaims: printer<ResourceClaim>([NAME, column('State'), AGE], (claim, now) => [
    claim.metadata.name,
    claimState(claim),
    since(claim.metadata.creationTimestamp, now),
  ]),
  resourceslices: printer<ResourceSlice>([NAME, column('Node'), column('Driver'), column('Pool'), AGE], ({ metadata, spec }, now) => [
    metadata.name,
    spec.nodeName || (spec.allNodes === true ? '<all>' : spec.nodeSelector === undefined ? '<none>' : '<some>'),
    spec.driver,
    spec.pool.name,
    since(metadata.creationTimestamp, now),
  ]),
};

function paramKind(kind: { readonly apiVersion?: string | undefined; readonly kind?: string | undefined } | undefined): string {
  return kind === undefined ? '<unset>' : `${kind.apiVersion}/${kind.kind}`;
}

function paramRef(ref: { readonly namespace?: string | undefined; readonly name?: string | undefined } | undefined): string {
  if (ref === undefined) return '<unset>';
  if (!ref.name) return '*';
  return ref.namespace ? `${ref.namespace}/${ref.name}` : ref.name;
}

function claimState({ metadata, status }: DeepReadonly<ResourceClaim>): string {
  const states = [
    ...(metadata.deletionTimestamp === undefined ? [] : ['deleted']),
    ...(status?.allocation === undefined ? [] : ['allocated']),
    ...((status?.reservedFor ?? []).length === 0 ? [] : ['reserved']),
  ];
  return states.length === 0 ? 'pending' : states.join(',');
}
