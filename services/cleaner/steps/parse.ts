/** First step: a line of a record becomes an event, or is refused as Malformed or SchemaViolation. */
import { Ajv } from 'ajv';
import { maxBytesPerRecord } from '../../shared/record.ts';
import { deadLetter, ok, type Result } from '../../shared/result.ts';
import { rawEventSchema } from '../raw-schema.ts';
import type { Draft } from '../step.ts';

export function createParseStep(): (line: string) => Result<Draft> {
  const validate = new Ajv({ strictNumbers: false, allowUnionTypes: true }).compile<Draft>(rawEventSchema);
  return (line) => {
    if (line.length > maxBytesPerRecord) return deadLetter('Malformed', `longer than ${maxBytesPerRecord} characters`);
    let event: unknown;
    try {
      event = JSON.parse(line);
    } catch {
      return deadLetter('Malformed', 'not JSON');
    }
    if (validate(event)) return ok(event);
    const { instancePath, message, params } = validate.errors![0]!;
    const extra = params['additionalProperty'] === undefined ? '' : `: ${String(params['additionalProperty'])}`;
    return deadLetter('SchemaViolation', `${instancePath || '/'} ${message}${extra}`);
  };
}
