/** Asks the running pipeline for recommendations, as a shop would. */
import type { Question } from './questions.ts';

/** Whether the item is among the ten that the API recommends now; undefined before there is a model. */
export async function askApi(url: string, { userId, itemId, seen }: Question): Promise<boolean | undefined> {
  const response = await fetch(`${url}/v1/recommendations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ userId, n: 10, exclude: seen }),
  });
  const answer = (await response.json()) as { items?: { itemId: string }[]; error?: { code: string } };
  if (answer.error?.code === 'NoModel') return undefined;
  if (answer.items === undefined)
    throw new Error(`recommendations answered ${response.status}: ${JSON.stringify(answer)}`);
  return answer.items.some((item) => item.itemId === itemId);
}
