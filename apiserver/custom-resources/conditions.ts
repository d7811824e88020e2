import type { CustomResourceDefinition, CustomResourceDefinitionCondition } from '../../shared/api/generated/apiextensions-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';

export type Definition = DeepReadonly<CustomResourceDefinition>;
export type Condition = CustomResourceDefinitionCondition;
/** A condition as a rule wants it; when it became so is found by comparing. */
export type WantedCondition = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

export function hasCondition({ status }: Definition, type: string): boolean {
  return (status?.conditions ?? []).some((condition) => condition.type === type && condition.status === 'True');
}

/** The conditions with some set; the time changes only with the status. Source: apiextensions helpers.SetCRDCondition. */
export function withConditions(conditions: readonly Condition[], wanted: readonly WantedCondition[], now: string): Condition[] {
  const result = [...conditions];
  for (const condition of wanted) {
    const at = result.findIndex(({ type }) => type === condition.type);
    const before = result[at];
    const lastTransitionTime = before === undefined || before.status !== condition.status ? now : before.lastTransitionTime;
    const { type, status, reason, message } = condition;
    const next = { type, status, lastTransitionTime, reason, message };
    if (at < 0) result.push(next);
    else result[at] = next;
  }
  return result;
}

/** Names where somebody agreed to a definition in a group of the project. */
export const APPROVAL = 'api-approved.kubernetes.io';
const WHY = 'see https://github.com/kubernetes/enhancements/pull/1111';

export interface Approval {
  state: 'not needed' | 'missing' | 'malformed' | 'approved' | 'bypassed';
  text: string;
}

/** Source: apiextensions-apiserver helpers.GetAPIApprovalState. */
export function approvalOf({ metadata, spec }: Definition): Approval {
  if (!/(?:^|\.)(?:k8s|kubernetes)\.io$/.test(spec.group)) return { state: 'not needed', text: '' };
  const value = metadata.annotations?.[APPROVAL] ?? '';
  if (value === '') return { state: 'missing', text: `protected groups must have approval annotation "${APPROVAL}", ${WHY}` };
  if (value.startsWith('unapproved')) return { state: 'bypassed', text: `not approved: ${JSON.stringify(value)}` };
  if (URL.canParse(value) && new URL(value).host !== '') return { state: 'approved', text: `approved in ${value}` };
  const text = `protected groups must have approval annotation "${APPROVAL}" with either a URL or a reason starting with "unapproved", ${WHY}`;
  return { state: 'malformed', text };
}
