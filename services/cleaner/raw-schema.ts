/** JSON Schema of a canonical event in `events-raw`. A sender's unknown fields belong in `properties` or `context`. */

const id = { type: 'string', minLength: 1, maxLength: 256 };
const optionalId = { type: ['string', 'null'], maxLength: 256 };
// Numbers that JSON can say and a sum cannot hold (1e999) are ValueOutOfRange, a step of its own.
const optionalNumber = { type: ['number', 'null'] };
const optionalText = { type: ['string', 'null'] };
const time = { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$' };

export const rawEventSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['id', 'type', 'time', 'ingestedAt', 'receivedAt'],
  anyOf: [
    { required: ['userId'], properties: { userId: { type: 'string', minLength: 1 } } },
    { required: ['anonymousId'], properties: { anonymousId: { type: 'string', minLength: 1 } } },
  ],
  properties: {
    id,
    type: { type: 'string', minLength: 1, maxLength: 63 },
    time,
    ingestedAt: time,
    receivedAt: time,
    userId: optionalId,
    anonymousId: optionalId,
    previousId: optionalId,
    itemId: optionalId,
    value: optionalNumber,
    quantity: optionalNumber,
    text: optionalText,
    item: {
      type: ['object', 'null'],
      additionalProperties: false,
      properties: {
        category: optionalText,
        brand: optionalText,
        title: optionalText,
        price: optionalNumber,
        available: { type: 'boolean' },
      },
    },
    properties: { type: ['object', 'null'] },
    context: { type: ['object', 'null'] },
  },
};
