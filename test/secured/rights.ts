/** The rights of docs/operations.md, read from there and granted as they stand: what is tested is what is documented. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  Kafka,
  logLevel,
  ResourcePatternTypes,
} from 'kafkajs';
import type { AclEntry } from 'kafkajs';
import { topicName, type PipelineId } from '../../operator/topics.ts';
import type { Stream } from '../../services/shared/streams.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/operations.md'), 'utf8');

/** The user of each service is named after it. */
export const users = ['ingest', 'cleaner', 'feature', 'serving', 'archive', 'trainer', 'gate', 'operator'] as const;
export type User = (typeof users)[number];

const operations: Readonly<Record<string, AclOperationTypes>> = {
  Create: AclOperationTypes.CREATE,
  Delete: AclOperationTypes.DELETE,
  DescribeConfigs: AclOperationTypes.DESCRIBE_CONFIGS,
  AlterConfigs: AclOperationTypes.ALTER_CONFIGS,
  Read: AclOperationTypes.READ,
  Write: AclOperationTypes.WRITE,
};

export async function grantRights(address: string, pipeline: PipelineId): Promise<void> {
  const admin = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    await admin.createAcls({ acl: rightsOf(pipeline) });
  } finally {
    await admin.disconnect();
  }
}

function rightsOf(pipeline: PipelineId): AclEntry[] {
  const rows = [...page.matchAll(/^\| (\w+) +\| (topics|groups) (.+?) +\| (.+?) +\|$/gm)];
  const missing = users.filter((user) => !rows.some(([, name]) => name === user));
  if (missing.length > 0) throw new Error(`docs/operations.md grants nothing to ${missing.join(', ')}`);
  return rows.flatMap(([, user, kind, names, rights]) =>
    [...names!.matchAll(/`(.+?)`/g)].flatMap(([, name]) =>
      rights!.split(', ').map((right) => ({
        principal: `User:${user}`,
        host: '*',
        permissionType: AclPermissionTypes.ALLOW,
        operation: operationOf(right),
        resourceType: kind === 'topics' ? AclResourceTypes.TOPIC : AclResourceTypes.GROUP,
        ...patternOf(name!, pipeline),
      })),
    ),
  );
}

function operationOf(right: string): AclOperationTypes {
  const operation = operations[right];
  if (operation === undefined) throw new Error(`docs/operations.md grants ${right}, which this test does not know`);
  return operation;
}

function patternOf(name: string, pipeline: PipelineId) {
  if (!name.endsWith('*'))
    return { resourceName: topicName(pipeline, name as Stream), resourcePatternType: ResourcePatternTypes.LITERAL };
  const prefix = `${pipeline.namespace}.${pipeline.name}.${name.slice(0, -1)}`;
  return { resourceName: prefix, resourcePatternType: ResourcePatternTypes.PREFIXED };
}

/** The rules that docs/operations.md gives the user of a service in Redis, as ACL SETUSER takes them. */
export function redisRules(user: 'feature' | 'serving', pipeline: PipelineId): string[] {
  const row = new RegExp(`^\\| ${user} +\\| \`(%?R?~.+?)\` +\\|$`, 'm').exec(page);
  if (!row) throw new Error(`docs/operations.md has no rules of Redis for ${user}`);
  return row[1]!.replace('NAMESPACE', pipeline.namespace).replace('PIPELINE', pipeline.name).split(/\s+/);
}
