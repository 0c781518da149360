/** The addresses of one node, out of the range that is set aside for tests of networks (RFC 2544). */
import { networkInterfaces } from 'node:os';
import { randomInt } from 'node:crypto';

export interface NodeNetwork {
  /** Name of this machine's end of the link to the node. */
  readonly link: string;
  /** This machine, as the node and its pods see it. */
  readonly hostAddress: string;
  readonly nodeAddress: string;
  /** Bits of the network that both are in. */
  readonly linkBits: number;
  readonly podRange: string;
  readonly serviceRange: string;
  /** Of the Service `kubernetes`. */
  readonly apiService: string;
}

const networks = 256;

/** One that no other node on this machine has. */
export function freeNetwork(): NodeNetwork {
  const taken = Object.keys(networkInterfaces());
  const free = Array.from({ length: networks }, (_, index) => networkOf(index)).filter(
    ({ link }) => !taken.includes(link),
  );
  if (free.length === 0) throw new Error(`All ${networks} networks for nodes are taken: ${taken.join(', ')}.`);
  return free[randomInt(free.length)]!;
}

function networkOf(index: number): NodeNetwork {
  return {
    link: `likeness${index}`,
    hostAddress: `198.18.${index}.1`,
    nodeAddress: `198.18.${index}.2`,
    linkBits: 25,
    podRange: `198.18.${index}.128/25`,
    serviceRange: `198.19.${index}.0/24`,
    apiService: `198.19.${index}.1`,
  };
}
