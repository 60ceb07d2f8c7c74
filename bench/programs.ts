/**
 * Builds the programs of the benchmark out of their sources and the package's, without a build of the package.
 *
 * Exists because a loader that compiles on the fly adds a call to every function it meets: that is not what is published.
 */
import { join } from 'node:path';
import { build } from 'esbuild';

const ROOT = join(__dirname, '..');
const NAMES = ['server', 'load', 'graph', 'sender', 'middleware', 'memory', 'scale', 'loading'] as const;

/** A program of the benchmark. */
export type ProgramName = (typeof NAMES)[number];

/** Builds all of them. @returns where each is */
export async function buildPrograms(): Promise<(name: ProgramName) => string> {
  const outdir = join(ROOT, '.bench');
  await build({
    entryPoints: NAMES.map((name) => join(ROOT, 'bench', 'processes', `${name}.ts`)),
    outdir,
    bundle: true,
    // The package's own source by its name, as tsconfig.json says; everything else from node_modules, as it is.
    packages: 'external',
    alias: {
      'botbuilder-handover-vcclive': join(ROOT, 'src', 'index.ts'),
      'botbuilder-handover-vcclive/agents': join(ROOT, 'src', 'agents', 'index.ts'),
      'botbuilder-handover-vcclive/redis': join(ROOT, 'src', 'store', 'redis.ts'),
      'botbuilder-handover-vcclive/sqlite': join(ROOT, 'src', 'store', 'sqlite.ts'),
      'botbuilder-handover-vcclive/messenger': join(ROOT, 'src', 'messenger', 'index.ts'),
      'botbuilder-handover-vcclive/facebook-adapter': join(ROOT, 'src', 'botbuilder', 'facebook-adapter.ts'),
    },
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    outExtension: { '.js': '.cjs' },
    logLevel: 'warning',
  });
  return (name) => join(outdir, `${name}.cjs`);
}
