import { isDeepStrictEqual } from 'node:util';
import type { Node } from '../../shared/api/generated/core-v1.ts';
import type { FieldError } from '../../shared/machinery/api-error.ts';
import { ErrorList } from './error-list.ts';
import { cidr, labelValue, qualifiedName } from './names.ts';
import { validateQuantity } from './resources.ts';

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

/** Source: kubernetes pkg/apis/core/validation ValidateNode. */
export function validateNode({ spec, status }: Node): FieldError[] {
  const errors = new ErrorList();
  validateTaints(errors, spec.taints ?? []);
  for (const [name, quantity] of Object.entries(status.capacity ?? {})) validateQuantity(errors, name, quantity, `status.capacity.${name}`);
  (spec.podCIDRs ?? []).forEach((range, i) => void errors.invalidAll(`spec.podCIDRs[${i}]`, range, cidr(range)));
  return errors.items;
}

function validateTaints(errors: ErrorList, taints: NonNullable<Node['spec']['taints']>): void {
  const seen = new Set<string>();
  taints.forEach((taint, i) => {
    const at = `spec.taints[${i}]`;
    errors.invalidAll(`${at}.key`, taint.key, qualifiedName(taint.key));
    const problems = labelValue(taint.value ?? '');
    if (problems.length > 0) errors.invalid(`${at}.value`, taint.value, problems.join(';'));
    if ((taint.effect as string) === '') errors.required(`${at}.effect`);
    else errors.oneOf(`${at}.effect`, taint.effect, EFFECTS);
    const id = `${taint.effect}/${taint.key}`;
    if (seen.has(id)) {
      errors.duplicate(at, taint);
      const last = errors.items.at(-1);
      if (last !== undefined) last.message += '\ntaints must be unique by key and effect pair';
    }
    seen.add(id);
  });
}

/** What a node's owner may change after it was made. Source: ValidateNodeUpdate. */
export function validateNodeUpdate(node: Node, old: Node): FieldError[] {
  const errors = new ErrorList();
  if ((old.spec.podCIDRs ?? []).length > 0 && !isDeepStrictEqual(node.spec.podCIDRs, old.spec.podCIDRs)) {
    errors.forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid');
  }
  if ((old.spec.providerID ?? '') !== '' && node.spec.providerID !== old.spec.providerID) {
    errors.forbidden('spec.providerID', 'node updates may not change providerID except from "" to valid');
  }
  return [...validateNode(node), ...errors.items];
}
