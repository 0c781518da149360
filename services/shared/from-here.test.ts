/** Who counts as this machine: names of loopback, with or without a port, and nothing that merely looks like them. */
import { expect, it } from 'vitest';
import { isFromHere } from './from-here.ts';

it.each([
  {},
  { host: '127.0.0.1:8080' },
  { host: 'LOCALHOST' },
  { host: '[::1]:80' },
  { origin: 'http://localhost:3000', host: '127.9.9.9' },
  { origin: 'https://127.0.0.1' },
])('%j is from here', (caller) => expect(isFromHere(caller)).toBe(true));

it.each([
  { host: 'rebound.example:8080' },
  { host: '127.0.0.1.evil.example' },
  { host: '127.0.0.1:80@evil.example' },
  { host: '' },
  { origin: 'null', host: 'localhost' },
  { origin: 'https://shop.example', host: 'localhost' },
  { origin: 'http://localhost.evil.example', host: 'localhost' },
  { origin: 'file://', host: 'localhost' },
])('%j is not', (caller) => expect(isFromHere(caller)).toBe(false));
