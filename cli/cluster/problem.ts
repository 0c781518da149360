/** What went wrong with a request to a cluster → what a person can do about it. Pure. */
import { LikenessError } from '../../services/shared/errors.ts';
import { ApiError } from '../../operator/kubernetes/runtime/api-error.ts';

/** Which cluster was meant. */
export interface Target {
  readonly server: string;
  readonly context: string;
}

const install = 'Install Likeness there (helm install likeness charts/likeness), or name another --context.';

/**
 * `ClusterUnavailable` (try again), `Unauthenticated` (log in, or ask for a right), `BadConfig` (Likeness is not
 * installed). Any other error as it is.
 */
export function clusterProblem(error: unknown, { server, context }: Target): unknown {
  if (!(error instanceof ApiError)) return error;
  const at = `${server} (context ${context})`;
  if (error.code === 401)
    return new LikenessError('Unauthenticated', `${at} does not know you: log in again. It said: ${error.message}`);
  if (error.code === 403)
    return new LikenessError('Unauthenticated', `You may not do this on ${at}. Ask for the right: ${error.message}`);
  if (isUnknownKind(error))
    return new LikenessError('BadConfig', `${at} does not know the kind ProfilePipeline. ${install}`);
  if (error.code === 0 || error.code === 429 || error.code >= 500) {
    const advice = 'Look at the context (kubectl config get-contexts), the network and the cluster.';
    return new LikenessError('ClusterUnavailable', `${at} does not answer: ${error.message}. ${advice}`, {
      retryable: true,
    });
  }
  return new LikenessError('BadConfig', `${at} refused: ${error.message}`, { cause: error });
}

/** An object that is not there is named in quotes; a path that is not there is not. */
function isUnknownKind({ code, message }: ApiError): boolean {
  return code === 404 && /could not find the requested resource|page not found/.test(message);
}
