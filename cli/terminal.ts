/** Where a command writes: results to standard output, everything else to standard error. */

export interface Terminal {
  /** One line of result. */
  print(line: string): void;
  /** One line of progress, advice or error. */
  note(line: string): void;
  /** A line that the next one replaces, on a terminal; elsewhere an ordinary note. */
  status(line: string): void;
}

export function createTerminal(): Terminal {
  // Who reads no further (`| head`) has what they want.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
  const live = process.stderr.isTTY;
  let open = false;
  const endStatus = () => {
    if (open) process.stderr.write('\n');
    open = false;
  };
  return {
    print: (line) => {
      endStatus();
      process.stdout.write(`${line}\n`);
    },
    note: (line) => {
      endStatus();
      process.stderr.write(`${line}\n`);
    },
    status: (line) => {
      process.stderr.write(live ? `\r\u001b[2K${line}` : `${line}\n`);
      open = live;
    },
  };
}
