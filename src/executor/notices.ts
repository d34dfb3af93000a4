import { NOTICE } from './remoteScripts.ts';

export interface NoticeReader {
  /** Returns what is left when the notices are taken out; a beginning of one is held back. */
  push(chunk: Buffer): { rest: Buffer; notices: string[] };
  end(): Buffer;
}

/** Takes the notices of the run script out of a byte stream. The nonce keeps a program from forging one by chance. */
export function createNoticeReader(nonce: string): NoticeReader {
  const opening = Buffer.from(`${NOTICE}${nonce} `);
  const closing = NOTICE.charCodeAt(0);
  let held: Buffer = Buffer.alloc(0);
  return {
    push(chunk) {
      let data = Buffer.concat([held, chunk]);
      const rest: Buffer[] = [];
      const notices: string[] = [];
      for (;;) {
        const start = data.indexOf(opening);
        if (start === -1) break;
        const end = data.indexOf(closing, start + opening.length);
        if (end === -1) break;
        rest.push(data.subarray(0, start));
        notices.push(data.toString('utf8', start + opening.length, end));
        data = data.subarray(end + 1);
      }
      const keepFrom = beginningOf(opening, data);
      rest.push(data.subarray(0, keepFrom));
      held = data.subarray(keepFrom);
      return { rest: Buffer.concat(rest), notices };
    },
    end() {
      const last = held;
      held = Buffer.alloc(0);
      return last;
    },
  };
}

/** Where an opening, whole or cut off by the end of the data, begins; else the length of the data. */
function beginningOf(opening: Buffer, data: Buffer): number {
  const whole = data.indexOf(opening);
  if (whole !== -1) return whole;
  for (let size = Math.min(opening.length - 1, data.length); size > 0; size -= 1) {
    const at = data.length - size;
    if (data.subarray(at).equals(opening.subarray(0, size))) return at;
  }
  return data.length;
}
