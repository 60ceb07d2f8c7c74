/** Takes an object's JSON text apart without reading the values, so that every digit stays. */

const STRING = /"(?:[^"\\]|\\.)*"/y;

/** The members' JSON by their names. The text has to be JSON of an object. */
export function membersOf(json: string): ReadonlyMap<string, string> {
  const members = new Map<string, string>();
  let depth = 0;
  let name: string | undefined;
  let start = 0;
  const end = (at: number): void => {
    if (name !== undefined) members.set(name, json.slice(start, at).trim());
    name = undefined;
  };
  for (let at = 0; at < json.length; at += 1) {
    const character = json.charAt(at);
    if (character === '"') {
      STRING.lastIndex = at;
      const string = STRING.exec(json)?.[0] ?? '"';
      const isName = depth === 1 && name === undefined;
      at += string.length - 1;
      if (isName) {
        name = JSON.parse(string) as string;
        start = json.indexOf(':', at) + 1;
        at = start - 1;
      }
    } else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') {
      depth -= 1;
      if (depth === 0) end(at);
    } else if (character === ',' && depth === 1) end(at);
  }
  return members;
}
