/** The few parts of S3's XML that are read: errors, and pages of keys. Pure. */

export interface S3Error {
  /** S3's own name, such as `AccessDenied`; empty where the answer has none. */
  readonly code: string;
  readonly message: string;
}

export interface KeyPage {
  readonly keys: readonly string[];
  /** In bytes, in the order of the keys; 0 where it is not told. */
  readonly sizes: readonly number[];
  /** Where the next page begins; undefined: this is the last one. */
  readonly next: string | undefined;
}

export function readError(body: Uint8Array): S3Error {
  const xml = Buffer.from(body).toString('utf8');
  return { code: textIn(xml, 'Code') ?? '', message: textIn(xml, 'Message') ?? '' };
}

/** Of `ListObjectsV2`. Throws an Error for anything else, so that a login page is not taken for an empty bucket. */
export function readKeyPage(body: Uint8Array): KeyPage {
  const xml = Buffer.from(body).toString('utf8');
  if (!xml.includes('<ListBucketResult')) throw new Error('the answer is no list of keys');
  const entries = xml.split('<Contents>').slice(1);
  const keys = entries.map((entry) => textIn(entry, 'Key') ?? '');
  const sizes = entries.map((entry) => Number(textIn(entry, 'Size') ?? 0));
  const isTruncated = textIn(xml, 'IsTruncated') === 'true';
  const next = textIn(xml, 'NextContinuationToken');
  if (isTruncated && !next) throw new Error('a page of keys does not say where the next one begins');
  return { keys, sizes, next: isTruncated ? next : undefined };
}

function textIn(xml: string, element: string): string | undefined {
  const text = new RegExp(`<${element}>([^<]*)</${element}>`).exec(xml)?.[1];
  return text === undefined ? undefined : decoded(text);
}

const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function decoded(text: string): string {
  return text.replaceAll(/&(?:#x([0-9a-fA-F]+)|#(\d+)|(amp|lt|gt|quot|apos));/g, (_, hex, decimal, name) =>
    name ? named[name as string]! : String.fromCodePoint(hex ? parseInt(hex as string, 16) : Number(decimal)),
  );
}
