/** What a crash test demands, whatever the processes share. */
import { expect } from 'chai';
import type { CrashPlan } from './crash-run.js';
import { crash } from './crash-run.js';

const CONVERSATIONS = Number(process.env['CRASH_CONVERSATIONS'] ?? 40);
const SHORT = CONVERSATIONS < 200;
const KILLS = Number(process.env['CRASH_KILLS'] ?? (SHORT ? 3 : 60));

/** Meta's redelivery after five minutes may be the first that meets a living process. */
export const WITHIN_MS = 600_000 + CONVERSATIONS * 2000;
/** The title of the test. */
export const TITLE = `lose nothing and repeat no handover, in ${CONVERSATIONS} conversations and ${KILLS} kills`;

/** Plays the conversations, prints what became of them, and fails if anything is wrong. */
export async function nothingIsLost(shared: CrashPlan['shared']): Promise<void> {
  const report = await crash({
    shared,
    conversations: CONVERSATIONS,
    together: SHORT ? 20 : 40,
    processes: 3,
    kills: KILLS,
    pauseMs: SHORT ? [100, 700] : [300, 2000],
    skewsMs: [0, 90_000, -120_000],
    random: Math.random,
  });
  const { kills, handovers, answeredTwice, refusedOverOthers, seconds } = report;
  console.log(
    `      ${CONVERSATIONS} conversations in ${seconds.toFixed(0)} s: ${kills} kills, ${handovers} handovers; ` +
      `0 messages lost, 0 dialogs stuck, 0 handovers twice would be right: ` +
      `${report.lost.length}, ${report.stuck.length}, ${report.passedTwice.length}; ` +
      `${answeredTwice} said twice because of a crash, ${report.unexplained.length} without one; ` +
      `${refusedOverOthers} refused by Meta`,
  );
  for (const line of [...report.lost, ...report.stuck, ...report.passedTwice, ...report.unexplained].slice(0, 20)) {
    console.log(`      ${line}`);
  }
  expect(report.lost, 'messages lost').to.deep.equal([]);
  expect(report.stuck, 'dialogs stuck').to.deep.equal([]);
  expect(report.passedTwice, 'handovers twice').to.deep.equal([]);
  expect(report.unexplained, 'said twice, and no crash fell between send and record').to.deep.equal([]);
  expect(report.complaints, 'errors in the processes').to.deep.equal([]);
  expect(handovers).to.equal(CONVERSATIONS);
  expect(kills, 'the test kills').to.be.above(0);
}
