/** The bytes of a command are those that ioredis writes for the same arguments. */
import fc from 'fast-check';
import { Command } from 'ioredis';
import { expect, test } from 'vitest';
import { CommandBytes, RawCommand } from './raw-command.ts';

const text = fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.constantFrom('', 'é', '\u{1f600}'));
const bytes = fc.oneof(fc.uint8Array(), fc.uint8Array({ minLength: 990, maxLength: 1010 }));

test('as ioredis writes it, however small the first guess at its size', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(text, bytes)), fc.nat(64), (values, size) => {
      const command = new CommandBytes(size);
      command.begin(values.length + 2);
      command.text('EVAL');
      command.text('{tag}:s:', '\u{1f600}é');
      for (const value of values)
        if (typeof value === 'string') command.text('', value);
        else command.bytes(value);
      const args = ['{tag}:s:\u{1f600}é', ...values.map((value) => Buffer.from(value as string))];
      const theirs = new Command('EVAL', args).toWritable({});
      expect(command.finish()).toEqual(Buffer.from(theirs as string));
    }),
  );
});

test('text of three bytes a unit has room, to the last byte', () => {
  const value = '\u{20ac}'.repeat(400);
  const command = new CommandBytes(0);
  command.begin(2);
  command.text('GET');
  command.text('', value);
  const theirs = new Command('GET', [value]).toWritable({});
  expect(command.finish()).toEqual(Buffer.from(theirs as string));
});

test('ioredis sends the bytes as they are', () => {
  const command = new CommandBytes(64);
  command.begin(1);
  command.text('PING');
  expect(new RawCommand('PING', command.finish()).toWritable().toString()).toBe('*1\r\n$4\r\nPING\r\n');
});
