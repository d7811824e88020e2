const NAMED = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly'];
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const FIELDS: readonly { min: number; max: number; names?: readonly string[] }[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: MONTHS },
  { min: 0, max: 6, names: DAYS },
];

/** What is wrong with a schedule, or undefined. Source: robfig/cron ParseStandard. */
export function cronProblem(schedule: string): string | undefined {
  if (schedule === '') return 'empty spec string';
  if (schedule.startsWith('@')) {
    if (NAMED.includes(schedule) || /^@every (\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(schedule)) return undefined;
    return schedule.startsWith('@every ') ? `failed to parse duration ${schedule}` : `unrecognized descriptor: ${schedule}`;
  }
  const fields = schedule.trim().split(/\s+/);
  if (fields.length !== FIELDS.length) return `expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`;
  for (const [i, rule] of FIELDS.entries()) {
    for (const part of (fields[i] ?? '').split(',')) {
      const problem = partProblem(part, rule);
      if (problem !== undefined) return problem;
    }
  }
  return undefined;
}

function partProblem(part: string, { min, max, names }: (typeof FIELDS)[number]): string | undefined {
  const [range = '', step, ...tooMuch] = part.split('/');
  if (tooMuch.length > 0) return `too many slashes: ${part}`;
  const [from = '', to, ...more] = range.split('-');
  if (more.length > 0) return `too many hyphens: ${part}`;
  const read = (text: string): number => {
    const named = names?.indexOf(text.toLowerCase()) ?? -1;
    if (named >= 0) return named + (names === MONTHS ? 1 : 0);
    return /^\d+$/.test(text) ? Number(text) : Number.NaN;
  };
  const any = from === '*' || from === '?';
  const start = any ? min : read(from);
  const end = any ? max : to === undefined ? (step === undefined ? start : max) : read(to);
  const bad = Number.isNaN(start) ? from : Number.isNaN(end) ? to : undefined;
  if (bad !== undefined) return `failed to parse int from ${bad}: strconv.Atoi: parsing "${bad}": invalid syntax`;
  if (step !== undefined && !/^\d+$/.test(step)) return `failed to parse int from ${step}: strconv.Atoi: parsing "${step}": invalid syntax`;
  if (start < min) return `beginning of range (${start}) below minimum (${min}): ${part}`;
  if (end > max) return `end of range (${end}) above maximum (${max}): ${part}`;
  if (start > end) return `beginning of range (${start}) beyond end of range (${end}): ${part}`;
  return step !== undefined && Number(step) === 0 ? `step of range should be a positive number: ${part}` : undefined;
}
