import { ClusterError, textOfError } from './cluster-error.ts';
import { COMMANDS, helpText } from './commands/commands.ts';

/** `./kubernetus COMMAND ARGS…`; a ClusterError is one sentence and exit 1. */
async function main(argv: readonly string[]): Promise<number> {
  const [name = 'help', ...args] = argv;
  if (name === 'help' || name === '--help' || name === '-h') {
    process.stdout.write(helpText());
    return 0;
  }
  const command = COMMANDS[name];
  if (command === undefined) throw new ClusterError(`unknown command ${JSON.stringify(name)}: \`./kubernetus help\` lists the commands`);
  if (name !== 'kubectl' && name !== 'test' && (args.includes('--help') || args.includes('-h'))) {
    process.stdout.write(`${command.usage}\n\n${command.help}\n`);
    return 0;
  }
  return command.run(args);
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`kubernetus: ${textOfError(error)}\n`);
    process.exitCode = 1;
  },
);
