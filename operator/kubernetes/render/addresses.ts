/** Where an address of the spec leads, as far as a NetworkPolicy can say it: policies know pods, not names. Pure. */
import { isIP } from 'node:net';
import type { V1NetworkPolicyPeer } from '@kubernetes/client-node';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** `kafka-0:9092,kafka-1:9092` */
export function kafkaAddresses(bootstrapServers: string): Address[] {
  return bootstrapServers.split(',').map((server) => addressOf(`kafka://${server.trim()}`, 9092));
}

const usualPorts: Readonly<Record<string, number>> = { 'redis:': 6379, 'rediss:': 6379, 'https:': 443, 'http:': 80 };

export function urlAddress(url: string): Address {
  return addressOf(url, usualPorts[new URL(url).protocol] ?? 443);
}

function addressOf(url: string, usualPort: number): Address {
  const { hostname, port } = new URL(url);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? usualPort : Number(port) };
}

/**
 * `redis` is a Service of the same namespace, `redis.data.svc` one of the namespace data, an IP address itself; any
 * other name may lead anywhere, so that only the port is held (undefined).
 */
export function peerOf(host: string): V1NetworkPolicyPeer | undefined {
  const version = isIP(host);
  if (version !== 0) return { ipBlock: { cidr: `${host}/${version === 4 ? 32 : 128}` } };
  if (!host.includes('.')) return { podSelector: {} };
  const namespace = /\.([^.]+)\.svc(\.|$)/.exec(host)?.[1];
  if (namespace === undefined) return undefined;
  return { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } };
}
