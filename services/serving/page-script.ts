/**
 * What the page does in the browser, as plain JavaScript. Data reaches the document as text nodes only, so nothing that
 * a profile holds can become markup; the CSP forbids any other script in any case.
 */

export const pageScript = `
'use strict';
const byId = (id) => document.getElementById(id);
const form = byId('ask');
const status = byId('status');
const dayMs = 86400000;
let timer;
let asked = 0;

function element(name, ...children) {
  const made = document.createElement(name);
  made.append(...children);
  return made;
}

async function get(path) {
  const token = byId('token').value.trim();
  const response = await fetch(path, { headers: token ? { authorization: 'Bearer ' + token } : {} });
  const body = await response.json();
  if (response.ok) return body;
  if (response.status === 401 || response.status === 403) byId('token-label').hidden = false;
  throw Object.assign(new Error(body.error.message), { code: body.error.code });
}

const number = (value) => value.toLocaleString(undefined, { maximumFractionDigits: 3 });
const isTime = (value) => typeof value === 'string' && /^\\d{4}-\\d\\d-\\d\\dT/.test(value);
const moment = (text) => new Date(text).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });

function duration(ms) {
  if (ms < 120000) return Math.round(ms / 1000) + ' s';
  if (ms < 7200000) return Math.round(ms / 60000) + ' min';
  if (ms < 2 * dayMs) return Math.round(ms / 3600000) + ' h';
  return Math.round(ms / dayMs) + ' days';
}

function plain(value) {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'number') return number(value);
  if (isTime(value)) return moment(value);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function bars(entries) {
  const top = Math.max(0, ...entries.map((entry) => entry.amount));
  return element('ol', ...entries.map(({ name, amount, shown }) => {
    const line = element('li');
    if (top > 0 && amount > 0) {
      const meter = element('meter');
      meter.max = top;
      meter.value = amount;
      meter.setAttribute('aria-hidden', 'true');
      line.append(meter);
    }
    line.append(element('span', name), element('span', shown));
    return line;
  }));
}

function listOf(values) {
  return bars(values.map((value) => {
    if (value === null || typeof value !== 'object') return { name: plain(value), amount: 0, shown: '' };
    const name = value.itemId ?? value.value ?? value.name ?? JSON.stringify(value);
    const amount = value.weight ?? value.score ?? 0;
    const shown = value.type ? value.type + (value.time ? ', ' + moment(value.time) : '') : amount ? number(amount) : '';
    return { name: String(name), amount: Number(amount), shown };
  }));
}

function shown(value) {
  if (!Array.isArray(value)) return plain(value);
  if (value.length === 0) return '–';
  const recent = value.some((entry) => entry && entry.itemId) ? value.slice(-12).reverse() : value.slice(0, 12);
  return listOf(recent);
}

function showProfile(profile, note) {
  const rows = Object.entries(profile.attributes).map(([name, attribute]) => {
    const head = element('th', name);
    head.scope = 'row';
    const { events, newest } = attribute.provenance;
    head.title = events + ' events counted' + (newest ? ', the newest ' + newest.id + ' of ' + newest.time : '');
    const value = element('td', shown(attribute.value));
    if (attribute.approximate) value.append(' (estimate)');
    return element('tr', head, value);
  });
  byId('profile').replaceChildren(element('table', element('tbody', ...rows)));
  const merged = profile.profileIds ? 'Merged from ' + profile.profileIds.join(', ') + '. ' : '';
  byId('profile-note').textContent = merged + note;
}

function showRecommendations(answer) {
  const entries = answer.items.map(({ itemId, title, score, pinned }) => ({
    name: title ? title + ' · ' + itemId : itemId, amount: Math.max(0, score), shown: pinned ? 'pinned' : number(score),
  }));
  byId('recommendations').replaceChildren(entries.length ? bars(entries) : element('p', 'No item is left to recommend.'));
  const { name, version, ageSeconds } = answer.model;
  byId('recommendations-note').textContent =
    (answer.personalised ? 'Personalised' : 'The popular items: nothing is known yet that the model can use') +
    ' · model ' + name + ' ' + version + ', ' + duration(ageSeconds * 1000) + ' old';
}

function newestOf(profile) {
  const times = Object.values(profile.attributes).map((attribute) => attribute.time).filter(Boolean);
  return times.sort().at(-1);
}

async function readProfile(id) {
  const path = '/v1/profiles/' + encodeURIComponent(id);
  const profile = await get(path);
  const newest = newestOf(profile);
  if (!newest || byId('now').checked || Date.parse(profile.asOf) - Date.parse(newest) < 30 * dayMs) {
    return { profile, note: 'As of ' + moment(profile.asOf) + '.' };
  }
  const then = await get(path + '?asOf=' + encodeURIComponent(newest));
  return { profile: then, note: 'As of its newest event, ' + moment(newest) + '.' };
}

async function show() {
  const id = byId('id').value.trim();
  const mine = ++asked;
  clearTimeout(timer);
  if (id === '') return;
  const path = '/v1/recommendations/' + encodeURIComponent(id);
  const [profile, recommended] = await Promise.allSettled([readProfile(id), get(path)]);
  if (mine !== asked) return;
  byId('answers').hidden = profile.status === 'rejected' && recommended.status === 'rejected';
  status.className = profile.status === 'rejected' ? 'bad' : '';
  status.textContent = profile.status === 'rejected' ? profile.reason.message : '';
  if (profile.status === 'fulfilled') showProfile(profile.value.profile, profile.value.note);
  else {
    byId('profile').replaceChildren();
    byId('profile-note').textContent = 'There is nothing to show.';
  }
  if (recommended.status === 'fulfilled') showRecommendations(recommended.value);
  else {
    byId('recommendations').replaceChildren();
    byId('recommendations-note').textContent = recommended.reason.message;
  }
  if (byId('live').checked) timer = setTimeout(show, 1000);
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  history.replaceState(null, '', '?id=' + encodeURIComponent(byId('id').value.trim()));
  show();
});
byId('live').addEventListener('change', show);
byId('now').addEventListener('change', show);
byId('id').value = new URLSearchParams(location.search).get('id') ?? '';
show();
`;
