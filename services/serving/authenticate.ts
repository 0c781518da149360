/** Who may read: a JWT signed by a key of the issuer's JWKS, of the right issuer and audience, with the scope. */
import type { JWTPayload, JWTVerifyGetKey } from 'jose';
import { errors, jwtVerify } from 'jose';
import { Refusal, unavailable } from './refusal.ts';

/** The scope that reading profiles and recommendations needs, in the claim `scope` (RFC 8693) or `scp`. */
const readScope = 'likeness.read';

/** Pinned: never `none`, never a symmetric key, whatever the token's header asks for. */
const algorithms = ['RS256', 'ES256', 'EdDSA'];

const maxTokenLength = 8192;

export interface TokenRules {
  readonly issuer: string;
  readonly audience: string;
}

export type Authenticate = (authorization: string | undefined) => Promise<void>;

/** Resolves if the header's token may read; rejects with a Refusal: 401, 403, or 503 if the keys cannot be had. */
export function createAuthenticate(rules: TokenRules, keys: JWTVerifyGetKey): Authenticate {
  return async (authorization) => {
    const token = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization ?? '')?.[1];
    if (!token || token.length > maxTokenLength) throw unauthenticated('Send Authorization: Bearer <JWT>.', 'Bearer');
    const payload = await verify(token, rules, keys);
    if (!scopesOf(payload).includes(readScope))
      throw missingScope(`The token lacks the scope ${readScope}.`, readScope);
  };
}

async function verify(token: string, { issuer, audience }: TokenRules, keys: JWTVerifyGetKey): Promise<JWTPayload> {
  try {
    const verified = await jwtVerify(token, keys, { issuer, audience, algorithms, requiredClaims: ['exp'] });
    return verified.payload;
  } catch (cause) {
    if (!isTokenFault(cause))
      throw unavailable('KeysUnavailable', 'The keys of the token issuer cannot be had.', cause);
    throw unauthenticated(`The token is not valid: ${cause.message}.`, 'Bearer error="invalid_token"', cause);
  }
}

/** Everything else that jose throws is about fetching or reading the key set. */
function isTokenFault(cause: unknown): cause is errors.JOSEError {
  return [
    errors.JWTClaimValidationFailed,
    errors.JWTExpired,
    errors.JWTInvalid,
    errors.JWSInvalid,
    errors.JWSSignatureVerificationFailed,
    errors.JWKSNoMatchingKey,
    errors.JWKSMultipleMatchingKeys,
    errors.JOSEAlgNotAllowed,
    errors.JOSENotSupported,
  ].some((fault) => cause instanceof fault);
}

function scopesOf({ scope, scp }: JWTPayload): string[] {
  const claim = scope ?? scp;
  if (typeof claim === 'string') return claim.split(' ');
  return Array.isArray(claim) ? claim.filter((entry) => typeof entry === 'string') : [];
}

export function missingScope(message: string, scope: string): Refusal {
  const challenge = `Bearer error="insufficient_scope", scope="${scope}"`;
  return new Refusal(403, 'MissingScope', message, { headers: { 'www-authenticate': challenge } });
}

export function unauthenticated(message: string, challenge: string, cause?: unknown): Refusal {
  return new Refusal(401, 'Unauthenticated', message, { headers: { 'www-authenticate': challenge }, cause });
}
