/** An address that a person gave on the command line. Pure. */
import { LikenessError } from '../services/shared/errors.ts';

/** Throws `Usage`, naming the option, for anything but an http or https URL. */
export function parseBaseUrl(text: string, option: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new LikenessError('Usage', `${option} ${text} is no address: wanted a URL such as http://127.0.0.1:8080`);
}
