/** The OpenAPI 3.1 document, made from the operations and schemas that the router itself runs on. Pure. */
import { z } from 'zod';
import type { Operation } from './operations.ts';
import { operations, sharedErrors } from './operations.ts';
import { answerSchemas, requestSchemas } from './schemas.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** Version of the API, not of the release: raised by a change that clients see. */
const version = '1.0.0';

export function openApiDocument(): JsonObject {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Likeness serving',
      version,
      description:
        'Live profiles and recommendations. Where the spec sets serving.authentication, each request under /v1 needs ' +
        '`Authorization: Bearer <JWT>` with the scope likeness.read; where there are read keys, ' +
        '`Authorization: Bearer <key>` does as well. Errors are `{"error":{"code","message"}}`.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths: paths(),
    components: {
      schemas: { ...components(requestSchemas, 'input'), ...components(answerSchemas, 'output') },
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        readKey: { type: 'http', scheme: 'bearer' },
      },
    },
  };
}

function paths(): JsonObject {
  const byPath: Record<string, Record<string, unknown>> = {};
  for (const [operationId, operation] of Object.entries<Operation>(operations)) {
    byPath[operation.path] = { ...byPath[operation.path], [operation.method]: describe(operationId, operation) };
  }
  return byPath;
}

function describe(operationId: string, operation: Operation): JsonObject {
  const { summary, description, body } = operation;
  return {
    operationId,
    summary,
    description,
    security: [{}, { token: [] }, { readKey: [] }],
    parameters: [...idParameter(operation), ...queryParameters(operation)],
    ...(body ? { requestBody: { required: true, content: json(body) } } : {}),
    responses: {
      200: { description: summary, content: json(operation.answer) },
      ...Object.fromEntries(
        Object.entries({ ...sharedErrors, ...operation.errors }).map(([status, text]) => [
          status,
          { description: text, content: json('Error') },
        ]),
      ),
    },
  };
}

const json = (schema: string): JsonObject => ({
  'application/json': { schema: { $ref: `#/components/schemas/${schema}` } },
});

function idParameter({ id }: Operation): JsonObject[] {
  if (id === undefined) return [];
  const schema = { type: 'string', minLength: 1, maxLength: 256 };
  return [{ name: 'id', in: 'path', required: true, description: id, schema }];
}

function queryParameters({ query }: Operation): JsonObject[] {
  if (!query) return [];
  const { properties = {} } = z.toJSONSchema(query, { io: 'input', override: plainTime });
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...schema } = property as JsonObject;
    return { name, in: 'query', required: false, description, schema };
  });
}

function components(schemas: Readonly<Record<string, z.ZodType>>, io: 'input' | 'output'): JsonObject {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(schemas)) registry.add(schema, { id });
  const uri = (id: string) => `#/components/schemas/${id}`;
  const made = z.toJSONSchema(registry, { io, uri, override: plainTime }).schemas;
  return Object.fromEntries(
    Object.entries(made).map(([id, { $schema: _schema, $id: _id, ...schema }]) => [id, schema]),
  );
}

/** `format` says it; zod's pattern of 400 characters says nothing more to a reader. */
function plainTime({ jsonSchema }: { jsonSchema: { format?: unknown; pattern?: unknown } }): void {
  if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
}
