/** Reads the words that the source declares: the members of an interface, the literals of a union, of one file. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { REPOSITORY } from './readme-examples.js';

/** The literals of `export type <name> = 'a' | 'b'`. */
export function literalsOf(file: string, name: string): string[] {
  const found: string[] = [];
  const type = declarationOf(file, name);
  if (!ts.isTypeAliasDeclaration(type)) throw new Error(`${name} of ${file} is no union of literals.`);
  const visit = (node: ts.Node): void => {
    if (ts.isLiteralTypeNode(node) && ts.isStringLiteral(node.literal)) found.push(node.literal.text);
    ts.forEachChild(node, visit);
  };
  visit(type.type);
  return found;
}

/** The names of the members of `export interface <name>`. */
export function membersOf(file: string, name: string): string[] {
  const type = declarationOf(file, name);
  if (!ts.isInterfaceDeclaration(type)) throw new Error(`${name} of ${file} is no interface.`);
  return type.members.flatMap((member) => (member.name && ts.isIdentifier(member.name) ? [member.name.text] : []));
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

function declarationOf(file: string, name: string): ts.TypeAliasDeclaration | ts.InterfaceDeclaration {
  const text = readFileSync(join(REPOSITORY, file), 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest);
  for (const statement of source.statements) {
    const declares = ts.isTypeAliasDeclaration(statement) || ts.isInterfaceDeclaration(statement);
    if (declares && statement.name.text === name) return statement;
  }
  throw new Error(`${file} declares no ${name}.`);
}
