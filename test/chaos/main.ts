/** `npm run chaos -- kill|operator`: the tests of faults at any size; `kill` where no other is named. */
import { killChaos } from './kill-command.ts';
import { operatorChaos } from './operator/command.ts';

const commands = { kill: killChaos, operator: operatorChaos };

// What was started ends with this process, but not by a signal's own doing.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

const [first = '', ...rest] = process.argv.slice(2);
const isNamed = Object.hasOwn(commands, first);
const command = isNamed ? commands[first as keyof typeof commands] : commands.kill;
process.exitCode = await command(isNamed ? rest : process.argv.slice(2));
