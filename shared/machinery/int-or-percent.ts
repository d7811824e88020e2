/**
 * Resolves a count or a percentage (`"25%"`) of `total`; percentages round up or down. Throws RangeError on anything else.
 * Source: apimachinery intstr.GetScaledValueFromIntOrPercent.
 */
export function resolveIntOrPercent(value: number | string, total: number, round: 'up' | 'down'): number {
  if (typeof value === 'number') return value;
  const match = /^(\d+)%$/.exec(value);
  if (match === null)
    throw new RangeError(`invalid value for IntOrString: ${JSON.stringify(value)}: must be an integer or a percentage such as "25%"`);
  const share = (Number(match[1]) * total) / 100;
  return round === 'up' ? Math.ceil(share) : Math.floor(share);
}
