/** Announces candidates to a gate world, one after the other, and waits for what the gate says of each. */
import { expect, vi } from 'vitest';
import type { CandidateMessage, GateMessage } from '../../services/shared/model-stream.ts';
import type { GateWorld, Look } from './world.ts';

/** Resolves once promotion has refused it for what the gate says. */
export async function announceBad(
  world: GateWorld,
  candidate: CandidateMessage,
  look: Look = {},
): Promise<GateMessage> {
  world.forgive();
  world.lookWith(look);
  await world.announce(candidate);
  const verdict = await verdictOn(world, candidate);
  await vi.waitFor(
    () => expect(world.activation.models()[0]!.lastRefusal).toContain(verdict.reasons.join('; ')),
    10_000,
  );
  return verdict;
}

/** Beside a model in service. */
function verdictOn(world: GateWorld, { runId, digest }: CandidateMessage): Promise<GateMessage> {
  return vi.waitFor(
    async () => {
      const found = (await world.messages()).find(
        (message) =>
          message.kind === 'gate' && message.runId === runId && message.digest === digest && message.against !== null,
      );
      return found === undefined ? expect.fail('not judged yet') : (found as GateMessage);
    },
    { timeout: 10_000, interval: 20 },
  );
}
