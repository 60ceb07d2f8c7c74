/** Loads modules in a process that has loaded nothing of them yet. */
import { answerQuestions } from './answer-questions.js';

answerQuestions({ load });

/** @returns the CPU time that it took, milliseconds: on an idle machine that is how long it takes */
function load(modules: readonly string[]): number {
  const before = process.cpuUsage();
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- what is measured
  for (const each of modules) require(each);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
