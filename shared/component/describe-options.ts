import { envName, type OptionSpec, type OptionTable } from './options.ts';

/** The text that `--help` prints. */
export function helpText(component: string, table: OptionTable): string {
  const flags = Object.entries(table).map(([name, spec]) => ({
    left: `  --${name}${spec.type === 'boolean' ? '' : ` ${spec.type.toUpperCase()}`}`,
    spec,
    name,
  }));
  const width = Math.min(40, Math.max(...flags.map(({ left }) => left.length)) + 2);
  const lines = flags.map(({ left, spec, name }) => {
    const gap = left.length < width ? left.padEnd(width) : `${left}\n${' '.repeat(width)}`;
    return `${gap}${spec.help}${facts(spec)} [${envName(name)}]`;
  });
  return `Usage: ${component} [options]\n\nOptions:\n${lines.join('\n')}\n`;
}

/** A markdown table of the options, for docs/options.md. */
export function optionsDoc(table: OptionTable): string {
  const rows = Object.entries(table).map(([name, spec]) => {
    const cells = [
      `\`--${name}\``,
      `\`${envName(name)}\``,
      spec.type,
      spec.default === undefined ? (spec.optional === true ? '' : 'required') : `\`${show(spec)}\``,
    ];
    const help = `${spec.help}${spec.unit === undefined ? '' : ` (${spec.unit})`}${spec.upstreamFlag === undefined ? '' : ` · as \`--${spec.upstreamFlag}\``}`;
    return `| ${[...cells, help.replaceAll('|', '\\|')].join(' | ')} |`;
  });
  return ['| option | environment | type | default | meaning |', '|---|---|---|---|---|', ...rows, ''].join('\n');
}

function facts(spec: OptionSpec): string {
  const unit = spec.unit === undefined ? '' : `, ${spec.unit}`;
  if (spec.default === undefined) return spec.optional === true ? unit : ` (required${unit})`;
  return spec.default === '' ? unit : ` (default ${show(spec)}${unit})`;
}

function show({ type, default: value }: OptionSpec): string {
  if (Array.isArray(value)) return value.join(',');
  if (type !== 'duration' || typeof value !== 'number') return String(value);
  if (value % 60_000 === 0 && value > 0) return `${value / 60_000}m`;
  return value % 1_000 === 0 && value > 0 ? `${value / 1_000}s` : `${value}ms`;
}
