/** A check-up as JSON, for programs. */
import type { Diagnosis } from './diagnose.js';
import type { Finding } from './finding.js';
import type { LiveRun } from './live-run.js';
import { described } from './open-questions.js';

/** What a report is about. */
export interface ReportedCheckUp {
  readonly appId: string;
  readonly apiVersion: string;
  /** 0: healthy. */
  readonly exitCode: number;
  readonly findings: readonly Finding[];
  readonly causes: readonly Diagnosis[];
  readonly live: LiveRun | undefined;
}

/** The report, indented. The events of a live run appear by kind and channel, without texts. */
export function reportJson({ appId, apiVersion, exitCode, findings, causes, live }: ReportedCheckUp): string {
  const report = { healthy: exitCode === 0, exitCode, appId, apiVersion, checks: findings, diagnosis: causes };
  return JSON.stringify(live === undefined ? report : { ...report, live: liveReport(live) }, undefined, 2);
}

function liveReport({ before, after, notTouched, steps }: LiveRun): object {
  return {
    before,
    after,
    notTouched,
    steps: steps.map(({ step, answer, owner, heard }) => ({
      step,
      answer: described(answer),
      owner,
      ...(heard === undefined ? {} : { heard: heard.map(({ kind, channel }) => ({ kind, channel })) }),
    })),
  };
}
