/** Shows what goes over the wire: every webhook and every Graph call as one readable line, when it has ended. */
import type { MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';
import type { WireEntry } from 'botbuilder-handover-vcclive/simulator';

/** Prints until the simulator stops. Returns a function that stops earlier. */
export function followWire(simulator: MessengerSimulator, print: (line: string) => void): () => void {
  const show = (entry: WireEntry): void => {
    const line = lineOf(entry);
    if (line !== undefined) print(line);
  };
  const stops = [simulator.wire.on('entry', show), simulator.wire.on('update', show)];
  return () => {
    for (const stop of stops) stop();
  };
}

/** One entry as a line, or nothing while it has not ended. */
export function lineOf(entry: WireEntry): string | undefined {
  switch (entry.kind) {
    case 'owner':
      return `  * thread owner is now ${entry.to === 'idle' ? 'nobody (idle)' : `app ${entry.to}`} (${entry.why})`;
    case 'note':
      return `  * ${entry.text}`;
    case 'graph': {
      if (entry.outcome === 'pending' || entry.appName !== 'bot') return undefined;
      const status = entry.status === undefined ? entry.outcome : `${entry.status}${refusal(entry.answer)}`;
      return `  bot → Meta   ${entry.method} ${entry.edge}${textOf(entry.body)}  ${status}`;
    }
    case 'vccLive': {
      if (entry.outcome === 'pending') return undefined;
      return `  VCC Live → bot   ${entry.name}: ${entry.says}  ${entry.status ?? entry.outcome}`;
    }
    case 'webhook': {
      if (entry.outcome === 'pending' || entry.outcome === 'recorded') return undefined;
      const ending =
        entry.status === undefined ? entry.outcome : `${entry.status} in ${Math.round(entry.ackMs ?? 0)} ms`;
      const again = entry.why === 'first' ? '' : ` (${entry.why})`;
      return `  Meta → bot   ${entry.channels.join('+')}: ${entry.items.join(', ')}${again}  ${ending}`;
    }
  }
}

function textOf(body: unknown): string {
  const text = fieldOf(fieldOf(body, 'message'), 'text');
  return typeof text === 'string' ? ` "${text}"` : '';
}

function refusal(answer: unknown): string {
  const message = fieldOf(fieldOf(answer, 'error'), 'message');
  return typeof message === 'string' ? ` refused: ${message}` : '';
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}
