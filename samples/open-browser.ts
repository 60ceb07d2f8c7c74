/** Opens the browser where somebody sits in front of one; a server, a pipeline and a remote shell are left alone. */
import { spawn } from 'node:child_process';

/** How to open an address on this machine, or nothing where nobody would see it. */
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

/** Opens the address, or does nothing: its address is on the terminal anyway. */
export function openBrowser(address: string): void {
  const { env, platform } = process;
  const command = browserCommand(address, { env, platform, isTerminal: process.stdout.isTTY });
  if (command === undefined) return;
  const child = spawn(command.program, command.args, { detached: true, stdio: 'ignore' });
  child.on('error', () => undefined);
  child.unref();
}
