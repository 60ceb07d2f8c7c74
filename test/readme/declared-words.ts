/** Reads the words that the source declares: the members of an interface, the literals of a union, of one file. */
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import ts from 'typescript';
import { REPOSITORY } from './readme-examples.js';

/** The literals of `export type <name> = 'a' | 'b'`, or of `(typeof LIST)[number]`, where the file has the list. */
export function literalsOf(file: string, name: string): string[] {
  const found: string[] = [];
  const type = declarationOf(file, name);
  if (!ts.isTypeAliasDeclaration(type)) throw new Error(`${name} of ${file} is no union of literals.`);
  const visit = (node: ts.Node): void => {
    if (ts.isLiteralTypeNode(node) && ts.isStringLiteral(node.literal)) found.push(node.literal.text);
    if (ts.isTypeQueryNode(node) && ts.isIdentifier(node.exprName)) found.push(...listed(file, node.exprName.text));
    ts.forEachChild(node, visit);
  };
  visit(type.type);
  return found;
}

/** The names of the members of `export interface <name>`, and of what it extends by name (no `Omit`, no `Partial`). */
export function membersOf(file: string, name: string): string[] {
  const type = declarationOf(file, name);
  if (!ts.isInterfaceDeclaration(type)) throw new Error(`${name} of ${file} is no interface.`);
  const own = type.members.flatMap((member) => (member.name && ts.isIdentifier(member.name) ? [member.name.text] : []));
  const bases = (type.heritageClauses ?? []).flatMap(({ types }) => types.map(({ expression }) => expression));
  const inherited = bases.filter(ts.isIdentifier).flatMap(({ text }) => {
    const where = fileOf(file, text);
    return where === undefined ? [] : membersOf(where, text);
  });
  return [...own, ...inherited];
}

/** The file that declares a type which this file declares or imports; `undefined` for TypeScript's own and for packages'. */
function fileOf(file: string, name: string): string | undefined {
  for (const statement of sourceOf(file).statements) {
    const declares = ts.isTypeAliasDeclaration(statement) || ts.isInterfaceDeclaration(statement);
    if (declares && statement.name.text === name) return file;
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue;
    const { text } = statement.moduleSpecifier;
    const names = statement.importClause?.namedBindings;
    const imports = names && ts.isNamedImports(names) && names.elements.some((each) => each.name.text === name);
    if (imports && text.startsWith('.')) return normalize(join(dirname(file), text.replace(/\.js$/, '.ts')));
  }
  return undefined;
}

/** The names of the members of the object type behind one member of an interface. */
export function membersWithin(file: string, name: string, member: string): string[] {
  const type = declarationOf(file, name);
  if (!ts.isInterfaceDeclaration(type)) throw new Error(`${name} of ${file} is no interface.`);
  const found = type.members.find((each) => each.name && ts.isIdentifier(each.name) && each.name.text === member);
  if (!found || !ts.isPropertySignature(found) || !found.type || !ts.isTypeLiteralNode(found.type)) {
    throw new Error(`${name}.${member} of ${file} has no members.`);
  }
  return found.type.members.flatMap((each) => (each.name && ts.isIdentifier(each.name) ? [each.name.text] : []));
}

/** The strings of `const <name> = ['a', 'b'] as const`. */
function listed(file: string, name: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.name.text === name) {
      const collect = (each: ts.Node): void => {
        if (ts.isStringLiteral(each)) found.push(each.text);
        ts.forEachChild(each, collect);
      };
      collect(node);
    }
    ts.forEachChild(node, visit);
  };
  visit(sourceOf(file));
  return found;
}

function sourceOf(file: string): ts.SourceFile {
  return ts.createSourceFile(file, readFileSync(join(REPOSITORY, file), 'utf8'), ts.ScriptTarget.Latest);
}

function declarationOf(file: string, name: string): ts.TypeAliasDeclaration | ts.InterfaceDeclaration {
  for (const statement of sourceOf(file).statements) {
    const declares = ts.isTypeAliasDeclaration(statement) || ts.isInterfaceDeclaration(statement);
    if (declares && statement.name.text === name) return statement;
  }
  throw new Error(`${file} declares no ${name}.`);
}
