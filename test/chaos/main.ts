/** `npm run chaos -- kill|operator`: the tests of faults at any size; `kill` where no other is named. */
import { killChaos } from './kill-command.ts';
import { operatorChaos } from './operator/command.ts';

const commands = { kill: killChaos, operator: operatorChaos };

// What was started ends with this process, but not by a signal's own doing.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

const help = `npm run chaos -- kill [--events N] [--kills N] [--pauses N] [--redis N] [--seed S] [--seconds N]
  20,000 events through real processes that are killed, stopped and cut off; every profile must equal an oracle's.
npm run chaos -- operator [--seed S] [--fraction 0..1] [--only create|update|retrain|delete] [--match TEXT] [--at-once N] [--json]
  Every write of the operator disturbed in every way, one at a time; the objects must be those of an undisturbed run.`;

const [first = '', ...rest] = process.argv.slice(2);
const isNamed = Object.hasOwn(commands, first);
const command = isNamed ? commands[first as keyof typeof commands] : commands.kill;
if (process.argv.includes('--help')) console.log(help);
else process.exitCode = await command(isNamed ? rest : process.argv.slice(2));
