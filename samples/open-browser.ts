/** Opens the browser if somebody can see it. Does nothing on a server, in a pipeline and in a remote shell. */
import { spawn } from 'node:child_process';

/** The command that opens an address on this machine, or nothing if nobody would see it. */
export function browserCommand(
  address: string,
  about: { readonly env: NodeJS.ProcessEnv; readonly platform: NodeJS.Platform; readonly isTerminal: boolean },
): { readonly program: string; readonly args: readonly string[] } | undefined {
  const { env, platform, isTerminal } = about;
  const isRemote = Boolean(env['SSH_CONNECTION'] || env['SSH_CLIENT'] || env['SSH_TTY']);
  const isPipeline = Boolean(env['CI']) && env['CI'] !== 'false';
  if (!isTerminal || isRemote || isPipeline) return undefined;
  const wish = env['BROWSER']?.trim();
  if (wish?.toLowerCase() === 'none') return undefined;
  if (platform === 'win32') return { program: 'cmd', args: ['/c', 'start', '""', address] };
  if (platform === 'darwin') return { program: 'open', args: wish ? ['-a', wish, address] : [address] };
  if (!env['DISPLAY'] && !env['WAYLAND_DISPLAY']) return undefined;
  return { program: wish || 'xdg-open', args: [address] };
}

/** Opens the address, or does nothing: the terminal shows the address anyway. */
export function openBrowser(address: string): void {
  const { env, platform } = process;
  const command = browserCommand(address, { env, platform, isTerminal: process.stdout.isTTY });
  if (command === undefined) return;
  const child = spawn(command.program, command.args, { detached: true, stdio: 'ignore' });
  child.on('error', () => undefined);
  child.unref();
}
