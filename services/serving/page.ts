/** The page at `/`, for people who would rather look: one document without any outside resource, and its CSP. */
import { createHash } from 'node:crypto';
import { pageScript } from './page-script.ts';
import { pageStyle } from './page-style.ts';

const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Only this script and this style run, and only this origin is asked. */
export const pageSecurityPolicy = [
  "default-src 'none'",
  `script-src ${hash(pageScript)}`,
  `style-src ${hash(pageStyle)}`,
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** `pipeline` is the pipeline's name, shown in the title. */
export function renderPage(pipeline: string): string {
  const name = escapeHtml(pipeline);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${name} · Likeness</title>
<style>${pageStyle}</style>
</head>
<body>
<header>
  <h1>${name}</h1>
  <p class="soft">Live profiles and recommendations · <a href="/openapi.json">API</a></p>
</header>
<main>
  <form id="ask" role="search">
    <label>Profile id <input id="id" type="text" name="id" required maxlength="256" autocomplete="off" spellcheck="false" autofocus></label>
    <label id="token-label" hidden>Access token <input id="token" type="password" autocomplete="off"></label>
    <button>Show</button>
    <label class="check"><input id="live" type="checkbox"> Keep up to date</label>
    <label class="check"><input id="now" type="checkbox"> Always as of now</label>
  </form>
  <p id="status" role="status">Enter the id of a user or an anonymous visitor.</p>
  <div id="answers" class="columns" hidden>
    <section aria-labelledby="recommendations-title">
      <h2 id="recommendations-title">Recommended</h2>
      <div id="recommendations"></div>
      <p id="recommendations-note" class="soft"></p>
    </section>
    <section aria-labelledby="profile-title">
      <h2 id="profile-title">Profile</h2>
      <div id="profile"></div>
      <p id="profile-note" class="soft"></p>
    </section>
  </div>
</main>
<script>${pageScript}</script>
</body>
</html>
`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character]!);
}
