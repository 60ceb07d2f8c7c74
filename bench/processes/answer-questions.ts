/** What every process of the benchmark does: answers the conductor's questions, and ends with it. */

/** A question of the conductor, by its name. */
export type Answers = Readonly<Record<string, (given: never) => unknown>>;

interface Question {
  readonly id: number;
  readonly name: string;
  readonly given: never;
}

/** Answers until the conductor is gone. */
export function answerQuestions(answers: Answers): void {
  const all: Answers = { usage: () => process.cpuUsage(), ...answers };
  process.on('message', (message) => void answer(all, message as Question));
  process.on('disconnect', () => process.exit());
  process.send?.({ ready: true });
}

async function answer(answers: Answers, { id, name, given }: Question): Promise<void> {
  try {
    process.send?.({ id, value: await answers[name]?.(given) });
  } catch (error) {
    process.send?.({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
}
