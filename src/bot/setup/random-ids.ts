/** Ids of 128 random bits, hex. The bits of many are drawn together: a draw costs more than all the rest of an id. */
import { randomBytes } from 'node:crypto';

const ID_BYTES = 16;
const IDS_IN_POOL = 256;

/** A source of ids. */
export function randomIds(): () => string {
  let pool: Buffer = Buffer.alloc(0);
  let used = 0;
  return () => {
    if (used === pool.length) {
      pool = randomBytes(ID_BYTES * IDS_IN_POOL);
      used = 0;
    }
    used += ID_BYTES;
    return pool.toString('hex', used - ID_BYTES, used);
  };
}
