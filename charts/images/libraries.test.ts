/** What ldd prints. */
import { expect, it } from 'vitest';
import { parseLdd } from './libraries.ts';

const printed = `\tlinux-vdso.so.1 (0x00007f19a2b75000)
\tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f19a2a7f000)
\t/lib64/ld-linux-x86-64.so.2 (0x00007f19a2b77000)
`;

it('finds the libraries and the linker, and not what the kernel brings', () => {
  expect(parseLdd(printed, 'node')).toEqual(['/lib/x86_64-linux-gnu/libm.so.6', '/lib64/ld-linux-x86-64.so.2']);
});

it('names what is missing', () => {
  expect(() => parseLdd(`${printed}\tlibatomic.so.1 => not found\n`, 'node')).toThrow(
    'node needs libatomic.so.1, which is not on this machine.',
  );
});
