/** A logger of the application's that fails. */
import { Writable } from 'node:stream';
import { expect } from 'chai';
import pino from 'pino';
import { createLogger } from 'winston';
import { dependableLogger, isDebugOn } from '../../src/thread/logger.js';
import type { Logger } from '../../src/thread/logger.js';

describe('a dependable logger', () => {
  const quiet = (): Logger & { readonly lines: string[] } => {
    const lines: string[] = [];
    const note = (line: string): void => void lines.push(line);
    return { lines, info: note, warn: note, error: note };
  };

  it('writes what it is given, as the logger itself', () => {
    class Own {
      readonly lines: string[] = [];
      info(line: string): void {
        this.lines.push(`info ${line}`);
      }
      warn(line: string): void {
        this.lines.push(`warn ${line}`);
      }
      error(line: string): void {
        this.lines.push(`error ${line}`);
      }
    }
    const own = new Own();
    const logger = dependableLogger(own);
    logger.info('a');
    logger.warn('b');
    logger.error('c');
    expect(own.lines).to.deep.equal(['info a', 'warn b', 'error c']);
  });

  it('says once elsewhere that lines are lost, whichever way they are', async () => {
    const elsewhere = quiet();
    const broken = {
      info: () => Promise.reject(new TypeError('disk full')),
      warn: () => {
        throw new TypeError('disk full');
      },
    } as unknown as Logger;
    const logger = dependableLogger(broken, elsewhere);
    logger.info('a');
    await new Promise(setImmediate);
    logger.warn('b');
    logger.error('c');
    expect(elsewhere.lines).to.deep.equal([
      'The logger\'s method "info" threw: disk full. The lines it refuses are lost.',
    ]);
  });

  it('fails nothing where nobody is left to write to', () => {
    const broken: Logger = {
      info: () => undefined,
      warn: () => undefined,
      error: () => {
        throw new TypeError('the pipe is closed');
      },
    };
    expect(() => dependableLogger(broken, broken).error('a')).not.to.throw();
  });

  describe('and its lines at debug', () => {
    it('are on if the logger has debug, and off while the logger says so', () => {
      let isOn = false;
      const own = { ...quiet(), debug: (): void => undefined };
      expect(isDebugOn(dependableLogger(own))).to.equal(true);
      const levelled = dependableLogger({ ...own, isLevelEnabled: (level) => isOn && level === 'debug' });
      expect(isDebugOn(levelled)).to.equal(false);
      isOn = true;
      expect(isDebugOn(levelled)).to.equal(true);
    });

    it('are off for the console, which has no level, and for a logger without debug', () => {
      expect(isDebugOn(dependableLogger(console))).to.equal(false);
      expect(isDebugOn(dependableLogger(quiet()))).to.equal(false);
    });

    it('follow the level of pino and winston', () => {
      const silent = new Writable({ write: (_chunk, _encoding, written) => written() });
      const winston = (level: string): Logger => createLogger({ level, silent: true });
      expect(isDebugOn(dependableLogger(pino({ level: 'info' }, silent)))).to.equal(false);
      expect(isDebugOn(dependableLogger(pino({ level: 'debug' }, silent)))).to.equal(true);
      expect(isDebugOn(dependableLogger(winston('info')))).to.equal(false);
      expect(isDebugOn(dependableLogger(winston('debug')))).to.equal(true);
    });

    it('are off if nobody can say', () => {
      const own = {
        ...quiet(),
        debug: (): void => undefined,
        isLevelEnabled: () => {
          throw new TypeError('no levels');
        },
      };
      expect(isDebugOn(dependableLogger(own))).to.equal(false);
    });
  });
});
