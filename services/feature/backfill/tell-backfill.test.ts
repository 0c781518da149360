/** Of what is told again and again, what is new arrives, and what did not arrive is sent again. */
import { expect, it } from 'vitest';
import { tellBackfill } from './tell-backfill.ts';

it('sends each standing until it has arrived, and that there is none', async () => {
  const sent: string[] = [];
  const failures: unknown[] = [];
  let isAway = true;
  const send = async (text: string): Promise<void> => {
    sent.push(text);
    if (isAway) throw new Error('away');
  };
  const tell = tellBackfill({ send, onFailure: (error) => failures.push(error) });
  const turn = () => new Promise(setImmediate);
  const standing = { definition: 'd', progressPercentage: 40 };
  for (let time = 0; time < 2; time++) {
    tell(standing);
    tell(standing);
    await turn();
  }
  isAway = false;
  for (const each of [standing, standing, undefined, undefined]) {
    tell(each);
    await turn();
  }
  const text = '{"definition":"d","progressPercentage":40}';
  expect(sent).toEqual([text, text, text, '']);
  expect(failures).toHaveLength(1);
});
