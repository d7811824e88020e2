export interface BenchReport {
  machine: Record<string, string | number>;
  commit: string;
  at: string;
  results: { file: string; question: string; result: Record<string, unknown> }[];
}

/** docs/benchmarks.md from a report: a section a benchmark, a row a figure. */
export function benchmarksPage({ machine, commit, at, results }: BenchReport): string {
  const sections = results.map(({ file, question, result }) => {
    const rows = flatten(result).map(([name, value]) => `| ${name} | ${value} |\n`);
    return `## ${file.replace('.bench.ts', '')}\n\n${question}\n\n| figure | value |\n|---|---|\n${rows.join('')}`;
  });
  return `# Benchmarks

Written by \`npm run bench:doc\`; never by hand. Machines are noisy: compare figures of one run with each other.

${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, Node ${machine.node}, commit ${commit}, ${at}.

${sections.join('\n')}`;
}

function flatten(value: unknown, path = ''): [string, string][] {
  if (value === null || typeof value !== 'object') return [[path, String(value)]];
  return Object.entries(value).flatMap(([key, inner]) => flatten(inner, path === '' ? key : `${path}.${key}`));
}
