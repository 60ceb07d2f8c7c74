/** TypeScript's own checker over the sources of this repository and texts that are no files. */
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { REPOSITORY } from './readme-examples.js';

const SETTINGS = join(REPOSITORY, 'tsconfig.json');
const { options } = ts.parseJsonConfigFileContent(
  ts.readConfigFile(SETTINGS, (path) => ts.sys.readFile(path)).config,
  ts.sys,
  REPOSITORY,
  { noEmit: true },
  SETTINGS,
);
/** What was read once. The files of packages are most of the work, and all pages need the same ones. */
const sources = new Map<string, ts.SourceFile | undefined>();

/**
 * A program with the package's own settings.
 * @param own texts by path, in place of files or beside them
 * @param roots more files of the program, by path
 */
export function programOf(own: ReadonlyMap<string, string>, roots: readonly string[] = []): ts.Program {
  const host = ts.createCompilerHost(options);
  const disk = ts.createCompilerHost(options);
  const folders = new Set([...own.keys()].map(dirname));
  host.directoryExists = (path) => folders.has(path) || ts.sys.directoryExists(path);
  host.fileExists = (path) => own.has(path) || disk.fileExists(path);
  host.readFile = (path) => own.get(path) ?? disk.readFile(path);
  host.getSourceFile = (path, how) => {
    const text = own.get(path);
    if (text !== undefined) return ts.createSourceFile(path, text, how);
    if (!sources.has(path)) sources.set(path, disk.getSourceFile(path, how));
    return sources.get(path);
  };
  return ts.createProgram([...own.keys(), ...roots], options, host);
}

/** What is wrong with these files of a program: "a.ts(1,2): error TS1005: ';' expected.", relative to `folder`. */
export function mistakesIn(program: ts.Program, paths: Iterable<string>, folder: string): string[] {
  const found = [...paths].flatMap((path) => {
    const file = program.getSourceFile(path);
    if (file === undefined) throw new Error(`${path} is no file of the program.`);
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
  });
  const format = {
    getCurrentDirectory: () => folder,
    getCanonicalFileName: (path: string) => path,
    getNewLine: () => '\n',
  };
  return found.flatMap((mistake) => ts.formatDiagnostic(mistake, format).trimEnd().split('\n'));
}
