/** Refuses events whose sender calls itself a robot. */
import { isBot } from 'isbot';
import type { CleanerSlice } from '../../../crds/slices.ts';
import { deadLetter, ok } from '../../shared/result.ts';
import type { Step } from '../step.ts';

/** User agents repeat; one match of the pattern costs more than the rest of the step. */
const remembered = 4096;

export function createBotsStep({ bots }: Pick<CleanerSlice['cleaning'], 'bots'>): Step {
  if (bots.userAgents === 'None') return ok;
  const verdicts = new Map<string, boolean>();
  return (event) => {
    const userAgent = event.context?.['userAgent'];
    if (typeof userAgent !== 'string' || userAgent === '') return ok(event);
    let bot = verdicts.get(userAgent);
    if (bot === undefined) {
      bot = isBot(userAgent);
      if (verdicts.size >= remembered) verdicts.clear();
      verdicts.set(userAgent, bot);
    }
    return bot ? deadLetter('Bot', `context.userAgent is a robot's: ${userAgent.slice(0, 200)}`) : ok(event);
  };
}
